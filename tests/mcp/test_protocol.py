"""The wire: both generations of the protocol, what each is answered, and what is refused."""

import base64
from typing import Any

import pytest
from flask.testing import FlaskClient

from flux.describe.tool import TOOLS
from flux.mcp import MAX_BODY
from tests.mcp.agent import META, MODERN, Agent

PLAIN = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}


def error(answer: Any, status: int, code: int, id: Any = 7) -> dict[str, Any]:
    """The JSON-RPC error of an answer with this status."""
    assert answer.status_code == status, answer.text
    told = answer.get_json()
    assert (told["jsonrpc"], told["id"]) == ("2.0", id), told
    assert told["error"]["code"] == code, told
    found: dict[str, Any] = told["error"]
    return found


# --- the handshake, through 2025-11-25 ------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2024-11-05"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ],
)
def test_a_client_shakes_hands_in_its_version_or_the_newest(agent: Agent, asked: str, given: str) -> None:
    params = {"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    answer = agent.post({**PLAIN, "method": "initialize", "params": params})
    result = answer.get_json()["result"]
    assert result["protocolVersion"] == given
    assert result["serverInfo"]["name"] == "flux"
    assert "tools" in result["capabilities"]
    assert "Mcp-Session-Id" not in answer.headers
    done = agent.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (done.status_code, done.data) == (202, b"")
    assert agent.post({**PLAIN, "method": "ping"}).get_json()["result"] == {}
    assert agent.post(PLAIN).get_json()["result"].keys() == {"tools"}


def test_an_old_clients_unknown_method_ends_no_session(agent: Agent) -> None:
    assert error(agent.post({**PLAIN, "method": "no/such"}), 200, -32601)
    assert error(agent.post({**PLAIN, "method": "subscriptions/listen"}), 200, -32601)


# --- since 2026-07-28 -----------------------------------------------------------------------------


def test_a_modern_request_is_complete_in_itself(agent: Agent) -> None:
    result = agent.result("server/discover")
    assert result["supportedVersions"][0] == MODERN
    assert "2025-11-25" in result["supportedVersions"]
    assert result["resultType"] == "complete"
    assert result["cacheScope"] == "private" and result["ttlMs"] > 0
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "flux"
    assert [tool["name"] for tool in agent.result("tools/list")["tools"]] == [tool.name for tool in TOOLS]


@pytest.mark.parametrize("missing", ["protocolVersion", "clientCapabilities", None])
def test_a_modern_request_without_its_envelope_is_refused(agent: Agent, missing: str | None) -> None:
    meta = {key: value for key, value in META.items() if not key.endswith(missing or "")}
    params = {"_meta": meta} if missing else {}
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list"}
    told = error(agent.post({**PLAIN, "params": params}, headers), 400, -32602)
    assert (missing or "protocolVersion") in told["message"]


def test_what_only_one_generation_has_is_unknown_to_the_other(agent: Agent) -> None:
    error(agent.ask("initialize"), 404, -32601)
    error(agent.ask("ping"), 404, -32601)
    error(agent.ask("no/such"), 404, -32601)
    error(agent.post({**PLAIN, "method": "server/discover"}), 400, -32602)


@pytest.mark.parametrize(
    "headers",
    [
        {"Mcp-Method": "tools/call"},
        {"Mcp-Method": "TOOLS/LIST"},
        {"Mcp-Method": "=?base64?!?="},
        {"MCP-Protocol-Version": "2025-11-25"},
        {"MCP-Protocol-Version": "2030-01-01"},
    ],
)
def test_headers_that_contradict_the_body_are_refused(agent: Agent, headers: dict[str, str]) -> None:
    error(agent.ask("tools/list", headers=headers), 400, -32020)


def test_a_tools_name_stands_in_its_header_too(agent: Agent) -> None:
    params = {"name": "list_profiles", "arguments": {}}
    error(agent.ask("tools/call", params, {"Mcp-Name": "get_post"}), 400, -32020)
    wrapped = f"=?base64?{base64.b64encode(b'list_profiles').decode()}?="
    assert agent.ask("tools/call", params, {"Mcp-Name": wrapped}).status_code == 200
    body = {**PLAIN, "method": "tools/call", "params": {**params, "_meta": META}}
    error(agent.post(body, {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call"}), 400, -32020)


def test_an_unknown_version_is_told_those_there_are(agent: Agent) -> None:
    meta = {**META, "io.modelcontextprotocol/protocolVersion": "2031-01-01"}
    headers = {"MCP-Protocol-Version": "2031-01-01", "Mcp-Method": "tools/list"}
    told = error(agent.post({**PLAIN, "params": {"_meta": meta}}, headers), 400, -32022)
    assert told["data"]["requested"] == "2031-01-01"
    assert {MODERN, "2025-11-25"} <= set(told["data"]["supported"])
    older = {**META, "io.modelcontextprotocol/protocolVersion": "2025-11-25"}
    headers["MCP-Protocol-Version"] = "2025-11-25"
    told = error(agent.post({**PLAIN, "params": {"_meta": older}}, headers), 400, -32022)
    assert "'2025-11-25' is spoken after `initialize` only" in told["message"]
    notified = {"jsonrpc": "2.0", "method": "notifications/cancelled"}
    assert agent.post(notified, {"MCP-Protocol-Version": "2031-01-01"}).status_code == 400
    assert agent.post(notified, {"MCP-Protocol-Version": MODERN}).status_code == 202


# --- either ---------------------------------------------------------------------------------------


def test_lists_of_what_there_is_none_of_are_empty(either: Agent) -> None:
    assert either.result("prompts/list")["prompts"] == []
    assert either.result("resources/list")["resources"] == []
    assert either.result("resources/templates/list")["resourceTemplates"] == []
    status = 400 if either.modern else 200
    headers = {"Mcp-Name": "test://none"}
    told = error(either.ask("resources/read", {"uri": "test://none"}, headers), status, -32602)
    assert told["data"] == {"uri": "test://none"}
    error(either.ask("tools/list", {"cursor": "x"}), status, -32602)


def test_an_unknown_tool_is_an_error_of_the_protocol(either: Agent) -> None:
    told = error(either.ask("tools/call", {"name": "drop_tables"}), 400 if either.modern else 200, -32602)
    assert "query_dataset" in told["message"]


@pytest.mark.parametrize(
    ("body", "code", "id"),
    [
        (b"", -32700, None),
        (b"{", -32700, None),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "\\ud800"}', -32700, None),
        (b"[]", -32600, None),
        (b'[{"jsonrpc": "2.0", "id": 7, "method": "tools/list"}]', -32600, None),
        (b"7", -32600, None),
        (b'{"id": 7, "method": "tools/list"}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": 7}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": 7, "result": {}}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": "a", "method": 1}', -32600, "a"),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": []}', -32600, 7),
        (b'{"jsonrpc": "2.0", "id": null, "method": "tools/list"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": true, "method": "tools/list"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "tools/list"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "tools/list"}', -32600, None),
    ],
)
def test_what_is_no_message_is_refused(agent: Agent, body: bytes, code: int, id: Any) -> None:
    headers = {"Authorization": f"Bearer {agent.key}", "Content-Type": "application/json"}
    error(agent.client.post("/mcp", data=body, headers=headers), 400, code, id)


def test_a_body_that_is_too_large_is_refused(agent: Agent) -> None:
    big = agent.post({**PLAIN, "params": {"x": "x" * MAX_BODY}})
    assert error(big, 413, 413, None)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_stream_and_no_session(agent: Agent, method: str) -> None:
    answer = agent.client.open("/mcp", method=method, headers={"Authorization": f"Bearer {agent.key}"})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.get_json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example.com", 403),
        ("https://flux.example.org.evil.example.com", 403),
        ("http://flux.example.org", 403),
        ("null", 403),
        ("http://[", 403),
        ("https://flux.example.org", 200),
        ("http://localhost:6274", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:9000", 200),
    ],
)
def test_no_other_sites_page_may_ask(agent: Agent, origin: str, status: int) -> None:
    agent.client.application.config["FLUX_BASE_URL"] = "https://flux.example.org"
    answer = agent.ask("tools/list", headers={"Origin": origin, "Host": "evil.example.com"})
    assert answer.status_code == status
    if status == 403:
        error(answer, 403, 403)


def test_no_session_of_a_page_opens_the_door(client: FlaskClient, agent: Agent) -> None:
    client.set_cookie("flux", "anything")
    assert client.post("/mcp", json=PLAIN).status_code == 401
