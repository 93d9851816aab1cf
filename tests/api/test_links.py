"""Links: one address, one feed; refused for anything else, and gone at the request after it is revoked."""

import gzip
import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import Engine

from flux import keys
from flux.key_limits import Limits
from flux.mistakes import Mistake
from flux.store.accounts import move_account
from flux.store.metrics import Metric, change_metric, delete_metric
from flux.store.profiles import create_profile, delete_profile
from flux.store.vault import Key, find_key, list_keys
from tests.api.test_datasets import assert_error, read_csv
from tests.asking import draft, make_metric
from tests.tenants import PEPPER, Tenant, make_key, make_posts, post

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WEEKS = "engagement-trends?from=-12w&granularity=weekly"
SINCE = {"name": "since", "type": "date", "default": "2020-01-01"}

Make = Callable[..., str]


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """ada, with two posts, one of which looks like a formula."""
    rows = [
        post("2026-01-05T09:00:00", text="=1+1", likes=1, comments=2, shares=3),
        post("2026-02-05T09:00:00", text="plain, with a comma", likes=4, comments=0, shares=0),
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    return ada


@pytest.fixture
def link(engine: Engine, ada: Tenant) -> Make:
    """Makes a link of ada's; its address without the end."""

    def make(feed: str, **limits: object) -> str:
        text = make_key(engine, ada.account_id, Limits(feed=feed, **limits), "link")  # type: ignore[arg-type]
        return f"/api/v1/feeds/{text}"

    return make


def row(engine: Engine, ada: Tenant) -> Key:
    """The link's row."""
    return next(k for k in list_keys(engine, ada.account_id) if k.kind == "link")


def refusal(client: FlaskClient, address: str, code: str) -> str:
    """The message of a refusal, which never has the link."""
    answer = client.get(address)
    error = assert_error(answer, code)
    assert address.partition("flux_link_")[2][:20] not in f"{answer.text}{answer.headers}"
    message: str = error["message"]
    return message


# --- what it opens --------------------------------------------------------------------------------


@pytest.mark.parametrize("feed", [WEEKS, "posts?range=all", "overview", "breakdown?by=hour&range=all"])
def test_it_has_the_feeds_rows_without_a_key(
    client: FlaskClient, filled: Tenant, link: Make, feed: str
) -> None:
    address = link(feed)
    for end in ("csv", "json"):
        asked = f"/api/v1/datasets/{feed}{'&' if '?' in feed else '?'}format={end}"
        expected = client.get(asked, headers=filled.header)
        answer = client.get(f"{address}.{end}")
        assert (answer.status_code, answer.data) == (200, expected.data)
        assert answer.headers["ETag"] == expected.headers["ETag"]
        assert answer.headers["Content-Type"] == expected.headers["Content-Type"]
    assert client.get(address, headers={"Accept": "text/csv"}).mimetype == "text/csv"
    assert client.get(address).mimetype == "application/json"


def test_a_relative_window_stays_relative(engine: Engine, ada: Tenant, link: Make) -> None:
    link("posts?from=-90d&to=yesterday&order=asc&format=csv&delimiter=comma&tz=Europe/Berlin&limit=")
    assert row(engine, ada).feed == "posts?to=yesterday&tz=Europe%2FBerlin&order=asc"


@pytest.mark.parametrize("written", ["delimiter=semicolon&decimal=comma&bom=1", "delimiter=tab&format=json"])
def test_how_rows_are_written_is_not_kept(
    client: FlaskClient, engine: Engine, filled: Tenant, link: Make, written: str
) -> None:
    address = link(f"posts?range=all&{written}")
    assert row(engine, filled).feed == "posts?range=all"
    plain = client.get("/api/v1/datasets/posts.csv?range=all", headers=filled.header)
    assert client.get(f"{address}.csv").data == plain.data


def test_how_rows_are_written_may_be_chosen(client: FlaskClient, filled: Tenant, link: Make) -> None:
    address = link("posts?range=all&safe=0")
    cells = read_csv(client.get(f"{address}.csv?delimiter=semicolon&decimal=comma").text, ";")
    assert any("=1+1" in line for line in cells)  # kept with the link
    assert any("'=1+1" in line for line in read_csv(client.get(f"{address}.csv?safe=1").text))
    assert client.get(f"{address}.csv?bom=1").data.startswith(b"\xef\xbb\xbf")
    assert client.get(f"{address}.csv?format=json").is_json


@pytest.mark.parametrize(
    "query", ["range=all", "from=-10d", "profile_id=prof_00000000007", "granularity=daily", "x=1", "limit=1"]
)
def test_any_other_parameter_is_refused(client: FlaskClient, filled: Tenant, link: Make, query: str) -> None:
    told = refusal(client, f"{link(WEEKS)}.csv?{query}", "invalid_parameter")
    assert "this link opens one feed as it stands" in told and f"'{query.partition('=')[0]}'" in told


def test_a_key_beside_it_is_refused_and_not_told(client: FlaskClient, ada: Tenant, link: Make) -> None:
    assert ada.key[12:] not in refusal(client, f"{link('overview')}.csv?key={ada.key}", "invalid_parameter")


def test_what_only_beats_a_cache_is_passed_over(client: FlaskClient, ada: Tenant, link: Make) -> None:
    for query in ("_=17", "123", "range=", "_=1&_=2"):
        assert client.get(f"{link('overview')}.csv?{query}").status_code == 200, query


def test_unchanged_head_range_and_encodings(client: FlaskClient, filled: Tenant, link: Make) -> None:
    address = link("posts?range=all") + ".csv"
    whole = client.get(address, headers={"Accept-Encoding": "identity"})
    tag = whole.headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    head = client.head(address)
    assert (head.status_code, head.data) == (200, b"")
    assert (head.headers["ETag"], head.headers["Content-Length"]) == (tag, str(len(whole.data)))
    part = client.get(address, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, whole.data[:10])
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == whole.data
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert whole.headers["Referrer-Policy"] == "no-referrer"


def test_a_page_of_posts_names_no_next_one(client: FlaskClient, filled: Tenant, link: Make) -> None:
    answer = client.get(link("posts?range=all&limit=1") + ".json")
    assert len(answer.get_json()["data"]) == 1
    assert "Link" not in answer.headers


def test_the_answer_is_as_described(client: FlaskClient, filled: Tenant, link: Make) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    told = document["paths"]["/api/v1/feeds/{link}"]["get"]
    assert told["security"] == []
    body = told["responses"]["200"]["content"]["application/json"]["schema"]
    for feed in ("posts?range=all", "overview", "engagement-trends?compare=previous"):
        answer = client.get(link(feed) + ".json").get_json()
        schema = body | {"components": document["components"]}
        assert not list(Draft202012Validator(schema).iter_errors(answer))
    assert list(Draft202012Validator(schema).iter_errors({"data": [{"other": 1}], "meta": {}}))


# --- saved metrics --------------------------------------------------------------------------------


@pytest.fixture
def metric(engine: Engine, ada: Tenant) -> Metric:
    """Ada's, open to feeds."""
    query = "SELECT date, engagement FROM posts WHERE date >= '@{since}' ORDER BY date"
    columns = (("date", "date"), ("engagement", "integer"))
    return make_metric(engine, ada, query, SINCE, columns=columns)


@SQLITE
def test_it_opens_a_saved_metric(client: FlaskClient, filled: Tenant, metric: Metric, link: Make) -> None:
    address = link(f"{metric.public_id}?since=2026-02-01")
    assert read_csv(client.get(f"{address}.csv").text)[1:] == [["2026-02-05", "4"]]
    assert client.get(f"{address}.json").get_json()["meta"]["variables"] == {"since": "2026-02-01"}
    refusal(client, f"{address}.csv?since=2020-01-01", "invalid_parameter")


@SQLITE
def test_it_follows_the_metric_until_that_is_closed_or_gone(
    client: FlaskClient, engine: Engine, ada: Tenant, metric: Metric, link: Make
) -> None:
    address = link(metric.public_id) + ".csv"
    assert client.get(address).status_code == 200
    closed = draft(metric.newest.query, SINCE, open_to=["api"])
    metric = change_metric(engine, metric, closed, metric.newest.columns, ada.user.id)
    assert "open" in refusal(client, address, "insufficient_permissions")
    delete_metric(engine, metric)
    refusal(client, address, "metric_not_found")


# --- what it does not open ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/api/v1/datasets/overview", "/api/v1/datasets", "/api/v1/status", "/api/v1/profiles", "/odata/"],
)
def test_it_opens_no_other_address(client: FlaskClient, ada: Tenant, link: Make, path: str) -> None:
    text = link("overview").rpartition("/")[2]
    for answer in (
        client.get(path, query_string={"key": text}),
        client.get(path, headers={"Authorization": f"Bearer {text}"}),
    ):
        assert answer.status_code in (401, 403)
        assert text not in answer.text


@pytest.mark.parametrize("kind", ["bi", "mcp", "api", "env"])
def test_no_key_of_another_kind_stands_in_its_place(
    client: FlaskClient, engine: Engine, ada: Tenant, kind: str
) -> None:
    text = make_key(engine, ada.account_id, kind=kind)
    answer = client.get(f"/api/v1/feeds/{text}.csv")
    assert "flux_link_" in assert_error(answer, "wrong_key_kind")["message"]
    assert text not in answer.text


def test_a_typo_is_told_and_not_repeated(client: FlaskClient, ada: Tenant, link: Make) -> None:
    address = link("overview")
    assert "mistyped" in refusal(client, f"{address[:-1]}.csv", "invalid_api_key")
    assert client.get(f"{address}.csv/").status_code == 404
    for method in ("post", "put", "delete"):
        answer = getattr(client, method)(f"{address}.csv")
        assert answer.status_code == 405 and address[20:] not in answer.text


def test_its_rights_end_with_its_feed(engine: Engine, ada: Tenant, link: Make) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    link(f"overview?profile_id={other.public_id}")
    found = row(engine, ada)
    assert (found.datasets, found.profiles) == (("overview",), (other.id,))


def test_a_profile_that_is_gone_is_told(client: FlaskClient, engine: Engine, ada: Tenant, link: Make) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    address = link(f"overview?profile_id={other.public_id}") + ".csv"
    assert client.get(address).status_code == 200
    delete_profile(engine, ada.account_id, other.id)
    refusal(client, address, "profile_not_found")


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        ("", "such as overview?range=last_month"),
        ("views", "There is no dataset 'views'"),
        ("met_00000000007", "There is no metric"),
        ("overview?granularity=weekly", "granularity"),
        ("overview?key=flux_bi_secret", "made of parameters of overview"),
        ("overview?from=soon", "'soon'"),
        ("overview?rnage=all", "rnage"),
        ("overview?profile_id=prof_00000000007", "prof_00000000007"),
        ("posts?decimal=comma", "delimiter=semicolon"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_when_the_link_is_made(
    engine: Engine, ada: Tenant, feed: str, told: str
) -> None:
    with pytest.raises(Mistake) as raised:
        make_key(engine, ada.account_id, Limits(feed=feed), "link")
    assert told in raised.value.message and "flux_bi_secret" not in raised.value.message


def test_another_accounts_profile_or_metric_is_refused(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    metric = make_metric(engine, bob, "SELECT 1 AS one")
    for feed in (f"overview?profile_id={bob.profile.public_id}", metric.public_id):
        with pytest.raises(Mistake, match="There is no"):
            make_key(engine, ada.account_id, Limits(feed=feed), "link")


@pytest.mark.parametrize("kind", ["bi", "mcp", "api", "env", "secret"])
def test_no_other_kind_has_a_feed(engine: Engine, ada: Tenant, kind: str) -> None:
    with pytest.raises(Mistake, match="feed"):
        make_key(engine, ada.account_id, Limits(feed="overview"), kind)


def test_a_link_takes_no_limits_beside_its_feed(engine: Engine, ada: Tenant) -> None:
    for limits in (Limits(feed="overview", datasets=["posts"]), Limits(feed="overview", profiles=["x"])):
        with pytest.raises(Mistake, match="its feed names them"):
            make_key(engine, ada.account_id, limits, "link")


# --- like a key -----------------------------------------------------------------------------------


def test_it_is_revoked_at_once(client: FlaskClient, engine: Engine, ada: Tenant, link: Make) -> None:
    address = link("overview") + ".csv"
    assert client.get(address).status_code == 200
    keys.revoke(engine, row(engine, ada))
    assert "was revoked" in refusal(client, address, "revoked_api_key")


def test_rolled_it_opens_the_same_feed_at_a_new_address(
    client: FlaskClient, engine: Engine, filled: Tenant, link: Make
) -> None:
    address = link(WEEKS)
    old = row(engine, filled)
    fresh, text = keys.roll(engine, PEPPER, old, 3_600)
    assert fresh.feed == old.feed and text.startswith("flux_link_")
    answers = [client.get(path + ".csv") for path in (address, f"/api/v1/feeds/{text}")]
    assert [a.status_code for a in answers] == [200, 200] and answers[0].data == answers[1].data
    assert find_key(engine, old.id).replaced_by == fresh.id


def test_it_expires_and_keeps_to_its_addresses(
    client: FlaskClient, engine: Engine, ada: Tenant, link: Make
) -> None:
    near = link("overview", allow=["127.0.0.1"])
    far = link("overview", allow=["203.0.113.0/24"])
    assert client.get(near + ".csv").status_code == 200
    refusal(client, far + ".csv", "address_not_allowed")
    keys.roll(
        engine, PEPPER, next(k for k in list_keys(engine, ada.account_id) if k.allow == ("127.0.0.1/32",)), 0
    )
    refusal(client, near + ".csv", "expired_api_key")


def test_it_needs_the_plan_of_the_data_api(
    client: FlaskClient, engine: Engine, ada: Tenant, link: Make
) -> None:
    address = link("overview") + ".csv"
    move_account(engine, ada.account_id, "standard", None, None)
    refusal(client, address, "plan_required")


def test_it_counts_in_the_accounts_hour(client: FlaskClient, ada: Tenant, link: Make) -> None:
    address = link("overview") + ".csv"
    left = int(client.get(address).headers["X-RateLimit-Remaining"])
    answer = client.get("/api/v1/datasets/overview?range=last_7_days", headers=ada.header)
    assert int(answer.headers["X-RateLimit-Remaining"]) == left - 1
    assert int(client.head(address).headers["X-RateLimit-Remaining"]) == left - 1
    assert int(client.get(address).headers["X-RateLimit-Remaining"]) == left - 2


def test_its_own_cap_ends_it(client: FlaskClient, ada: Tenant, link: Make) -> None:
    address = link("overview", rate_limit_per_hour=2) + ".csv"
    assert [client.get(address).status_code for _ in range(3)] == [200, 200, 429]


def test_its_use_is_noted(app: Flask, engine: Engine, ada: Tenant, link: Make) -> None:
    agent = "Mozilla/5.0 (compatible; GoogleDocs; apps-spreadsheets; +http://docs.google.com)"
    app.test_client().get(link("overview") + ".csv", headers={"User-Agent": agent})
    assert row(engine, ada).last_used_as == "Google Sheets"


@SQLITE
def test_what_it_costs_in_statements(
    client: FlaskClient, filled: Tenant, link: Make, statements: list[str]
) -> None:
    address = link("engagement-trends?range=last_7_days") + ".csv"
    tag = client.get(address).headers["ETag"]
    statements.clear()
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert len(statements) == 2, statements  # as with a key: the key with account and plan, the profiles


def test_its_row_holds_no_secret(engine: Engine, ada: Tenant, link: Make) -> None:
    text = link("overview").rpartition("/")[2]
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM api_keys").all()
    told = json.dumps([list(map(str, r)) for r in rows])
    assert text[14:-6] not in told and text[-4:] in told
