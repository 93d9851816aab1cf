"""Clients that people have, against the real server: the official SDKs in both modes, and the inspector."""

import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from sqlalchemy import Engine

from flux.describe.tool import BY_NAME
from flux.store.accounts import move_account
from flux.store.vault import list_keys
from tests.mcp.asking import calls_for
from tests.mcp.waiting import wait_for
from tests.node import environment, install, node
from tests.services import Server
from tests.tenants import Tenant, make_key

HERE = Path(__file__).parent / "programs"
INSPECTOR = Path("@modelcontextprotocol") / "inspector" / "clients" / "launcher" / "build" / "index.js"
MODES = ("auto", "legacy", "2026-07-28")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def url(serve: Callable[..., Server]) -> str:
    """The address of the door of a running server."""
    return f"{serve().url}/mcp"


@pytest.fixture
def key(engine: Engine, ada: Tenant) -> str:
    """Ada's key."""
    return make_key(engine, ada.account_id, kind="mcp")


@pytest.fixture
def calls(engine: Engine, ada: Tenant) -> list[tuple[str, dict[str, Any]]]:
    """A call of every tool that succeeds."""
    return calls_for(engine, ada)


def checked(name: str, result: Any) -> None:
    """The result is none of an error, and as its schema says."""
    problems = list(Draft202012Validator(BY_NAME[name].output).iter_errors(result))
    assert not problems, f"{name}: {problems[0].message} at {problems[0].json_path}"


# --- Python ---------------------------------------------------------------------------------------


def talk(url: str, key: str, mode: str, words: Callable[[Client], Awaitable[Any]]) -> Any:
    """What `words` gives, said by the official client."""

    async def run() -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            transport = streamable_http_client(url, http_client=http)
            async with Client(transport, mode=mode) as client:
                return await words(client)

    return wait_for(run())


@pytest.mark.parametrize("mode", MODES)
def test_the_python_sdk_lists_and_calls_every_tool(
    url: str, key: str, calls: list[tuple[str, dict[str, Any]]], mode: str
) -> None:
    async def words(client: Client) -> None:
        version = client.session.protocol_version
        assert version == ("2025-11-25" if mode == "legacy" else "2026-07-28")
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == list(BY_NAME)
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed.tools)
        for name, arguments in calls:
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            checked(name, result.structured_content)
            assert json.loads(result.content[0].text) == result.structured_content
        wrong = await client.call_tool("query_dataset", {"dataset": "posts", "columns": ["wrong"]})
        assert wrong.is_error and "Columns of posts" in wrong.content[0].text
        with pytest.raises(MCPError, match="no tool of that name"):
            await client.call_tool("wrong", {})

    talk(url, key, mode, words)


@pytest.mark.parametrize("mode", MODES)
def test_the_python_sdk_shows_why_it_is_refused(
    url: str, key: str, engine: Engine, ada: Tenant, mode: str
) -> None:
    async def words(client: Client) -> str:
        with pytest.raises(MCPError) as told:
            await client.call_tool("list_profiles", {})
        return str(told.value)

    move_account(engine, ada.account_id, "edge", 1, None)
    talk(url, key, mode, lambda client: client.call_tool("list_profiles", {}))
    assert "allows 1 requests in an hour" in talk(url, key, mode, words), "429"
    for other, text in ((ada.key, "keys that begin with flux_"), ("flux_wrong", "not a Flux key")):
        assert text in refused(url, other, mode), text
    move_account(engine, ada.account_id, "professional", None, None)
    assert "needs edge or enterprise" in refused(url, key, mode)


def refused(url: str, key: str, mode: str) -> str:
    """What the client says where it does not get in; a pinned version asks nothing before the first call."""

    async def words(client: Client) -> None:
        await client.call_tool("list_profiles", {})

    with pytest.raises((MCPError, ExceptionGroup)) as told:
        talk(url, key, mode, words)
    error: BaseException = told.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)


# --- TypeScript -----------------------------------------------------------------------------------


def typescript(url: str, key: str, mode: Any, calls: list[tuple[str, dict[str, Any]]]) -> Any:
    """What the official TypeScript client was told."""
    install(HERE)
    asked = {"url": url, "key": key, "mode": mode}
    asked |= {"calls": [{"name": name, "arguments": arguments} for name, arguments in calls]}
    done = run([node(), HERE / "client.mjs"], HERE, json.dumps(asked))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run(command: list[Any], folder: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """A program of Node's, which keeps its files in `folder`."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment() | {"HOME": str(folder)},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("mode", [None, "auto", {"pin": "2026-07-28"}], ids=["legacy", "auto", "pinned"])
def test_the_typescript_client_lists_and_calls_every_tool(
    url: str, key: str, calls: list[tuple[str, dict[str, Any]]], mode: Any
) -> None:
    told = typescript(url, key, mode, calls)
    assert told["error"] is None
    assert told["version"] == ("2026-07-28" if mode else "2025-11-25")
    assert told["tools"] == list(BY_NAME)
    for (name, _), result in zip(calls, told["results"], strict=True):
        assert not result.get("isError"), result
        checked(name, result["structuredContent"])


def test_the_typescript_client_shows_why_it_is_refused(
    url: str, key: str, engine: Engine, ada: Tenant
) -> None:
    move_account(engine, ada.account_id, "edge", 1, None)
    asked: list[tuple[str, dict[str, Any]]] = [("list_profiles", {})] * 2
    for mode in (None, "auto", {"pin": "2026-07-28"}):
        assert "allows 1 requests in an hour" in typescript(url, key, mode, asked)["error"]
        # While the newer client finds out which protocol there is, it tells of a refusal the status alone.
        told = "HTTP 403" if mode else "keys that begin with flux_"
        assert told in typescript(url, ada.key, mode, asked)["error"]
    assert "not a Flux key" in typescript(url, "flux_wrong", None, asked)["error"]


# --- the inspector --------------------------------------------------------------------------------


def inspect(url: str, key: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the inspector."""
    program = install(HERE) / INSPECTOR
    known = ["--cli", url, "--transport", "http", "--header", f"Authorization: Bearer {key}"]
    return run([node(), program, *known, "--method", *words], folder)


def test_the_inspector_finds_nothing_wrong_with_the_schemas(url: str, key: str, tmp_path: Path) -> None:
    done = inspect(url, key, tmp_path, "tools/list", "--strict")
    assert (done.returncode, done.stderr) == (0, "")
    assert [tool["name"] for tool in json.loads(done.stdout)["tools"]] == list(BY_NAME)


def test_the_inspector_calls_every_tool(
    url: str, key: str, tmp_path: Path, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    for name, arguments in calls:
        given = [f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in arguments.items()]
        told = ["--tool-arg", *given] if given else []
        done = inspect(url, key, tmp_path, "tools/call", "--tool-name", name, *told)
        assert done.returncode == 0, done.stderr
        checked(name, json.loads(done.stdout)["structuredContent"])


def test_a_key_of_a_client_is_seen_as_used(url: str, key: str, engine: Engine, ada: Tenant) -> None:
    talk(url, key, "auto", lambda client: client.list_tools())
    (used,) = [k for k in list_keys(engine, ada.account_id) if k.kind == "mcp"]
    assert used.last_used_at is not None
