"""The feed doctor: each thing that can be wrong is made wrong, and told with its cure; nothing is kept."""

import html
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux import keys
from flux.describe.feeds import FEED_ERRORS
from flux.doctor import TOOLS
from flux.doctor.cures import CURES
from flux.key_limits import Limits
from flux.schemas.data import LINK
from flux.schemas.operations import codes
from flux.store.accounts import move_account
from flux.store.profiles import create_profile
from flux.store.vault import list_keys
from tests.asking import make_metric
from tests.tenants import PEPPER, Tenant, make_key, make_posts, post
from tests.web.visitor import Visitor

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = "/settings/api/feed/doctor"
PUBLIC = "https://flux.example.org"
ABROAD = [tool.name for tool in TOOLS if tool.abroad]
HERE = [tool.name for tool in TOOLS if not tool.abroad]
READERS = {format: {t.name for t in TOOLS if format in t.reads} for format in ("csv", "json")}

Told = dict[str, tuple[str, str, str]]  # by tool: state, what it shows, why and what helps


def check(visitor: Visitor, secret: str = "", choice: str = "dataset=overview", status: int = 200) -> Told:
    """What the doctor says."""
    answer = visitor.post(f"{PAGE}?{choice}", {"secret": secret})
    assert answer.status_code == status, html.unescape(answer.text)
    assert "flux_" not in secret or secret not in answer.text
    for part in re.findall(r"flux_\w+_([0-9A-Za-z]{38})", secret):
        assert part[:20] not in answer.text
    rows = re.findall(
        r'<tr><th scope="row">(.*?)</th>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td></tr>',
        answer.text,
        re.S,
    )
    told = {plain(name): (plain(state), plain(shows), plain(why)) for name, state, shows, why in rows}
    if status == 200:
        assert list(told) == [tool.name for tool in TOOLS]
    return told


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()


def causes(told: Told, names: list[str] | None = None) -> set[str]:
    """Why those tools (default: all) will not work; all of them must not."""
    chosen = told if names is None else {name: told[name] for name in names}
    assert {state for state, _, _ in chosen.values()} == {"will not work"}, chosen
    return {why for _, _, why in chosen.values()}


def served(told: Told, shows: str, state: str = "works") -> set[str]:
    """The tools that show this."""
    return {name for name, told_of in told.items() if told_of[:2] == (state, shows)}


@pytest.fixture
def public(settings: dict[str, str], app: Flask) -> Flask:
    """An installation that the internet reaches."""
    app.config["FLUX_BASE_URL"] = PUBLIC
    return app


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """ada, with three posts, one of which has line breaks and quotes."""
    rows = [
        post(f"2026-01-0{day}T09:00:00", text='a "b",\n,c', likes=1, comments=0, shares=0)
        for day in (5, 6, 7)
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    return ada


# --- all is well ----------------------------------------------------------------------------------


def test_with_a_key_every_tool_gets_its_rows(public: Flask, visitor: Visitor, filled: Tenant) -> None:
    told = check(visitor, filled.key, "dataset=posts&range=all")
    assert {(state, shows) for state, shows, _ in told.values()} == {("works", "3 rows")}
    assert "once an hour" in told["Google Sheets, formula"][2]
    assert "12 hours" in told["Data Studio (formerly Looker Studio)"][2]


def test_with_a_link_too(public: Flask, visitor: Visitor, engine: Engine, filled: Tenant) -> None:
    link = make_key(engine, filled.account_id, Limits(feed="posts?range=all&limit=2"), "link")
    assert len(served(check(visitor, link), "2 rows")) == len(TOOLS)
    address = f"{PUBLIC}/api/v1/feeds/{link}.csv"
    for pasted in (address, f'=IMPORTDATA("{address}", ",", "en_US")', f"{address}?_=1"):
        assert served(check(visitor, pasted), "2 rows") == READERS["csv"], pasted


def test_a_dry_run_needs_no_key_and_leaves_none(
    public: Flask, visitor: Visitor, engine: Engine, filled: Tenant
) -> None:
    before = list_keys(engine, filled.account_id)
    told = check(visitor, "", "dataset=posts&range=all")
    assert {(state, shows) for state, shows, _ in told.values()} == {("works", "3 rows")}
    assert list_keys(engine, filled.account_id) == before


# --- an address is asked as it stands -------------------------------------------------------------


@SQLITE
def test_an_address_is_asked_with_its_own_key(public: Flask, visitor: Visitor, filled: Tenant) -> None:
    pasted = f"{PUBLIC}/api/v1/datasets/posts.csv?range=all&key={filled.key}"
    told = check(visitor, f'=IMPORTDATA("{pasted}"; ","; "en_US")', "dataset=overview")
    assert served(told, "3 rows") == READERS["csv"]
    for name in set(told) - READERS["csv"]:
        assert "reads JSON" in told[name][2] and "say format=json" in told[name][2]


@SQLITE
@pytest.mark.parametrize("end", ["?format=json&", ".json?", "?"])
def test_json_where_a_tool_reads_csv(public: Flask, visitor: Visitor, filled: Tenant, end: str) -> None:
    told = check(visitor, f"{PUBLIC}/api/v1/datasets/posts{end}range=all&key={filled.key}")
    assert served(told, "3 rows") == READERS["json"]
    for name in set(told) - READERS["json"]:
        state, shows, why = told[name]
        assert (state, shows) == ("will not work", "raw text, or an error")
        assert "It reads CSV, and this address answers in JSON." in why and "say format=csv" in why


@SQLITE
def test_a_links_json_where_a_tool_reads_csv(
    public: Flask, visitor: Visitor, engine: Engine, filled: Tenant
) -> None:
    link = make_key(engine, filled.account_id, Limits(feed="posts?range=all"), "link")
    told = check(visitor, f"{PUBLIC}/api/v1/feeds/{link}.json")
    assert served(told, "3 rows") == READERS["json"]
    assert "answers in JSON" in told["LibreOffice"][2]


@SQLITE
@pytest.mark.parametrize(
    ("more", "why"),
    [("&format=xlsx", "'xlsx'"), ("&key=YOUR_BI_KEY", "two different keys"), ("&rnge=all", "'rnge'")],
)
def test_a_slip_in_an_address(public: Flask, visitor: Visitor, filled: Tenant, more: str, why: str) -> None:
    for told in causes(check(visitor, f"{PUBLIC}/api/v1/datasets/posts?key={filled.key}{more}")):
        assert why in told


@SQLITE
def test_what_the_tool_has_to_be_set_to(public: Flask, visitor: Visitor, filled: Tenant) -> None:
    pasted = (
        f"{PUBLIC}/api/v1/datasets/posts.csv?range=all&delimiter=Semicolon&decimal=comma&key={filled.key}"
    )
    told = check(visitor, f'=IMPORTDATA("{pasted}", ",", "en_US")')
    assert served(told, "3 rows", "works, but") == READERS["csv"]
    why = told["Google Sheets, formula"][2]
    assert "Semicolons stand between the cells and commas before decimals" in why and "in a formula" in why


@SQLITE
def test_a_long_cell(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)"
    query += " SELECT group_concat('a', '') AS long FROM n"
    metric = make_metric(engine, ada, query, columns=(("long", "string"),))
    told = check(visitor, "", f"dataset={metric.public_id}")
    assert len(served(told, "1 row")) == len(TOOLS)


@SQLITE
def test_rows_that_a_metric_leaves_out(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) SELECT i FROM n"
    metric = make_metric(engine, ada, query, columns=(("i", "integer"),))
    told = check(visitor, "", f"dataset={metric.public_id}")
    assert len(served(told, "10,000 rows", "works, but")) == len(TOOLS)
    assert {"cut short" in why for _, _, why in told.values()} == {True}


@SQLITE
def test_an_installation_in_a_folder(app: Flask, visitor: Visitor, filled: Tenant) -> None:
    app.config["FLUX_BASE_URL"] = "https://example.org/flux"
    feed = f"api/v1/datasets/posts.csv?range=all&key={filled.key}"
    assert len(served(check(visitor, filled.key, "dataset=posts&range=all"), "3 rows")) == len(TOOLS)
    told = check(visitor, f"https://Example.org:443/flux/{feed}")
    assert served(told, "3 rows") == READERS["csv"]
    assert visitor.post(PAGE, {"secret": f"https://example.org/{feed}"}).status_code == 400


def test_the_form_asks_nothing_yet(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    text = visitor.text(f"{PAGE}?dataset=posts&range=all")
    assert "Check what each tool will show" in text and "It will show" not in text


# --- what can be wrong with a key -----------------------------------------------------------------


def test_a_wrong_key(public: Flask, visitor: Visitor, ada: Tenant) -> None:
    [why] = causes(check(visitor, ada.key[:-1]))
    assert "mistyped" in why and "Copy the key again" in why


def test_a_revoked_key(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    keys.revoke(engine, list_keys(engine, ada.account_id)[0])
    [why] = causes(check(visitor, ada.key))
    assert "was revoked" in why and "Make another" in why


def test_an_expired_key(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    keys.roll(engine, PEPPER, list_keys(engine, ada.account_id)[0], 0)
    [why] = causes(check(visitor, ada.key))
    assert "has expired" in why


def test_a_revoked_link(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    link = make_key(engine, ada.account_id, Limits(feed="overview"), "link")
    keys.revoke(engine, next(k for k in list_keys(engine, ada.account_id) if k.kind == "link"))
    [why] = causes(check(visitor, link))
    assert "was revoked" in why


def test_a_key_of_another_kind(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    [why] = causes(check(visitor, make_key(engine, ada.account_id, kind="api")))
    assert "flux_bi_" in why


def test_a_key_for_other_datasets(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    key = make_key(engine, ada.account_id, Limits(datasets=["posts"]))
    [why] = causes(check(visitor, key))
    assert "limited to posts" in why and "for this very feed" in why


def test_a_key_for_some_addresses(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    told = check(visitor, make_key(engine, ada.account_id, Limits(allow=["127.0.0.1"])))
    assert {told[name][0] for name in HERE} == {"works"}  # from this computer it may be used
    for name, why in ((name, told[name][2]) for name in ABROAD):
        assert f"{name} has no fixed address" in why and told[name][0] == "will not work"
    elsewhere = check(visitor, make_key(engine, ada.account_id, Limits(allow=["203.0.113.0/24"])))
    assert any("127.0.0.1" in why for why in causes(elsewhere))


@pytest.mark.parametrize("dry", [True, False])
def test_a_plan_without_the_data_api(
    public: Flask, visitor: Visitor, engine: Engine, ada: Tenant, dry: bool
) -> None:
    move_account(engine, ada.account_id, "standard", None, None)
    [why] = causes(check(visitor, "" if dry else ada.key))
    assert "The plan 'standard' does not include this" in why and "edge or enterprise" in why


def test_an_hour_that_is_used_up(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    key = make_key(engine, ada.account_id, Limits(rate_limit_per_hour=1))
    assert {state for state, _, _ in check(visitor, key).values()} == {"works"}
    answer = visitor.post(f"{PAGE}?dataset=overview", {"secret": key})
    assert "12 of 12 tools could not be tried" in answer.text
    told = check(visitor, key)
    assert {(state, shows) for state, shows, _ in told.values()} == {("could not be tried", "not known")}
    assert "used up" in told["DuckDB"][2] and "Wait until there is room again" in told["DuckDB"][2]


def test_an_address_without_its_key(public: Flask, visitor: Visitor, ada: Tenant) -> None:
    [why] = causes(check(visitor, f"{PUBLIC}/api/v1/datasets/overview.csv"))
    assert "A key is needed" in why and "make a link" in why


# --- what can be wrong with the feed --------------------------------------------------------------


def test_too_many_cells(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    for number in range(10):
        create_profile(engine, ada.account_id, f"p{number}")
    [why] = causes(check(visitor, ada.key, "dataset=engagement-trends&from=2016-01-01"))
    assert "at most 20,000 fit" in why and "longer granularity" in why


def test_a_window_that_cannot_be(public: Flask, visitor: Visitor, ada: Tenant) -> None:
    [why] = causes(check(visitor, ada.key, "dataset=overview&from=soon"))
    assert "'soon'" in why


def test_a_profile_that_is_gone(public: Flask, visitor: Visitor, ada: Tenant) -> None:
    [why] = causes(check(visitor, ada.key, "dataset=overview&profile_id=prof_00000000007"))
    assert "prof_00000000007" in why and "Choose the profiles anew" in why


@pytest.mark.parametrize("path", ["/api/v1/datasets/overview/", "/api/v1/datasets//overview"])
def test_a_slash_too_many(public: Flask, visitor: Visitor, ada: Tenant, path: str) -> None:
    for why in causes(check(visitor, f"{PUBLIC}{path}?key={ada.key}")):
        assert "slash" in why


def test_more_than_google_sheets_takes(
    public: Flask, visitor: Visitor, engine: Engine, filled: Tenant
) -> None:
    long = "x" * 3_000
    make_posts(
        engine, filled.profile, filled.account_id,
        [post(f"2026-02-{n // 20 + 1:02d}T{n % 20:02d}:00:00", text=long) for n in range(400)],
    )  # fmt: skip
    told = check(visitor, filled.key, "dataset=posts&range=all")
    assert "MB, and it takes about 1 MB" in told["Google Sheets, formula"][2]
    assert told["LibreOffice"][:2] == ("works", "400 rows")


def test_an_address_too_long_for_a_cell(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    ids = [ada.profile.public_id]
    ids += [create_profile(engine, ada.account_id, f"p{number}").public_id for number in range(49)]
    query = "&".join([f"profile_id={','.join(ids)}", *(f"x{n}={'y' * 90}" for n in range(14))])
    told = check(visitor, f"{PUBLIC}/api/v1/datasets/overview?{query}&key={ada.key}")
    for name, limit in (("Google Sheets, formula", "2,000"), ("Excel and Power BI Desktop", "2,048")):
        assert f"takes about {limit}" in told[name][2] and "Make a link" in told[name][2]
    assert told["curl"][0] == "works"


# --- what can be wrong with the place -------------------------------------------------------------


@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1:8000",
        "https://192.168.1.20",
        "https://flux.local",
        "https://flux",
        "http://[::1]:8000",
    ],
)
def test_a_place_that_the_internet_does_not_reach(
    app: Flask, visitor: Visitor, ada: Tenant, base: str
) -> None:
    app.config["FLUX_BASE_URL"] = base
    told = check(visitor, ada.key)
    for name in ABROAD:
        state, _, why = told[name]
        assert state == "will not work" and f"not reachable from the internet: {base}" in why
    assert told["Google Sheets, formula"][1].startswith("#N/A")
    assert {told[name][1] for name in HERE} == {"1 row"}


def test_a_public_place_without_encryption(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    app.config["FLUX_BASE_URL"] = "http://flux.example.org"
    told = check(visitor, ada.key)
    assert "https only" in told["Data Studio (formerly Looker Studio)"][2]
    assert told["Google Sheets, formula"][0] == "works, but" and "not encrypted" in told["curl"][2]


def test_an_address_with_http_where_the_installation_has_https(
    public: Flask, visitor: Visitor, ada: Tenant
) -> None:
    told = check(visitor, f"http://flux.example.org/api/v1/datasets/overview?key={ada.key}")
    assert told["curl"][0] == "works, but" and f"Let it begin with {PUBLIC}" in told["curl"][2]


def test_a_redirect_in_front_of_flux(public: Flask, visitor: Visitor, ada: Tenant) -> None:
    inside: Any = public.wsgi_app

    def to_https(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["wsgi.url_scheme"] == "http" and environ["PATH_INFO"].startswith("/api/"):
            start_response("308 Permanent Redirect", [("Location", PUBLIC + environ["PATH_INFO"])])
            return [b""]
        return inside(environ, start_response)

    public.wsgi_app = to_https  # type: ignore[method-assign]
    told = check(visitor, f"http://flux.example.org/api/v1/datasets/overview?key={ada.key}")
    assert f"sent on to {PUBLIC}/api/v1/datasets/overview" in told["curl"][2]
    assert "the address that it is sent on to" in told["curl"][2]


# --- what must never happen -----------------------------------------------------------------------


@SQLITE
@pytest.mark.parametrize(
    "pasted",
    [
        "https://elsewhere.example.org/api/v1/datasets/overview?key=flux_bi_abc",
        "http://169.254.169.254/api/v1/latest/meta-data",
        '=IMPORTDATA("https://flux.example.org.evil.example/api/v1/feeds/x.csv")',
        "https://flux.example.org@evil.example/api/v1/datasets/overview",
        "http://localhost:9/api/v1/datasets/overview",
        "http://localhost/settings/api",
        "http://localhost/settings/api/v1/datasets/overview",
        "http://localhost/api/v1/openapi.json",
        "http://localhost/api/v1/profiles",
        "http://localhost/api/v1/status",
        "http://localhost/api/v1/datasets",
        "http://[::1/api/v1/datasets/overview",
        "https://me@flux.example.org/api/v1/datasets/overview",
    ],
)
def test_no_other_host_and_no_page_is_asked(
    public: Flask, visitor: Visitor, ada: Tenant, pasted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", nobody)
    answer = visitor.post(PAGE, {"secret": pasted})
    assert answer.status_code == 400
    assert "nobody but this installation" in plain(answer.text) or "is no feed" in plain(answer.text)


def test_each_request_stays_by_itself(
    public: Flask, visitor: Visitor, engine: Engine, ada: Tenant, bob: Tenant
) -> None:
    """Ada pastes Bob's key: it shows what Bob's key shows, and she is still ada afterwards."""
    told = check(visitor, bob.key)
    assert {shows for _, shows, _ in told.values()} == {"1 row"}
    assert "ada@example.org" in visitor.text("/settings/account")
    for stranger in (ada.key[:-1], "my password, typed here"):
        causes(check(visitor, stranger))
    assert "typed here" not in visitor.post(PAGE, {"secret": "my password, typed here"}).text


@SQLITE
@pytest.mark.parametrize(
    "rest", ["feeds/%ff%00.csv", "feeds/ü?ü=ü#ü", "datasets/posts?%zz&;&&=&key", "metrics/\0"]
)
def test_any_letters_may_be_pasted(public: Flask, visitor: Visitor, ada: Tenant, rest: str) -> None:
    causes(check(visitor, f"{PUBLIC}/api/v1/{rest}"))


def test_nobody_from_outside_can_ask_for_a_dry_run(app: Flask, ada: Tenant) -> None:
    for headers in ({"flux.dry_run": "1"}, {"Flux-Dry-Run": "1"}, {"HTTP_FLUX.DRY_RUN": "1"}):
        assert app.test_client().get("/api/v1/datasets/overview", headers=headers).status_code == 401


def test_what_is_pasted_is_not_kept(
    public: Flask, visitor: Visitor, engine: Engine, ada: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    link = make_key(engine, ada.account_id, Limits(feed="overview"), "link")
    for secret in (ada.key, link, f"{PUBLIC}/api/v1/feeds/{link}.csv", ada.key[:-1]):
        check(visitor, secret)
        for path in (PAGE, "/settings/api", "/settings/api/feed"):
            assert secret[-30:] not in visitor.get(path).text
    with engine.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM api_keys").all())
    for secret in (ada.key, link):
        assert secret[12:40] not in kept + caplog.text


def test_it_is_named_as_the_last_user(public: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    check(visitor, ada.key)
    assert list_keys(engine, ada.account_id)[0].last_used_as == "the feed doctor"


@SQLITE
@pytest.mark.parametrize("dry", [True, False])
def test_it_costs_one_request(public: Flask, visitor: Visitor, ada: Tenant, dry: bool) -> None:
    client = public.test_client()
    left = int(client.get("/api/v1/status", headers=ada.header).headers["X-RateLimit-Remaining"])
    assert "counts as one request" in visitor.text(PAGE)
    check(visitor, "" if dry else ada.key)
    now = int(client.get("/api/v1/status", headers=ada.header).headers["X-RateLimit-Remaining"])
    assert left - now == 1
    for headers in ({"flux.counted": "1"}, {"HTTP_FLUX.COUNTED": "1"}):  # nobody from outside gets more
        answer = client.get("/api/v1/datasets/overview", headers=ada.header | headers)
        assert int(answer.headers["X-RateLimit-Remaining"]) == now - 1
        now -= 1


def test_every_error_of_a_feed_has_a_cure() -> None:
    assert {*FEED_ERRORS, *codes(LINK)} <= set(CURES)
