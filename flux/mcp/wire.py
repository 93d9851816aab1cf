"""What stands on the wire: one JSON-RPC message a POST, of either generation of the protocol, checked.

Through 2025-11-25 a client shakes hands first (`initialize`); from 2026-07-28 each request is complete in
itself, and says in `params._meta` and in headers what it is.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
from werkzeug.datastructures import Headers

MODERN = ("2026-07-28",)
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
VERSIONS = (*MODERN, *HANDSHAKE)

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}  # told in Mcp-Name

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR, HEADER_MISMATCH, UNSUPPORTED_VERSION = -32603, -32020, -32022

Id = str | int | None


class Wrong(Exception):
    """A message that breaks the protocol, told as a JSON-RPC error; `status` is that of HTTP."""

    def __init__(self, code: int, message: str, status: int = 400, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.data = code, message, status, data


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or a notification, which has no id and gets no answer."""

    method: str
    params: dict[str, Any]
    modern: bool
    id: Id
    answered: bool  # whether it is a request


def decode(body: bytes) -> Any:
    """The JSON value that a body is; the error, where it is none. Strict: no lone surrogates, no NaN."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return error


def id_of(decoded: Any) -> Id:
    """The id that an answer has to carry; None where there is none that could be one."""
    found = decoded.get("id") if isinstance(decoded, dict) else None
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def read(decoded: Any, headers: Headers) -> Message:
    """The one message that was sent. Raises Wrong."""
    if isinstance(decoded, ValueError):
        raise Wrong(PARSE_ERROR, f"The body is not JSON: {decoded}.")
    if isinstance(decoded, list):
        raise Wrong(INVALID_REQUEST, "The body is a batch: send one message a request.")
    if not isinstance(decoded, dict) or decoded.get("jsonrpc") != "2.0":
        raise Wrong(
            INVALID_REQUEST, "The body is no JSON-RPC message: it must be an object, 'jsonrpc' '2.0'."
        )
    method, params = decoded.get("method"), decoded.get("params")
    params = {} if params is None else params
    if not isinstance(method, str):
        raise Wrong(
            INVALID_REQUEST, "The message has no 'method'; answers are not taken, for nothing is asked."
        )
    if not isinstance(params, dict):
        raise Wrong(INVALID_REQUEST, "'params' must be an object.")
    if "id" in decoded and id_of(decoded) is None:
        raise Wrong(INVALID_REQUEST, "'id' must be a text or a whole number.")
    modern = _is_modern(method, params, headers)
    message = Message(method, params, modern, id_of(decoded), "id" in decoded)
    if modern:
        _check_modern(message, headers)
    return message


def _is_modern(method: str, params: dict[str, Any], headers: Headers) -> bool:
    """Whether the message is of 2026-07-28 or later, by its header, its `_meta` or its method."""
    version = headers.get("MCP-Protocol-Version")
    if version is not None and version not in HANDSHAKE:
        return True
    meta = params.get("_meta")
    return (isinstance(meta, dict) and VERSION_KEY in meta) or method == "server/discover"


def _check_modern(message: Message, headers: Headers) -> None:
    """The rungs in the specification's order: `_meta`, headers that agree with the body, a known version."""
    version = headers.get("MCP-Protocol-Version", MODERN[0])
    if message.answered:
        version = _told_version(message.params.get("_meta"))
        _check_headers(message, version, headers)
    if version not in MODERN:
        told = {"supported": list(VERSIONS), "requested": version}
        why = "is spoken after `initialize` only" if version in HANDSHAKE else "is not known here"
        raise Wrong(UNSUPPORTED_VERSION, f"The protocol version '{version}' {why}.", data=told)


def _told_version(meta: Any) -> str:
    wanted = (VERSION_KEY, CAPABILITIES_KEY)
    missing = [key for key in wanted if not isinstance(meta, dict) or key not in meta]
    if missing:
        raise Wrong(INVALID_PARAMS, f"'params._meta' lacks {' and '.join(missing)}.")
    version, capabilities = meta[VERSION_KEY], meta[CAPABILITIES_KEY]
    if not isinstance(version, str) or not isinstance(capabilities, dict):
        raise Wrong(INVALID_PARAMS, f"'{VERSION_KEY}' must be a text, '{CAPABILITIES_KEY}' an object.")
    return version


def _check_headers(message: Message, version: str, headers: Headers) -> None:
    told = {"MCP-Protocol-Version": version, "Mcp-Method": message.method}
    name = message.params.get(NAMED_BY.get(message.method, ""))
    if name is not None:
        told["Mcp-Name"] = name
    for header, wanted in told.items():
        given = headers.get(header)
        if given is None or _plain(given.strip()) != wanted:
            raise Wrong(HEADER_MISMATCH, f"The header {header} does not say what the body says.")


def _plain(header: str) -> str | None:
    """A header's text, which may come as `=?base64?…?=`; None where that is no base64 of UTF-8."""
    if not (header.startswith("=?base64?") and header.endswith("?=")):
        return header
    try:
        return base64.b64decode(header[9:-2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
