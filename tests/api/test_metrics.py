"""The Metrics API: SQL and saved metrics, asked with an access token."""

import base64
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flux import keys
from flux.key_limits import Limits
from flux.schemas.metrics import OPERATIONS, ResultAnswer
from flux.store.metric_runs import list_runs
from tests.asking import make_event, make_metric, make_post
from tests.tenants import PEPPER, Tenant, make_key

EXAMPLE = OPERATIONS[0].examples["events"]  # the reference's own question, as its page has it


def make_token(client: FlaskClient, engine: Engine, tenant: Tenant, *permissions: str) -> str:
    """An access token of the tenant's account."""
    limits = Limits(permissions=permissions or ("read", "sql"))
    _, environment = keys.issue(engine, PEPPER, tenant.account_id, "env", "a back end", limits)
    body = {
        "environmentApiKey": environment,
        "clientSecret": make_key(engine, tenant.account_id, kind="secret"),
    }
    answer = client.post("/metrics/auth/token", json=body)
    assert answer.status_code == 200, answer.text
    token: str = answer.get_json()["accessToken"]
    return token


@pytest.fixture
def token(client: FlaskClient, engine: Engine, ada: Tenant) -> str:
    """Ada's, for all there is."""
    return make_token(client, engine, ada)


def encode(sql: str) -> str:
    return base64.b64encode(sql.encode()).decode()


def send(client: FlaskClient, token: str, path: str = "", **more: Any) -> TestResponse:
    header = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
    return client.post(f"/metrics/query{path}", headers=header, **more)


def query(client: FlaskClient, token: str, sql: str, status: int = 200, **variables: Any) -> Any:
    answer = send(client, token, json={"encodedQuery": encode(sql), "variables": variables})
    assert answer.status_code == status, answer.text
    told = answer.get_json()
    return told if status == 200 else told["error"]


def test_the_pages_own_example_runs_as_it_stands(
    client: FlaskClient, engine: Engine, ada: Tenant, token: str
) -> None:
    make_event(engine, ada, "page_view", user_id="u1")
    make_event(engine, ada, "signup")
    answer = send(client, token, json=EXAMPLE)
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    ResultAnswer.model_validate(told)
    assert told["data"] == [
        {
            "timestamp": "2026-01-01T12:00:00.000Z",
            "userId": "u1",
            "anonymousId": "v1",
            "name": "page_view",
            "pagePath": "/pricing",
        }
    ]
    elapsed = told["meta"].pop("elapsed_ms")
    assert 0 < elapsed < 5_000
    names = ["timestamp", "userId", "anonymousId", "name", "pagePath"]
    assert told["meta"] == {
        "columns": [{"name": n, "type": "datetime" if n == "timestamp" else "string"} for n in names],
        "row_count": 1,
        "truncated": False,
        "cached": False,
    }
    again = send(client, token, json=EXAMPLE).get_json()
    assert (again["data"], again["meta"]["cached"]) == (told["data"], True)


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text,
        lambda text: text.rstrip("="),
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: "\n".join(text[at : at + 20] for at in range(0, len(text), 20)),
    ],
)
def test_base64_of_every_spelling_is_read(client: FlaskClient, token: str, spell: Any) -> None:
    encoded = spell(encode("SELECT 'ÿ?>~ûï' AS text"))
    answer = send(client, token, json={"encodedQuery": encoded})
    assert answer.get_json()["data"] == [{"text": "ÿ?>~ûï"}]


@pytest.mark.parametrize(
    ("encoded", "told"),
    [
        ("SELECT 1", "no base64"),
        ("U0VMRUNUIDE*", "no base64"),
        ("U", "no base64"),
        (base64.b64encode(b"SELECT '\xff'").decode(), "no UTF-8"),
        ("", "empty"),
        (base64.b64encode(b"DROP TABLE posts").decode(), "begins with SELECT"),
    ],
)
def test_what_is_no_query_is_refused_with_what_is_wrong(
    client: FlaskClient, token: str, encoded: str, told: str
) -> None:
    answer = send(client, token, json={"encodedQuery": encoded})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "invalid_query")
    assert told in answer.get_json()["error"]["message"]


def test_an_error_names_line_column_and_the_nearest_name(client: FlaskClient, token: str) -> None:
    error = query(client, token, "SELECT date,\n  engagment FROM posts", 400)
    assert error["code"] == "invalid_query"
    assert "Line 2, column 3" in error["message"]
    assert "'engagement'" in error["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"encodedQuery": "U0VMRUNUIDE=", "variables": {"x": ' + b"[" * 900 + b"]" * 900 + b"}}", None),
        (b'{"variables": {}}', "invalid_parameter"),
        (b'{"encodedQuery": 5}', "invalid_parameter"),
        (b'{"encodedQuery": "U0VMRUNUIDE=", "variables": []}', "invalid_parameter"),
        (b'{"encodedQuery": "U0VMRUNUIDE=", "variabels": {}}', "unknown_parameter"),
        (b"[]", "invalid_parameter"),
        (b"", "invalid_json"),
    ],
)
def test_a_body_that_cannot_be_read_is_400(
    client: FlaskClient, token: str, body: bytes, code: str | None
) -> None:
    answer = send(client, token, data=body, content_type="application/json")
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["error"]["code"] == code or code is None


def test_a_body_that_is_too_large_is_413(client: FlaskClient, token: str) -> None:
    body = json.dumps({"encodedQuery": "x" * 256 * 1024})
    assert send(client, token, data=body, content_type="application/json").status_code == 413


def test_a_variable_is_a_value_whatever_it_holds(
    client: FlaskClient, engine: Engine, ada: Tenant, token: str
) -> None:
    make_event(engine, ada)
    attack = "x' OR '1'='1"
    assert query(client, token, "SELECT name FROM eventsTable WHERE name = '@{n}'", n=attack)["data"] == []
    error = query(client, token, "SELECT @{missing}", 400)
    assert "'@{missing}' has no value" in error["message"]


def test_a_saved_metric_runs_with_the_values_sent_and_its_defaults(
    client: FlaskClient, engine: Engine, ada: Tenant, token: str
) -> None:
    variables = [
        {"name": "since", "type": "date", "default": "2026-01-01"},
        {"name": "least", "type": "integer"},
    ]
    text = "SELECT '@{since}' AS since, @{least} AS least, count(*) AS posts FROM posts"
    metric = make_metric(engine, ada, text, *variables)
    make_post(engine, ada)
    path = f"/{metric.public_id}"
    row = {"since": "2026-01-01", "least": None, "posts": 1}
    assert send(client, token, path).get_json()["data"] == [row]
    assert send(client, token, path, json={}).get_json()["data"] == [row]
    sent = send(client, token, path, json={"variables": {"since": "2025-06-30", "least": 3}})
    assert sent.get_json()["data"] == [{"since": "2025-06-30", "least": 3, "posts": 1}]
    wrong = send(client, token, path, json={"variables": {"least": "3"}})
    assert (wrong.status_code, wrong.get_json()["error"]["details"]["parameter"]) == (400, "least")
    near = send(client, token, path, json={"variables": {"leest": 3}})
    assert near.get_json()["error"]["code"] == "unknown_parameter"


def test_a_metric_that_is_not_there_or_not_ones_own_is_404(
    client: FlaskClient, engine: Engine, bob: Tenant, token: str
) -> None:
    theirs = make_metric(engine, bob, "SELECT 1")
    for name in (theirs.public_id, "met_0Aq3kQ9ZxYb", "nothing"):
        answer = send(client, token, f"/{name}")
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "metric_not_found")


def test_permissions_and_doors_hold(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    reader = make_token(client, engine, ada, "read")
    assert query(client, reader, "SELECT 1", 403)["code"] == "insufficient_permissions"
    assert send(client, reader, f"/{make_metric(engine, ada, 'SELECT 1').public_id}").status_code == 200
    closed = make_metric(engine, ada, "SELECT 1", name="Closed", open_to=["feed"])
    answer = send(client, reader, f"/{closed.public_id}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "insufficient_permissions")


def test_no_other_key_opens_it(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    for kind in ("bi", "api", "env", "secret", "mcp"):
        answer = send(client, make_key(engine, ada.account_id, kind=kind), json=EXAMPLE)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "wrong_key_kind"), kind
    assert client.post("/metrics/query", json=EXAMPLE).status_code == 401


def test_only_the_accounts_own_rows_are_read(
    client: FlaskClient, engine: Engine, ada: Tenant, bob: Tenant, token: str
) -> None:
    make_post(engine, bob)
    make_event(engine, bob)
    text = "SELECT (SELECT count(*) FROM posts) + (SELECT count(*) FROM eventsTable) AS n, name FROM profiles"
    assert query(client, token, text)["data"] == [{"n": 0, "name": "Ada"}]
    assert query(client, make_token(client, engine, bob), text)["data"] == [{"n": 2, "name": "Bob"}]


def test_it_counts_in_the_minute_and_says_so(client: FlaskClient, token: str) -> None:
    first, second = (send(client, token, json=EXAMPLE) for _ in range(2))
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (first, second)]
    assert left[0] - left[1] == 1
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["RateLimit-Policy"].startswith('"minute"')


def test_the_history_tells_the_key_and_never_shows_it(
    client: FlaskClient, engine: Engine, ada: Tenant, token: str
) -> None:
    query(client, token, "SELECT @{x}", x=1)
    (run,) = list_runs(engine, ada.account_id)
    assert run.asked_by.endswith(" a back end")
    assert run.asked_by.startswith("flux_env_…")
    assert (run.door, run.variables, run.status) == ("api", {"x": 1}, "ok")


def test_what_is_cut_off_is_told(client: FlaskClient, token: str) -> None:
    text = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) SELECT i FROM n"
    told = query(client, token, text)
    assert (told["meta"]["truncated"], told["meta"]["row_count"], len(told["data"])) == (True, 10_000, 10_000)


def test_a_cookie_opens_nothing(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("session", "anything")
    assert client.post("/metrics/query", json=EXAMPLE).status_code == 401


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("deep", [*range(100, 1_100, 100), *range(880, 990, 10)])
def test_however_deep_a_value_is_nested_it_is_400(client: FlaskClient, token: str, deep: int) -> None:
    for opened, closed in (("[", "]"), ('{"a":', "}")):
        nested = opened * deep + "1" + closed * deep
        body = f'{{"encodedQuery": "{encode("SELECT @{x}")}", "variables": {{"x": {nested}}}}}'
        assert send(client, token, data=body, content_type="application/json").status_code == 400
