"""Settings → API: a key is shown once, limited, rolled with overlap, revoked at once; the quota is told."""

import base64
import html
import json
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import Engine

from flux import keys
from flux.key_limits import Limits
from flux.schemas.metrics import MetricIn, Variable
from flux.store.accounts import move_account
from flux.store.metrics import create_metric
from flux.store.projects import create_project
from flux.store.vault import list_keys
from tests.services import Server
from tests.tenants import PASSWORD, PEPPER, Tenant, make_posts
from tests.tenants import post as a_post
from tests.web.visitor import Visitor

_KEY = re.compile(r"flux_bi_[0-9A-Za-z]{38}")
_REST_KEY = re.compile(r"flux_api_[0-9A-Za-z]{38}")


def make(visitor: Visitor, **data: object) -> str:
    """Makes a key on the page; its text."""
    response = visitor.post("/settings/api", {"name": "Marketing sheet", **data})
    assert response.status_code == 200, html.unescape(response.text)
    found = _KEY.search(response.text)
    assert found
    return found[0]


def status(app: Flask, key: str, path: str = "/api/v1/status") -> int:
    return app.test_client().get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_is_shown_once_and_works(app: Flask, visitor: Visitor) -> None:
    response = visitor.post("/settings/api", {"name": "Marketing sheet"})
    key = _KEY.search(response.text)
    assert key
    assert response.headers["Cache-Control"] == "no-store"
    assert status(app, key[0]) == 200
    for path in ("/settings/api", "/settings/api/feed", "/", "/docs"):
        assert key[0] not in visitor.get(path).text, path
    listed = visitor.text("/settings/api")
    assert "Marketing sheet" in listed
    assert f"flux_bi_…{key[0][-4:]}" in listed


def test_the_page_that_shows_it_has_the_snippets_with_it(visitor: Visitor) -> None:
    response = visitor.post("/settings/api", {"name": "x", "feed": "dataset=posts&range=last_month"})
    key = _KEY.search(response.text)
    assert key
    text = html.unescape(response.text)
    formula = re.search(r'=IMPORTDATA\("([^"]+)", ",", "en_US"\)', text)
    assert formula
    assert formula[1].endswith(f"/api/v1/datasets/posts?range=last_month&format=csv&key={key[0]}")
    assert "YOUR_BI_KEY" not in text


def test_a_key_for_one_dataset_gets_snippets_for_it(app: Flask, visitor: Visitor) -> None:
    text = html.unescape(visitor.post("/settings/api", {"name": "x", "datasets": "breakdown"}).text)
    address = re.search(r'=IMPORTDATA\("http://localhost([^"]+)"', text)
    assert address
    assert app.test_client().get(address[1]).status_code == 200


def test_limits_hold(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    key = make(
        visitor,
        datasets=["posts", "overview"],
        profiles=[ada.profile.public_id],
        allow="127.0.0.1, 10.0.0.0/8",
        per_hour="3",
    )
    assert status(app, key, "/api/v1/datasets/posts") == 200
    assert status(app, key, "/api/v1/datasets/breakdown") == 403
    listed = visitor.text("/settings/api")
    for told in ("posts, overview", "Ada", "127.0.0.1/32", "10.0.0.0/8", "3 an hour"):
        assert told in listed
    assert status(app, make(visitor, allow="203.0.113.0/24")) == 403


def test_lifetime_and_last_day(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    make(visitor, lifetime="30")
    make(visitor, lifetime="30", expires="2100-01-31")
    latest, before = list_keys(engine, ada.account_id)[:2]
    assert latest.expires_at == 4_105_123_199
    assert before.expires_at == pytest.approx(time.time() + 30 * 86_400, abs=60)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"name": ""}, "1 to 100 characters"),
        ({"name": "x", "allow": "somewhere"}, "CIDR"),
        ({"name": "x", "datasets": "nothing"}, "among"),
        ({"name": "x", "per_hour": "-1"}, "whole number"),
        ({"name": "x", "per_hour": "²"}, "whole number"),
        ({"name": "x", "expires": "tomorrow"}, "such as 2027-01-31"),
        ({"name": "x", "expires": "2001-01-31"}, "a moment to come"),
    ],
)
def test_a_wish_that_cannot_be_is_told(
    engine: Engine, visitor: Visitor, ada: Tenant, data: dict[str, str], told: str
) -> None:
    before = len(list_keys(engine, ada.account_id))
    response = visitor.post("/settings/api", data)
    assert response.status_code == 400
    assert told in response.text
    assert len(list_keys(engine, ada.account_id)) == before


def test_a_name_is_never_markup(visitor: Visitor) -> None:
    make(visitor, name="<script>alert(1)</script>")
    assert "<script>alert" not in visitor.get("/settings/api").text


def test_roll_with_overlap_keeps_both_alive(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant
) -> None:
    old = make(visitor, datasets="posts")
    link = re.search(r'href="(/settings/api/keys/key_\w+/roll)"', visitor.text("/settings/api"))
    assert link
    response = visitor.post(link[1], {"overlap": "3600"})
    fresh = _KEY.search(response.text)
    assert fresh
    assert fresh[0] != old
    assert (status(app, old), status(app, fresh[0])) == (200, 200)
    assert status(app, fresh[0], "/api/v1/datasets/overview") == 403
    new, rolled = list_keys(engine, ada.account_id)[:2]
    assert rolled.replaced_by == new.id
    assert rolled.expires_at == pytest.approx(time.time() + 3600, abs=60)


def test_roll_without_overlap_ends_the_old_key(app: Flask, visitor: Visitor) -> None:
    old = make(visitor)
    link = re.search(r'href="(/settings/api/keys/key_\w+/roll)"', visitor.text("/settings/api"))
    assert link
    assert visitor.post(link[1], {"overlap": "0"}).status_code == 200
    assert status(app, old) == 401
    assert visitor.post(link[1], {"overlap": "0"}).status_code == 400


@pytest.mark.parametrize("overlap", ["", "-5", "5", "99999999999"])
def test_only_the_offered_overlaps_are_taken(app: Flask, visitor: Visitor, overlap: str) -> None:
    old = make(visitor)
    link = re.search(r'href="(/settings/api/keys/key_\w+/roll)"', visitor.text("/settings/api"))
    assert link
    assert visitor.post(link[1], {"overlap": overlap}).status_code == 400
    assert status(app, old) == 200


def test_revoke_asks_first_and_acts_at_once(app: Flask, visitor: Visitor) -> None:
    key = make(visitor)
    link = re.search(r'href="(/settings/api/keys/key_\w+/revoke)"', visitor.text("/settings/api"))
    assert link
    assert "stops at once" in visitor.text(link[1])
    assert status(app, key) == 200
    assert visitor.post(link[1]).status_code == 303
    assert status(app, key) == 401
    assert "revoked" in visitor.text("/settings/api")


def test_last_use_names_the_tool(app: Flask, visitor: Visitor) -> None:
    key = make(visitor)
    agent = "Mozilla/5.0 (compatible; GoogleDocs; apps-spreadsheets; +http://docs.google.com)"
    app.test_client().get(f"/api/v1/datasets/posts?key={key}", headers={"User-Agent": agent})
    assert "by Google Sheets" in visitor.text("/settings/api")


def test_the_hour_is_told(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    assert "<strong>0</strong> of 1,000 requests" in visitor.text("/settings/api")
    app.test_client().get("/api/v1/datasets/posts", headers=ada.header)
    assert "<strong>1</strong> of 1,000 requests" in visitor.text("/settings/api")


def test_a_plan_without_the_api_is_told(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    move_account(engine, ada.account_id, "pulse", None, None)
    page = visitor.text("/settings/api")
    assert "does not include the Data API" in page
    assert "does not include the REST API either" in page
    assert "Make the key" not in page


@pytest.mark.parametrize(
    ("plan", "kinds", "minute"),
    [
        ("standard", ["api", "metrics"], "60"),
        ("professional", ["api", "metrics"], "300"),
        ("edge", ["bi", "mcp", "api", "metrics"], "300"),
    ],
)
def test_only_what_the_plan_includes_is_offered(
    engine: Engine, visitor: Visitor, ada: Tenant, plan: str, kinds: list[str], minute: str
) -> None:
    move_account(engine, ada.account_id, plan, None, None)
    page = visitor.text("/settings/api")
    offered = re.search(r'<select id="kind".*?</select>', page)
    assert offered
    assert re.findall(r'value="(\w+)"', offered[0]) == kinds
    assert f"{minute} requests a minute" in page
    assert ("Not in the plan" in page) == (len(kinds) < 4)
    for kind in ("bi", "mcp", "api", "metrics"):
        answer = visitor.post(
            "/settings/api", {"name": "x", "kind": kind, "permissions": "read", "may": "sql"}
        )
        assert answer.status_code == (200 if kind in kinds else 400)


@pytest.mark.parametrize("permissions", [["read"], ["write"], ["read", "write"]])
def test_a_rest_key_may_do_what_was_ticked(app: Flask, visitor: Visitor, permissions: list[str]) -> None:
    shown = visitor.post("/settings/api", {"name": "CI", "kind": "api", "permissions": permissions})
    key = _REST_KEY.search(shown.text)
    assert key
    header, client = {"Authorization": f"Bearer {key[0]}"}, app.test_client()
    read = client.get("/api/v1/projects", headers=header).status_code
    made = client.post("/api/v1/projects", headers=header, json={"name": "x"}).status_code
    assert (read == 200, made == 201) == ("read" in permissions, "write" in permissions)
    assert status(app, key[0], "/api/v1/datasets/posts") == 403
    listed = visitor.text("/settings/api")
    assert f"{' and '.join(permissions)}, every project" in listed
    assert key[0] not in listed


@pytest.fixture
def post(serve: Callable[..., Server], ada: Tenant) -> Callable[..., str]:
    """Sends a form of the real server's pages as ada; the answer, entities resolved."""
    server, session = serve(), requests.Session()

    def post(path: str, **data: Any) -> str:
        token = re.search(
            r'name="csrf_token" value="([^"]+)"', session.get(server.url + path, timeout=10).text
        )
        assert token
        answer = session.post(server.url + path, data={**data, "csrf_token": token[1]}, timeout=10)
        return html.unescape(answer.text)

    post("/login", email=ada.user.email, password=PASSWORD)
    return post


def test_the_line_that_is_shown_with_a_rest_key_lists_projects(
    post: Callable[..., str], engine: Engine, ada: Tenant, curl: str
) -> None:
    create_project(engine, ada.account_id, {"name": "Spring"})
    shown = post("/settings/api", name="CI", kind="api", permissions="read")
    line = re.search(r"<code>(curl .*?)</code>", shown)
    assert line
    command = [curl, "-sS", *shlex.split(line[1])[1:]]
    answer = subprocess.run(command, capture_output=True, timeout=10, check=True)
    assert [project["name"] for project in json.loads(answer.stdout)["data"]] == ["Spring"]


def test_a_rolled_rest_key_keeps_its_kind_and_rights(app: Flask, visitor: Visitor) -> None:
    visitor.post("/settings/api", {"name": "CI", "kind": "api", "permissions": "read"})
    link = re.search(r'href="(/settings/api/keys/key_\w+/roll)"', visitor.text("/settings/api"))
    assert link
    key = _REST_KEY.search(visitor.post(link[1], {"overlap": "0"}).text)
    assert key
    header = {"Authorization": f"Bearer {key[0]}"}
    assert app.test_client().get("/api/v1/projects", headers=header).status_code == 200
    assert app.test_client().post("/api/v1/projects", headers=header, json={"name": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"kind": "api"}, "read, write or both"),
        ({"kind": "api", "permissions": "admin"}, "among read, write"),
        ({"kind": "api", "permissions": "read", "datasets": "posts"}, "sees all of its account"),
        ({"kind": "metrics"}, "read, sql or both"),
        ({"kind": "metrics", "may": "write"}, "among read, sql"),
        ({"kind": "metrics", "may": "sql", "datasets": "posts"}, "sees all of its account"),
        ({"kind": "env"}, "one of bi, mcp, api, metrics"),
        ({"kind": "secret"}, "one of bi, mcp, api, metrics"),
    ],
)
def test_a_key_for_programs_that_cannot_be_is_told(
    engine: Engine, visitor: Visitor, ada: Tenant, data: dict[str, str], told: str
) -> None:
    before = len(list_keys(engine, ada.account_id))
    answer = visitor.post("/settings/api", {"name": "x", **data})
    assert answer.status_code == 400
    assert told in html.unescape(answer.text)
    assert len(list_keys(engine, ada.account_id)) == before


_PAIR = re.compile(r"flux_(?:env|cs)_[0-9A-Za-z]{38}")


def make_pair(visitor: Visitor, *may: str) -> list[str]:
    """The environment key and the client secret that the page makes."""
    response = visitor.post("/settings/api", {"name": "Back end", "kind": "metrics", "may": list(may)})
    assert response.headers["Cache-Control"] == "no-store"
    found = list(dict.fromkeys(_PAIR.findall(response.text)))
    assert [key.rpartition("_")[0] for key in found] == ["flux_env", "flux_cs"], response.text
    return found


def metrics_status(app: Flask, pair: list[str], path: str = "/metrics/query") -> int:
    """The status of a query with a token of both keys."""
    client = app.test_client()
    told = {"environmentApiKey": pair[0], "clientSecret": pair[1]}
    given = client.post("/metrics/auth/token", json=told)
    if given.status_code != 200:
        return given.status_code
    body = {"encodedQuery": base64.b64encode(b"SELECT 1").decode()} if path == "/metrics/query" else {}
    header = {"Authorization": f"Bearer {given.get_json()['accessToken']}"}
    return client.post(path, json=body, headers=header).status_code


def test_both_keys_of_the_metrics_api_are_made_at_once(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant
) -> None:
    pair = make_pair(visitor, "read", "sql")
    assert metrics_status(app, pair) == 200
    secret, environment = list_keys(engine, ada.account_id)[:2]
    assert (environment.kind, secret.kind) == ("env", "secret")
    assert environment.name == secret.name == "Back end"
    listed = visitor.text("/settings/api")
    for key in pair:
        assert key not in listed
        assert f"{key.rpartition('_')[0]}_…{key[-4:]}" in listed
    assert "saved metrics and any SQL" in listed and "gets access tokens" in listed


@pytest.mark.parametrize(
    ("may", "sql", "saved", "told"),
    [(("read",), 403, 404, "saved metrics<"), (("sql",), 200, 403, "any SQL<")],
)
def test_the_metrics_api_opens_what_was_ticked(
    app: Flask, visitor: Visitor, may: tuple[str, ...], sql: int, saved: int, told: str
) -> None:
    pair = make_pair(visitor, *may)
    assert metrics_status(app, pair) == sql
    assert metrics_status(app, pair, "/metrics/query/met_00000000000") == saved
    assert f">{told}" in visitor.text("/settings/api")


@pytest.mark.parametrize("number", [0, 1])
def test_either_key_is_rolled_and_revoked_by_itself(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant, number: int
) -> None:
    pair = make_pair(visitor, "read", "sql")
    key = list_keys(engine, ada.account_id)[1 - number]
    path = f"/settings/api/keys/{keys.key_name(key)}"
    shown = visitor.post(f"{path}/roll", {"overlap": "3600"}).text
    (fresh,) = set(_PAIR.findall(shown))
    assert fresh != pair[number] and fresh[:8] == pair[number][:8]
    renewed = [fresh if n == number else pair[n] for n in (0, 1)]
    assert (metrics_status(app, pair), metrics_status(app, renewed)) == (200, 200)
    assert visitor.post(f"{path}/revoke").status_code == 303
    assert (metrics_status(app, pair), metrics_status(app, renewed)) == (401, 200)


def test_addresses_hold_for_both_keys(app: Flask, engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    data = {"name": "x", "kind": "metrics", "may": "sql", "allow": "203.0.113.0/24", "per_hour": "7"}
    pair = list(dict.fromkeys(_PAIR.findall(visitor.post("/settings/api", data).text)))
    assert metrics_status(app, pair) == 403
    secret, environment = list_keys(engine, ada.account_id)[:2]
    assert environment.allow == secret.allow == ("203.0.113.0/24",)
    assert (environment.rate_limit_per_hour, secret.rate_limit_per_hour) == (7, None)


def shell(lines: str) -> Any:
    """What the lines of a terminal print, as JSON."""
    done = subprocess.run(["bash", "-c", lines], capture_output=True, timeout=20, check=True)
    return json.loads(done.stdout)


def test_the_lines_that_are_shown_with_the_pair_run_a_query(
    post: Callable[..., str], engine: Engine, ada: Tenant, curl: str
) -> None:
    days = [("2026-01-05", 1), ("2026-01-05", 2), ("2026-01-06", 3)]
    rows = [{"published_at": f"{day}T09:00:00", "likes": n, "comments": 0, "shares": 0} for day, n in days]
    make_posts(engine, ada.profile, ada.account_id, [a_post(row.pop("published_at"), **row) for row in rows])
    shown = post("/settings/api", name="CI", kind="metrics", may=["read", "sql"])
    lines = re.search(r"<code>(TOKEN=.*?)</code>", shown, re.DOTALL)
    assert lines and shutil.which("curl") == curl
    assert shell(lines[1])["data"] == [
        {"date": "2026-01-06", "posts": 1, "engagement": 3},
        {"date": "2026-01-05", "posts": 2, "engagement": 3},
    ]


def save(engine: Engine, account_id: int, name: str, *open_to: str, **more: Any) -> str:
    """The id of a new saved metric."""
    draft = MetricIn(name=name, query="SELECT 7 AS seven", open_to=list(open_to), **more)
    return create_metric(engine, account_id, draft, (("seven", "integer"),)).public_id


def test_a_pair_for_saved_metrics_runs_one(
    post: Callable[..., str], engine: Engine, ada: Tenant, curl: str
) -> None:
    needs = [Variable(name="x", required=True)]
    save(engine, ada.account_id, "A", "api", variables=needs)
    save(engine, ada.account_id, "B", "feed")
    save(engine, ada.account_id, "C", "api")
    shown = post("/settings/api", name="CI", kind="metrics", may="read")
    lines = re.search(r"<code>(TOKEN=.*?)</code>", shown, re.DOTALL)
    assert lines and "“C”" in shown and shutil.which("curl") == curl
    assert shell(lines[1])["data"] == [{"seven": 7}]


def test_a_feeds_key_may_be_limited_to_saved_metrics(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant, bob: Tenant
) -> None:
    mine, other = (save(engine, ada.account_id, name, "feed") for name in ("Sevens", "Others"))
    save(engine, ada.account_id, "Hidden", "api")
    theirs = save(engine, bob.account_id, "Theirs", "feed")
    form = visitor.text("/settings/api")
    assert "Sevens" in form and "Hidden" not in form and "Theirs" not in form
    response = visitor.post("/settings/api", {"name": "x", "datasets": ["posts", mine]})
    key = _KEY.search(response.text)
    assert key
    paths = [f"/api/v1/metrics/{mine}", f"/api/v1/metrics/{other}", "/api/v1/datasets/posts"]
    assert [status(app, key[0], path) for path in paths] == [200, 403, 200]
    assert "posts, Sevens" in visitor.text("/settings/api")
    for unknown in (theirs, "met_00000000000", "met_x"):
        answer = visitor.post("/settings/api", {"name": "x", "datasets": unknown})
        assert answer.status_code == 400 and "a saved metric's id" in html.unescape(answer.text)


def test_a_key_for_a_saved_metric_gets_snippets_for_it(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant
) -> None:
    metric = save(engine, ada.account_id, "Sevens", "feed")
    for data in ({"datasets": metric}, {"feed": f"dataset={metric}"}):
        text = html.unescape(visitor.post("/settings/api", {"name": "x", **data}).text)
        address = re.search(rf'=IMPORTDATA\("http://localhost(/api/v1/metrics/{metric}[^"]+)"', text)
        assert address
        assert app.test_client().get(address[1]).text.split() == ["seven", "7"]
    closed = save(engine, ada.account_id, "Hidden", "api")
    key, _ = keys.issue(engine, PEPPER, ada.account_id, "bi", "x", Limits(datasets=[closed]))
    shown = visitor.post(f"/settings/api/keys/{keys.key_name(key)}/roll", {"overlap": "0"})
    assert shown.status_code == 200 and "IMPORTDATA" not in shown.text
