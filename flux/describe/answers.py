"""What a route answers, in OpenAPI: success, headers, and every error by its status."""

from collections.abc import Iterable, Mapping
from typing import Any

from flux.describe.shapes import REF, refer
from flux.schemas.operations import Operation, codes

Schema = dict[str, Any]
Errors = Mapping[str, tuple[int, str]]

JSON = "application/json"
_RATE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_OF_FAILURES = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


def describe_responses(operation: Operation, errors: Errors) -> Schema:
    """Every status that the operation may answer with."""
    headers = tell_headers(operation.key, operation.once)
    success: Schema = {"description": "As asked." if operation.answer else "Done; there is no body."}
    if operation.answer:
        schema = {"type": "object"} if operation.answer is dict else refer(operation.answer)
        success["content"] = {JSON: {"schema": schema}}
    if headers:
        success["headers"] = headers
    found = {str(operation.status): success, **describe_failures(codes(operation), errors)}
    if operation.id == "get_readiness":
        found["503"] = {"description": "Something does not answer.", "content": success["content"]}
    return found


def describe_feed(*answers: str, cut: bool = False) -> Schema:
    """The successes of a feed by status.

    `answers` are the names of the JSON answers' schemas; `cut`: its rows may be cut short.
    """
    shapes = [{"$ref": REF.format(model=answer)} for answer in answers]
    headers = tell_headers("bi") | _headers("ETag")
    with_rows = headers | (_headers("X-Flux-Truncated") if cut else {})
    body = {
        JSON: {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}},
        "text/csv": {"schema": {"type": "string"}},
    }
    return {
        "200": {"description": "The rows.", "headers": with_rows, "content": body},
        "304": {"description": "What the client holds is still so.", "headers": headers},
        "206": {"description": "The range that was asked for.", "headers": with_rows},
    }


def tell_headers(key: str | None, once: bool = False) -> Schema:
    """The headers of a success."""
    return _headers(*(_RATE if key else ()), *(("Location", "Idempotent-Replayed") if once else ()))


def _headers(*names: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def describe_failures(names: Iterable[str], errors: Errors) -> Schema:
    """The errors by status, each code with its meaning."""
    by_status: dict[int, list[str]] = {}
    for name in names:
        by_status.setdefault(errors[name][0], []).append(f"`{name}`: {errors[name][1]}")
    found: Schema = {}
    for status, texts in sorted(by_status.items()):
        found[str(status)] = {
            "description": " ".join(texts),
            "content": {JSON: {"schema": {"$ref": REF.format(model="ErrorAnswer")}}},
        }
        if header := _OF_FAILURES.get(status):
            found[str(status)]["headers"] = {header: {"$ref": f"#/components/headers/{header}"}}
    return found


def describe_headers() -> Schema:
    """Every header that an answer may carry beside the usual ones."""
    whole = {"type": "integer"}
    return {
        "X-RateLimit-Limit": {"description": "Requests in a minute (REST) or hour (feeds).", "schema": whole},
        "X-RateLimit-Remaining": {"description": "How many of them are left.", "schema": whole},
        "X-RateLimit-Reset": {"description": "When there is room again, in Unix seconds.", "schema": whole},
        "Retry-After": {"description": "Seconds to wait.", "schema": whole},
        "ETag": {"description": "Names these bytes; send it as If-None-Match.", "schema": {"type": "string"}},
        "X-Flux-Truncated": {
            "description": "`true`: a saved metric's rows, cut short by the limits of a query, like "
            "`meta.truncated` in JSON. Otherwise left out.",
            "schema": {"type": "string"},
        },
        "Location": {"description": "The address of what was made.", "schema": {"type": "string"}},
        "WWW-Authenticate": {"description": "The challenge.", "schema": {"type": "string"}},
        "Idempotent-Replayed": {
            "description": "`true`: the first answer to this Idempotency-Key, given again.",
            "schema": {"type": "string"},
        },
    }
