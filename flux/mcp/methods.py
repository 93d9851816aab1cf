"""METHODS: what each method of the protocol answers, for clients of either generation."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from flux.describe.tool import TOOLS, describe_tool
from flux.mcp.tools import call
from flux.mcp.wire import HANDSHAKE, INVALID_PARAMS, METHOD_NOT_FOUND, VERSIONS, Message, Wrong
from flux.release import RELEASE
from flux.store.vault import Holder

Result = dict[str, Any]

SERVER = {"name": "flux", "title": "Flux: LinkedIn analytics", "version": RELEASE}
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
# Prompts and resources: there are none, and clients that ask are told so rather than refused.
CAPABILITIES: Result = {"tools": {}, "prompts": {}, "resources": {}}
CACHED_MS = 300_000
_INSTRUCTIONS = (Path(__file__).parents[2] / "templates" / "mcp" / "instructions.txt").read_text("utf-8")


def answer(holder: Holder, message: Message) -> Result:
    """The result of a request. Raises Wrong, RateLimited and Unavailable."""
    method = METHODS.get(message.method)
    if method is None or message.method in (ONLY_HANDSHAKE if message.modern else ONLY_MODERN):
        raise Wrong(METHOD_NOT_FOUND, f"There is no method '{message.method[:100]}' here.", 404)
    result = method(holder, message.params)
    if not message.modern:
        return result
    if message.method in CACHED:
        result = {**result, "ttlMs": CACHED_MS, "cacheScope": "private"}
    return {"resultType": "complete", **result, "_meta": {SERVER_KEY: SERVER}}


def _initialize(_holder: Holder, params: Result) -> Result:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in HANDSHAKE else HANDSHAKE[0],
        "capabilities": CAPABILITIES,
        "serverInfo": SERVER,
        "instructions": _instructions(),
    }


def _discover(_holder: Holder, _params: Result) -> Result:
    return {
        "supportedVersions": list(VERSIONS),
        "capabilities": CAPABILITIES,
        "instructions": _instructions(),
    }


def _instructions() -> str:
    return _INSTRUCTIONS.strip().format(today=datetime.now(UTC).date().isoformat())


_TOLD = orjson.Fragment(orjson.dumps([describe_tool(tool) for tool in TOOLS]))


def _list_tools(_holder: Holder, params: Result) -> Result:
    _refuse_cursor(params)
    return {"tools": _TOLD}


def _nothing(name: str) -> Callable[[Holder, Result], Result]:
    def list_nothing(_holder: Holder, params: Result) -> Result:
        _refuse_cursor(params)
        return {name: []}

    return list_nothing


def _refuse_cursor(params: Result) -> None:
    """All lists are whole on their first page: no cursor was ever given out."""
    if params.get("cursor") is not None:
        raise Wrong(INVALID_PARAMS, "This cursor was not given out here.")


def _agree(_holder: Holder, _params: Result) -> Result:
    """Nothing more is to be said: the server is there, and sends no log messages of any level."""
    return {}


def _missing(kind: str, name: str) -> Callable[[Holder, Result], Result]:
    def refuse(_holder: Holder, params: Result) -> Result:
        told = {name: params[name]} if isinstance(params.get(name), str) else None
        raise Wrong(INVALID_PARAMS, f"There is no such {kind}: this server has none.", data=told)

    return refuse


METHODS: dict[str, Callable[[Holder, Result], Result]] = {
    "initialize": _initialize,
    "ping": _agree,
    "logging/setLevel": _agree,
    "server/discover": _discover,
    "tools/list": _list_tools,
    "tools/call": call,
    "prompts/list": _nothing("prompts"),
    "prompts/get": _missing("prompt", "name"),
    "resources/list": _nothing("resources"),
    "resources/templates/list": _nothing("resourceTemplates"),
    "resources/read": _missing("resource", "uri"),
}
ONLY_HANDSHAKE = ("initialize", "ping", "logging/setLevel")
ONLY_MODERN = ("server/discover",)
CACHED = ("server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list")
