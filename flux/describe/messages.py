"""The route of /mcp in outline: messages of a protocol of its own, whose tools tell themselves."""

from flux.describe.answers import JSON, Errors, Schema, describe_failures, tell_headers
from flux.schemas.operations import ALWAYS, KEYED

_RPC: Schema = {"const": "2.0"}
_MESSAGE: Schema = {
    "type": "object",
    "properties": {
        "jsonrpc": _RPC,
        "id": {"type": ["string", "integer"], "description": "Left out: a notification."},
        "method": {"type": "string"},
        "params": {"type": ["object", "null"]},
    },
    "required": ["jsonrpc", "method"],
}
_ERROR: Schema = {
    "type": "object",
    "properties": {
        "jsonrpc": _RPC,
        "id": {"type": ["string", "integer", "null"], "description": "The message's, if it has one."},
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "integer", "description": "JSON-RPC's, or the status of HTTP."},
                "message": {"type": "string"},
                "data": {"type": "object"},
            },
            "required": ["code", "message"],
        },
    },
    "required": ["jsonrpc", "id", "error"],
}
_RESULT: Schema = {
    "type": "object",
    "properties": {"jsonrpc": _RPC, "id": _MESSAGE["properties"]["id"], "result": {"type": "object"}},
    "required": ["jsonrpc", "id", "result"],
}
_EXAMPLE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search_posts", "arguments": {"query": "launch"}},
}


def describe_message(errors: Errors) -> Schema:
    """The one operation; every error is a JSON-RPC message, too."""
    failures = describe_failures((*ALWAYS, *KEYED, "too_large"), errors)
    failures["404"] = {"description": "There is no such method; before 2026-07-28, that is a 200."}
    for failure in failures.values():
        failure["content"] = {JSON: {"schema": _ERROR}}
    answer = {"description": "The answer.", "content": {JSON: {"schema": {"anyOf": [_RESULT, _ERROR]}}}}
    headers = tell_headers("mcp")
    return {
        "operationId": "send_agent_message",
        "tags": ["Agents"],
        "summary": "A message of an agent",
        "description": "One JSON-RPC message of the Model Context Protocol (Streamable HTTP, revisions "
        "2026-07-28 and 2025-11-25 to 2024-11-05), answered at once. `tools/list` tells the tools with their "
        "schemas. From 2026-07-28 on, the headers `MCP-Protocol-Version`, `Mcp-Method` and `Mcp-Name` repeat "
        "what the body says. A page of another site gets 403.",
        "security": [{"agentKey": []}],
        "parameters": [],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _MESSAGE, "examples": {"call": {"value": _EXAMPLE}}}},
        },
        "responses": {
            "200": answer | {"headers": headers},
            "202": {"description": "A notification; there is no body.", "headers": headers},
            **failures,
        },
    }
