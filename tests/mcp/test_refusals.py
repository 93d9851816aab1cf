"""Who is let in: keys, plans, limits and quotas, each refused by HTTP's status and by JSON-RPC's error."""

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux import keys
from flux.key_limits import Limits
from flux.store.accounts import move_account
from flux.store.vault import list_keys
from tests.mcp.agent import Agent, make_agent
from tests.tenants import Tenant, make_key

BODY = {"jsonrpc": "2.0", "id": "call-1", "method": "tools/list"}
CALL = {**BODY, "method": "tools/call", "params": {"name": "list_profiles", "arguments": {}}}


def refusal(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The error, which carries the request's id, the status and Flux's own code."""
    assert answer.status_code == status, answer.text
    told = answer.get_json()
    assert told["id"] == "call-1"
    assert told["error"]["code"] == status
    assert told["error"]["data"]["code"] == code
    assert told["error"]["message"] == told["error"]["data"]["message"]
    assert told["error"]["data"]["request_id"] == answer.headers["X-Request-Id"]
    found: dict[str, Any] = told["error"]
    return found


def test_without_a_key_nobody_is_sent_to_a_browser(client: FlaskClient) -> None:
    answer = client.post("/mcp", json=BODY)
    refusal(answer, 401, "missing_api_key")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Flux"'
    paths = ["oauth-protected-resource", "oauth-protected-resource/mcp", "oauth-authorization-server"]
    for path in [*(f"/.well-known/{path}" for path in paths), "/.well-known/openid-configuration"]:
        found = client.get(path)
        assert found.status_code == 404 and found.get_json()["error"]["code"] == "not_found", path
    for path in ("/register", "/authorize", "/token"):
        assert client.post(path, json={}).status_code == 404, path


def test_a_key_that_is_none_is_refused(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    agent = make_agent(client, engine, ada.account_id)
    assert agent.post(BODY).status_code == 200
    refusal(Agent(client, "flux_nonsense").post(BODY), 401, "invalid_api_key")
    (key,) = [k for k in list_keys(engine, ada.account_id) if k.kind == "mcp"]
    keys.revoke(engine, key)
    refusal(agent.post(BODY), 401, "revoked_api_key")


def test_a_key_in_the_address_opens_too_and_two_do_not(agent: Agent, ada: Tenant) -> None:
    assert agent.client.post(f"/mcp?key={agent.key}", json=BODY).status_code == 200
    assert agent.client.post(f"/mcp?key={ada.key}", json=BODY, headers={}).status_code == 403
    two = agent.client.post(
        f"/mcp?key={ada.key}", json=BODY, headers={"Authorization": f"Bearer {agent.key}"}
    )
    refusal(two, 400, "invalid_parameter")


@pytest.mark.parametrize("kind", ["bi", "api", "env", "secret"])
def test_a_key_of_another_kind_is_forbidden_and_not_unknown(
    client: FlaskClient, engine: Engine, ada: Tenant, kind: str
) -> None:
    other = Agent(client, make_key(engine, ada.account_id, kind=kind))
    told = refusal(other.post(BODY), 403, "wrong_key_kind")
    assert "flux_" in told["message"]


def test_a_plan_without_the_data_api_is_forbidden(agent: Agent, engine: Engine, ada: Tenant) -> None:
    move_account(engine, ada.account_id, "professional", None, None)
    refusal(agent.post(BODY), 403, "plan_required")


def test_an_address_off_the_keys_list_is_forbidden(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    agent = make_agent(client, engine, ada.account_id, Limits(allow=("203.0.113.0/24",)))
    refusal(agent.post(BODY), 403, "address_not_allowed")


def test_calls_count_in_the_hour_of_the_feeds_and_lists_do_not(
    client: FlaskClient, engine: Engine, ada: Tenant
) -> None:
    move_account(engine, ada.account_id, "edge", 3, None)
    agent = make_agent(client, engine, ada.account_id)
    for body in (BODY, {**BODY, "method": "ping"}, {**BODY, "method": "initialize"}):
        answer = agent.post(body)
        assert answer.headers["X-RateLimit-Remaining"] == "3"
        assert answer.headers["RateLimit-Policy"] == '"hour";q=3;w=3600'
    assert agent.post(CALL).headers["X-RateLimit-Remaining"] == "2"
    assert client.get("/api/v1/profiles", headers=ada.header).headers["X-RateLimit-Remaining"] == "1"
    assert agent.post(CALL).headers["X-RateLimit-Remaining"] == "0"
    over = agent.post(CALL)
    refusal(over, 429, "rate_limited")
    assert 1 <= int(over.headers["Retry-After"]) <= 3_600
    assert client.get("/api/v1/profiles", headers=ada.header).status_code == 429
    assert agent.post(BODY).status_code == 200, "what is free stays free"
    unknown = agent.post({**CALL, "params": {"name": "no_such_tool"}})
    assert unknown.get_json()["error"]["code"] == -32602, "a tool that is none is not counted"


def test_even_what_is_free_has_a_burst_limit(app: Flask, agent: Agent) -> None:
    app.config["FLUX_BURST_PER_MINUTE"] = "2"
    while time.time() % 60 > 58:
        time.sleep(0.2)  # so that all fall into one minute
    answers = [agent.post(BODY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refusal(answers[-1], 429, "rate_limited")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fault_inside_tells_its_id_and_nothing_else(
    app: Flask, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("the inner workings")

    monkeypatch.setitem(agent.client.application.view_functions, "mcp.message", fail)
    answer = agent.post(BODY)
    assert answer.status_code == 500
    told = answer.get_json()["error"]
    assert told["code"] == -32603 and "inner workings" not in answer.text
    assert told["data"]["request_id"] == answer.headers["X-Request-Id"]


def test_answers_are_for_their_reader_alone(agent: Agent) -> None:
    headers = agent.post(BODY).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Vary"] == "Authorization"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers
