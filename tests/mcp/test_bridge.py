"""The bridge: a program on standard input and output, as agents start it, before the real server."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from sqlalchemy import Engine

from flux import bridge
from flux.describe.agents import AGENTS, BRIDGE, PLACEHOLDER, set_up
from flux.describe.tool import BY_NAME
from tests.mcp.asking import calls_for
from tests.mcp.waiting import wait_for
from tests.services import Server, free_port
from tests.tenants import Tenant, make_key

ROOT = Path(__file__).parents[2]
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def key(engine: Engine, ada: Tenant) -> str:
    """Ada's key."""
    return make_key(engine, ada.account_id, kind="mcp")


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """The bridge as a file in an empty folder."""
    path = tmp_path / "home" / BRIDGE
    path.parent.mkdir()
    path.write_text(bridge.source())
    return path


def talk(command: StdioServerParameters, mode: str, words: Callable[[Client], Awaitable[Any]]) -> Any:
    """What `words` gives, said by the official client to a program that it starts."""

    async def run() -> Any:
        async with Client(command, mode=mode) as client:
            return await words(client)

    return wait_for(run())


def send(path: Path, url: str, key: str, *lines: Any, timeout: float = 30) -> tuple[list[Any], str, int]:
    """What the bridge answers to lines, what it says to people, and how it ends."""
    given = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    environment = {"PATH": os.environ["PATH"], "FLUX_URL": url, "FLUX_KEY": key}
    done = subprocess.run(
        [sys.executable, "-I", "-S", path],
        input=given,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr, done.returncode


@on_sqlite
@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
def test_the_python_sdk_calls_every_tool_through_it(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, key: str, alone: Path, mode: str
) -> None:
    calls = calls_for(engine, ada)

    async def words(client: Client) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(BY_NAME)
        for name, arguments in calls:
            assert not (await client.call_tool(name, arguments)).is_error
        many = await asyncio.gather(*(client.call_tool("list_profiles", {}) for _ in range(20)))
        assert not any(result.is_error for result in many)
        with pytest.raises(MCPError, match="no tool of that name"):
            await client.call_tool("wrong", {})

    told = {"FLUX_URL": serve().url, "FLUX_KEY": key}
    talk(StdioServerParameters(command=sys.executable, args=["-I", "-S", str(alone)], env=told), mode, words)


@on_sqlite
def test_the_command_of_flux_is_the_same(serve: Callable[..., Server], key: str, tmp_path: Path) -> None:
    told = {"FLUX_URL": serve().url + "/mcp", "FLUX_KEY": key, "FLUX_INSTANCE_PATH": str(tmp_path / "none")}
    words = [sys.executable, "-m", "flask", "--app", "app", "flux", "mcp-stdio"]
    command = StdioServerParameters(command=words[0], args=words[1:], env=told, cwd=ROOT)
    assert len(talk(command, "auto", lambda client: client.list_tools()).tools) == len(BY_NAME)


@on_sqlite
def test_the_server_hands_it_out(serve: Callable[..., Server], tmp_path: Path, curl: str) -> None:
    base = serve().url
    ((_, text), _) = set_up(base)["Claude Desktop"]
    subprocess.run(["sh", "-c", text], env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, check=True)
    assert (tmp_path / BRIDGE).read_text() == (ROOT / "flux" / "bridge.py").read_text()


@on_sqlite
def test_it_outlives_the_server(serve: Callable[..., Server], key: str, alone: Path, tmp_path: Path) -> None:
    server = serve()
    port = server.url.rpartition(":")[2]
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", alone],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"FLUX_URL": server.url, "FLUX_KEY": key},
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    try:
        for number in (1, 2):
            process.stdin.write(json.dumps({**LIST, "id": number}) + "\n")
            process.stdin.flush()
            if number == 2:
                assert "trying again" in process.stderr.readline()
                serve(arguments=("--bind", f"127.0.0.1:{port}"))
            assert json.loads(process.stdout.readline())["id"] == number
            server.stop()
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
        process.stderr.close()
    assert process.returncode == 0


@on_sqlite
def test_refusals_come_through_with_their_text(
    serve: Callable[..., Server], ada: Tenant, alone: Path
) -> None:
    (answer,), said, _ = send(alone, serve().url, ada.key, LIST)
    assert answer["id"] == 1 and answer["error"]["code"] == 403
    assert "keys that begin with flux_" in answer["error"]["message"]
    assert "HTTP 403" in said and ada.key not in said


@on_sqlite
def test_what_is_no_message_is_answered_by_the_server(
    serve: Callable[..., Server], key: str, alone: Path
) -> None:
    lines = [
        "{\n",
        "\n",
        "[]\n",
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {**LIST, "id": 9},
    ]
    answers, _, ended = send(alone, serve().url, key, *lines)
    told = {answer["id"]: answer.get("error", {}).get("code") for answer in answers}
    assert told == {None: told[None], 9: None} and told[None] in (-32700, -32600)
    assert len(answers) == 3 and ended == 0


@on_sqlite
def test_every_request_is_answered_whatever_it_holds(
    serve: Callable[..., Server], key: str, alone: Path
) -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    odd = {**LIST, "method": "tools/call", "params": {"name": "\ud800", "_meta": meta}}
    answers, said, ended = send(alone, serve().url, key, "[" * 100_000 + "\n", odd, {**LIST, "id": 9})
    told = {answer["id"]: answer.get("error", {}).get("code") for answer in answers}
    assert told == {None: -32700, 1: -32700, 9: None}
    assert "Traceback" not in said and ended == 0


def test_an_address_that_is_none_is_told(alone: Path) -> None:
    (answer,), said, ended = send(alone, "http://[bad", "flux_x", LIST)
    assert answer["id"] == 1 and "FLUX_URL" in answer["error"]["message"]
    assert "FLUX_URL" in said and ended == 0


def test_a_fault_of_the_bridge_is_an_answer_too(alone: Path) -> None:
    alone.write_text(
        alone.read_text().replace("    def _headers(", "    _headers = None\n\n    def _unused(")
    )
    (answer,), said, ended = send(alone, "http://127.0.0.1:1", "flux_x", LIST)
    assert answer["id"] == 1 and answer["error"]["message"] == "the bridge failed: TypeError"
    assert "TypeError" in said and ended == 0


def test_a_server_that_is_not_there_is_told(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = alone.read_text()
    alone.write_text(text.replace("PAUSES = (0.5, 1, 2, 4)", "PAUSES = (0.01,)"))
    assert alone.read_text() != text
    (answer,), said, ended = send(alone, f"http://127.0.0.1:{free_port()}", "flux_x", LIST)
    assert answer["id"] == 1 and "does not answer" in answer["error"]["message"]
    assert "does not answer" in said and ended == 0


@on_sqlite
def test_another_kind_of_server_is_told(serve: Callable[..., Server], key: str, alone: Path) -> None:
    (answer,), _, _ = send(alone, serve().url + "/login/mcp", key, LIST)
    assert "FLUX_URL" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("url", "key", "told"),
    [("", "flux_x", "FLUX_URL"), ("flux.example.org", "flux_x", "FLUX_URL"), ("http://x", "", "FLUX_KEY")],
)
def test_an_environment_that_says_too_little_ends_it(alone: Path, url: str, key: str, told: str) -> None:
    answers, said, ended = send(alone, url, key, LIST)
    assert (answers, ended) == ([], 2)
    assert told in said and len(said.splitlines()) == 1


# --- how agents are set up ------------------------------------------------------------------------


def test_every_set_up_text_has_the_address_and_the_key() -> None:
    found = {
        agent.id: text
        for some in set_up("https://flux.example.org", "flux_K").values()
        for agent, text in some
    }
    assert list(found) == [agent.id for agent in AGENTS]
    for name, text in found.items():
        assert "https://flux.example.org" in text, name
        assert ("flux_K" in text) == (name != "claude_desktop_bridge"), name
    for name in ("claude_desktop", "cursor", "vs_code"):
        assert "flux" in next(iter(json.loads(found[name]).values())), name
    assert PLACEHOLDER in str(set_up("https://flux.example.org"))


@on_sqlite
def test_claude_desktops_settings_work_as_they_stand(
    serve: Callable[..., Server], key: str, alone: Path
) -> None:
    (_, (_, text)) = set_up(serve().url, key)["Claude Desktop"]
    told = json.loads(text)["mcpServers"]["flux"]
    command = StdioServerParameters(
        command=sys.executable, args=told["args"], env=told["env"] | {"HOME": str(alone.parent)}
    )
    assert len(talk(command, "auto", lambda client: client.list_tools()).tools) == len(BY_NAME)
