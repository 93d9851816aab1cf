"""An agent: JSON-RPC messages of either generation, sent as a client of the specification would."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flux.describe.tool import BY_NAME
from flux.key_limits import Limits
from tests.tenants import make_key

MODERN, HANDSHAKE = "2026-07-28", "2025-11-25"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
}


@dataclass(frozen=True, slots=True)
class Agent:
    """A client with a key of kind MCP."""

    client: FlaskClient
    key: str
    modern: bool = True

    def ask(
        self, method: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """The answer to one request, as its generation sends it."""
        told: dict[str, Any] = dict(params or {})
        version = {"MCP-Protocol-Version": MODERN if self.modern else HANDSHAKE}
        if self.modern:
            told["_meta"] = META
            version["Mcp-Method"] = method
            if "name" in told:
                version["Mcp-Name"] = told["name"]
        body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": told}
        return self.post(body, {**version, **(headers or {})})

    def post(self, body: Any, headers: Mapping[str, str] | None = None) -> TestResponse:
        """The answer to any JSON, with the key."""
        return self.client.post(
            "/mcp", json=body, headers={"Authorization": f"Bearer {self.key}", **(headers or {})}
        )

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a request that is answered."""
        answer = self.ask(method, params)
        assert answer.status_code == 200, answer.text
        told = answer.get_json()
        assert told["id"] == 7 and "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """What a tool gives, which is as its schema says, twice the same."""
        result = self.result("tools/call", name=name, arguments=arguments)
        assert not result["isError"], result
        given: dict[str, Any] = result["structuredContent"]
        problems = list(Draft202012Validator(BY_NAME[name].output).iter_errors(given))
        assert not problems, f"{problems[0].message} at {problems[0].json_path}"
        return given

    def mistake(self, name: str, **arguments: Any) -> str:
        """What a tool says about arguments that it cannot take."""
        result = self.result("tools/call", name=name, arguments=arguments)
        assert result["isError"] and "structuredContent" not in result, result
        (content,) = result["content"]
        told: str = content["text"]
        return told


def make_agent(client: FlaskClient, engine: Engine, account_id: int, limits: Limits | None = None) -> Agent:
    """An agent of the account, with a key of its own."""
    return Agent(client, make_key(engine, account_id, limits, "mcp"))
