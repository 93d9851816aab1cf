"""Events over HTTP: one or a list, all or none, each once, kept as they were sent."""

import json
import time
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from flux import create_app
from flux.store.accounts import move_account
from flux.store.events import delete_events
from flux.store.tables import events
from tests.api.caller import Caller, ask_sql, make_caller, make_pair, make_token
from tests.api.test_datasets import assert_error
from tests.tenants import Tenant, make_key

PATH = "/event/ingest"
NOON = 1_767_268_800_000  # 2026-01-01 12:00 UTC


@pytest.fixture
def sender(client: FlaskClient, engine: Engine, ada: Tenant) -> Caller:
    """Ada's, whose key may write; at the root."""
    return Caller(client, make_caller(client, engine, ada, ("write",)).key, base="")


def send(sender: Caller, body: Any, status: int = 204) -> Any:
    return sender.ask("POST", PATH, status, data=json.dumps(body), content_type="application/json")


def kept(engine: Engine, account_id: int) -> list[dict[str, Any]]:
    """The account's events in order of number."""
    statement = select(events).where(events.c.account_id == account_id).order_by(events.c.number)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def test_one_event_with_all_that_it_may_have(engine: Engine, ada: Tenant, sender: Caller) -> None:
    answer = send(
        sender,
        {
            "eventId": "e-1",
            "userId": "ü-1",
            "anonymousId": "a-1",
            "name": "page_view",
            "timestamp": NOON + 123,
            "properties": {"a": {"b": [1, "x", None, {"c": 5.0}]}, "": "\u0000 \\ \t \n 🚀"},
            "ufProperties": {"urlPath": "/pricing"},
        },
    )
    assert answer.data == b""
    assert answer.headers["X-RateLimit-Limit"] == "300"
    (row,) = kept(engine, ada.account_id)
    assert abs(row["received_at"] - time.time()) < 5
    assert json.loads(row["properties"]) == {"a": {"b": [1, "x", None, {"c": 5.0}]}, "": "\u0000 \\ \t \n 🚀"}
    assert '"c":5.0' in row["properties"], "a number stays of its kind"
    assert json.loads(row["uf_properties"]) == {"urlPath": "/pricing"}
    assert (row["number"], row["event_id"], row["happened_at"]) == (1, "e-1", NOON + 123)
    assert (row["user_id"], row["anonymous_id"], row["name"]) == ("ü-1", "a-1", "page_view")


def test_a_name_is_enough(engine: Engine, ada: Tenant, sender: Caller) -> None:
    send(sender, {"name": "x", "userId": None, "anonymousId": None, "timestamp": None, "properties": None})
    send(sender, {"name": "x"})
    for row in kept(engine, ada.account_id):
        assert abs(row["happened_at"] / 1000 - time.time()) < 5
        left_out = ("event_id", "user_id", "anonymous_id", "properties", "uf_properties")
        assert [row[name] for name in left_out] == [None] * 5


def test_a_list_is_numbered_in_its_order_within_the_account(
    client: FlaskClient, engine: Engine, ada: Tenant, bob: Tenant, sender: Caller
) -> None:
    send(sender, [{"name": f"n{i}"} for i in range(1000)])
    send(Caller(client, make_caller(client, engine, bob).key, base=""), [{"name": "theirs"}])
    send(sender, [{"name": "last"}])
    rows = kept(engine, ada.account_id)
    assert [row["number"] for row in rows] == list(range(1, 1002))
    assert [row["name"] for row in rows] == [*(f"n{i}" for i in range(1000)), "last"]
    assert [(row["number"], row["name"]) for row in kept(engine, bob.account_id)] == [(1, "theirs")]


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        (NOON, NOON),
        (NOON + 0.75, NOON),
        (float(NOON), NOON),
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01T12:00:00.123Z", NOON + 123),
        ("2026-01-01T12:00:00.123987+00:00", NOON + 123),
        ("2026-01-01T14:00:00+02:00", NOON),
        ("2026-01-01T12:00:00", NOON),
        ("2026-01-01 12:00", NOON),
        ("2026-01-01", NOON - 43_200_000),
        ("2000-01-01T00:00:00Z", 946_684_800_000),
    ],
)
def test_moments_are_read(engine: Engine, ada: Tenant, sender: Caller, timestamp: Any, moment: int) -> None:
    send(sender, {"name": "x", "timestamp": timestamp})
    assert kept(engine, ada.account_id)[0]["happened_at"] == moment


@pytest.mark.parametrize(
    "timestamp",
    [
        1_767_268_800,
        -1,
        0,
        946_684_799_999,
        1e300,
        10**30,
        True,
        [],
        {},
        "",
        "now",
        "1767268800000",
        "2026-13-01",
        "1999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_moment_that_is_none_is_told(engine: Engine, ada: Tenant, sender: Caller, timestamp: Any) -> None:
    error = assert_error(send(sender, {"name": "x", "timestamp": timestamp}, 400), "invalid_parameter")
    assert error["details"]["parameter"] == "timestamp" and "ISO 8601" in error["message"]
    assert kept(engine, ada.account_id) == []


def test_a_clock_may_be_ahead_by_a_day(sender: Caller) -> None:
    now = time.time() * 1000
    send(sender, {"name": "x", "timestamp": now + 86_300_000})
    send(sender, {"name": "x", "timestamp": now + 86_500_000}, 400)
    ahead = datetime.fromtimestamp(now / 1000 + 86_500, UTC).isoformat()
    send(sender, {"name": "x", "timestamp": ahead}, 400)


@pytest.mark.parametrize(
    ("event", "place", "says"),
    [
        ({}, "name", "given"),
        ({"name": ""}, "name", "1 to 200 characters"),
        ({"name": "page view"}, "name", "without white space"),
        ({"name": "page\u00a0view"}, "name", "without white space"),
        ({"name": "view\n"}, "name", "without white space"),
        ({"name": "x\u0000"}, "name", "without white space"),
        ({"name": "x" * 201}, "name", "1 to 200 characters"),
        ({"name": 5}, "name", "a text"),
        ({"name": "x", "userId": 5}, "userId", "a text"),
        ({"name": "x", "userId": "x" * 201}, "userId", "at most 200"),
        ({"name": "x", "anonymousId": "\u0000"}, "anonymousId", "without NUL"),
        ({"name": "x", "eventId": ""}, "eventId", "at least 1"),
        ({"name": "x", "properties": "x"}, "properties", "an object"),
        ({"name": "x", "properties": [1]}, "properties", "an object"),
        ({"name": "x", "ufProperties": 5}, "ufProperties", "an object"),
        ({"name": "x", "timestamp": "soon"}, "timestamp", "ISO 8601"),
        ("x", "", "an object"),
        (None, "", "an object"),
        ([], "", "an object"),
    ],
)
def test_a_mistake_says_where_it_is(sender: Caller, event: Any, place: str, says: str) -> None:
    if event != []:
        error = assert_error(send(sender, event, 400), "invalid_parameter")
        assert error["details"]["parameter"] == (place or "body") and says in error["message"]
    error = assert_error(send(sender, [{"name": "a"}] * 3 + [event], 400), "invalid_parameter")
    assert error["details"]["parameter"] == (f"[3].{place}" if place else "[3]")
    assert says in error["message"]


def test_a_field_of_another_name_is_told(sender: Caller) -> None:
    error = assert_error(send(sender, {"name": "x", "user_id": "u"}, 400), "unknown_parameter")
    assert "userId" in error["message"]
    error = assert_error(send(sender, [{"name": "x"}, {"name": "x", "colour": 1}], 400), "unknown_parameter")
    assert "[1].colour" in error["message"] and "ufProperties" in error["message"]


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize("field", ["properties", "ufProperties"])
def test_properties_have_limits(engine: Engine, ada: Tenant, sender: Caller, field: str) -> None:
    send(sender, {"name": "x", field: nested(32)})
    error = assert_error(send(sender, {"name": "x", field: nested(33)}, 400), "invalid_parameter")
    assert "33 levels" in error["message"]
    lists = {"a": json.loads("[" * 32 + "]" * 32)}
    assert "33 levels" in send(sender, {"name": "x", field: lists}, 400).text
    full = {"a": "x" * (32 * 1024 - len('{"a":""}'))}
    send(sender, [{"name": "x", field: full}])
    full["a"] += "x"
    error = assert_error(send(sender, [{"name": "x", field: full}], 400), "invalid_parameter")
    assert (error["details"]["parameter"], error["details"]["value"]) == (
        f"[0].{field}",
        "32,769 bytes of JSON",
    )
    assert len(kept(engine, ada.account_id)) == 2


def test_a_body_nested_beyond_all_measure_is_told(sender: Caller) -> None:
    for body in ('{"name": "x", "properties": ' + '{"a":' * 900 + "1" + "}" * 900 + "}", "[" * 100_000):
        answer = sender.ask("POST", PATH, 400, data=body, content_type="application/json")
        assert answer.get_json()["error"]["code"] in ("invalid_parameter", "invalid_json")


def test_how_many_and_how_much(engine: Engine, ada: Tenant, sender: Caller) -> None:
    assert "at most 1000" in send(sender, [{"name": "x"}] * 1001, 400).text
    assert "at least 1" in send(sender, [], 400).text
    body = json.dumps([{"name": "x", "properties": {"a": "x" * 30_000}}] * 36).encode()
    assert len(body) > 2**20
    told = sender.ask("POST", PATH, 413, data=body, content_type="application/json")
    assert f"{len(body):,} bytes" in assert_error(told, "too_large")["message"]
    streamed = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    told = sender.ask(
        "POST", PATH, 413, input_stream=BytesIO(body), content_type="application/json",
        environ_overrides=streamed,
    )  # fmt: skip
    assert_error(told, "too_large")
    assert kept(engine, ada.account_id) == []


def test_a_batch_is_taken_in_whole_or_not_at_all(engine: Engine, ada: Tenant, sender: Caller) -> None:
    send(sender, [{"name": "good"}] * 20 + [{"name": "not good"}], 400)
    assert kept(engine, ada.account_id) == []
    send(sender, [{"name": "good"}])
    assert [row["number"] for row in kept(engine, ada.account_id)] == [1]


def test_an_event_is_taken_in_once(
    client: FlaskClient, engine: Engine, ada: Tenant, bob: Tenant, sender: Caller
) -> None:
    batch = [{"eventId": f"e{i}", "name": f"n{i}"} for i in range(3)]
    send(sender, batch)
    send(sender, batch)
    send(
        sender,
        [batch[2], {"eventId": "e3", "name": "n3"}, {"eventId": "e3", "name": "again"}, {"name": "n4"}],
    )
    send(sender, {"eventId": "e0", "name": "another"})
    send(Caller(client, make_caller(client, engine, bob).key, base=""), batch)
    rows = kept(engine, ada.account_id)
    assert [(row["number"], row["name"]) for row in rows] == [(i + 1, f"n{i}") for i in range(5)]
    assert len(kept(engine, bob.account_id)) == 3


def test_without_an_id_each_is_an_event(engine: Engine, ada: Tenant, sender: Caller) -> None:
    for _ in range(2):
        send(sender, [{"name": "x", "timestamp": NOON}] * 2)
    assert len(kept(engine, ada.account_id)) == 4


def test_who_may_send(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    for kind in ("bi", "env", "secret", "mcp"):
        header = {"Authorization": f"Bearer {make_key(engine, ada.account_id, kind=kind)}"}
        assert_error(client.post(PATH, json={"name": "x"}, headers=header), "wrong_key_kind")
    reader = Caller(client, make_caller(client, engine, ada, ("read",)).key, base="")
    assert_error(send(reader, {"name": "x"}, 403), "insufficient_permissions")
    assert_error(client.post(PATH, json={"name": "x"}), "missing_api_key")
    move_account(engine, ada.account_id, "pulse", None, None)
    assert_error(send(reader, {"name": "x"}, 403), "plan_required")
    assert kept(engine, ada.account_id) == []


def test_sending_counts_in_the_minute(
    client: FlaskClient, engine: Engine, ada: Tenant, sender: Caller
) -> None:
    move_account(engine, ada.account_id, "enterprise", None, 2)
    assert send(sender, {"name": "x"}).headers["X-RateLimit-Remaining"] == "1"
    assert send(sender, {"name": ""}, 400).headers["X-RateLimit-Remaining"] == "0"
    send(sender, {"name": "x"}, 429)
    assert len(kept(engine, ada.account_id)) == 1


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        ("name=x", "application/x-www-form-urlencoded", "unsupported_media_type"),
        ("{", "application/json", "invalid_json"),
        ("", "application/json", "invalid_json"),
        ('{"name": "\\ud800"}', "application/json", "invalid_json"),
        ('{"name": "x", "properties": {"a": NaN}}', "application/json", "invalid_json"),
        (b'{"name": "\xff"}', "application/json", "invalid_json"),
    ],
)
def test_a_body_that_is_no_json(sender: Caller, data: Any, kind: str, code: str) -> None:
    answer = sender.client.post(
        PATH, data=data, content_type=kind, headers={"Authorization": f"Bearer {sender.key}"}
    )
    assert_error(answer, code)


@pytest.fixture
def narrow(settings: dict[str, str]) -> Any:
    """An app whose accounts may keep five events."""
    app = create_app(settings | {"FLUX_MAX_EVENTS": "5"})
    yield app
    app.extensions["flux_engine"].dispose()


def test_an_account_has_a_most_that_it_keeps(narrow: Flask, engine: Engine, ada: Tenant, bob: Tenant) -> None:
    client = narrow.test_client()
    sender = Caller(client, make_caller(client, engine, ada).key, base="")
    send(sender, [{"eventId": f"e{i}", "name": "x", "timestamp": NOON} for i in range(4)])
    error = assert_error(send(sender, [{"name": "x"}] * 2, 413), "too_large")
    assert "4 events" in error["message"] and "flux event delete" in error["message"]
    assert error["details"]["constraint"] == "at most 5 events"
    send(sender, [{"eventId": "e0", "name": "x"}, {"eventId": "e4", "name": "x"}])  # one of them is new
    send(sender, {"name": "x"}, 413)
    send(sender, {"eventId": "e4", "name": "x"})
    send(Caller(client, make_caller(client, engine, bob).key, base=""), [{"name": "x"}] * 5)
    assert delete_events(engine, ada.account_id, before=datetime(2026, 1, 2, tzinfo=UTC).date()) == 4
    send(sender, [{"name": "x"}] * 4)
    send(sender, {"name": "x"}, 413)
    assert [row["number"] for row in kept(engine, ada.account_id)] == [5, 6, 7, 8, 9]


def test_sql_sees_an_event_at_once(client: FlaskClient, engine: Engine, ada: Tenant, sender: Caller) -> None:
    token = make_token(client, make_pair(engine, ada.account_id))
    text = (
        "SELECT timestamp, userId, anonymousId, name, ufProperties.urlPath AS pagePath, properties.a.b AS b"
        " FROM eventsTable ORDER BY timestamp"
    )
    assert ask_sql(client, token, text).get_json()["data"] == []
    told = {"anonymousId": None, "name": "page_view", "pagePath": "/pricing", "b": 7}
    for number in (1, 2):
        send(
            sender,
            {
                "userId": f"u{number}",
                "name": "page_view",
                "timestamp": NOON + number,
                "properties": {"a": {"b": 7}},
                "ufProperties": {"urlPath": "/pricing"},
            },
        )
        answer = ask_sql(client, token, text).get_json()
        assert not answer["meta"]["cached"]
        assert answer["data"] == [
            {"timestamp": f"2026-01-01T12:00:00.00{n}Z", "userId": f"u{n}"} | told
            for n in range(1, number + 1)
        ]
