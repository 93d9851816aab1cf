"""How every route with a declared operation is served: key, limit, ids, parameters, body; then the view."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Blueprint, Response, request
from pydantic import BaseModel

from flux.api.once import Made
from flux.caller import caller
from flux.extensions import engine
from flux.formats import MEDIA_TYPES
from flux.mistakes import InvalidJson, TooLarge, UnsupportedMediaType
from flux.quotas import check_burst, spend
from flux.schemas.base import written
from flux.schemas.operations import FORM, Operation
from flux.schemas.reading import read_model, read_query
from flux.store.analyses import find_analysis
from flux.store.data_sources import find_source
from flux.store.projects import find_project
from flux.store.vault import Holder

View = Callable[..., BaseModel | Made | bytes | None]


def bind(blueprint: Blueprint, operation: Operation, view: View) -> None:
    """Puts an operation under its address.

    The view gets what the address names (the account's id where it names nothing), or, with `caller`, the
    key's holder and the ids as they were sent; without a key in the header, neither. Then come the parameters
    and the body that the operation declares, each as its model. It gives the answer's model, or None.
    """

    def endpoint(**ids: str) -> Response:
        given = _subject(operation, ids)
        if operation.query:
            given.append(read_query(operation.query, _parameters(operation)))
        if operation.body is not None:
            sent = _json(operation)
            given.append(operation.reader(sent) if operation.reader else read_model(operation.body, sent))
        return _answer(operation, view(*given))

    blueprint.add_url_rule(operation.rule, operation.id, endpoint, methods=[operation.method])


def _subject(operation: Operation, ids: dict[str, str]) -> list[Any]:
    if operation.key in (None, "pair"):
        return []
    holder = _admitted(operation)
    return [holder, *ids.values()] if operation.caller else [_find(holder.key.account_id, ids)]


def _admitted(operation: Operation) -> Holder:
    """The holder of a key that may do this, one request of the account's minute poorer."""
    holder = caller(operation.key or "", operation.permission)
    check_burst(holder)
    spend(holder)
    return holder


def _find(account_id: int, ids: dict[str, str]) -> Any:
    """What the address names, the innermost of it; before anything else that was sent is looked at."""
    if "project_id" not in ids:
        return account_id
    project = find_project(engine, account_id, ids["project_id"])
    if "data_source_id" in ids:
        return find_source(engine, project, ids["data_source_id"])
    if "analysis_id" in ids:
        return find_analysis(engine, project, ids["analysis_id"])
    return project


def _parameters(operation: Operation) -> dict[str, list[str]]:
    """Of the address, and of the form where a file may come in one. Any other body is a file as it is."""
    return dict((request.values if operation.uploads and request.mimetype == FORM else request.args).lists())


def _json(operation: Operation) -> Any:
    body = _body(operation.max_body)
    if operation.optional and not body.strip():
        return {}
    if request.mimetype != MEDIA_TYPES["json"].partition(";")[0] and request.mimetype != "":
        raise UnsupportedMediaType(request.mimetype, "application/json")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidJson(f"The body is not JSON: {error}.", parameter="body") from None


def _body(most: int) -> bytes:
    """What was sent, of which not much more is read than is taken, whether or not its length was told."""
    if (request.content_length or 0) <= most:
        request.max_content_length = most + 1  # beyond, a body of unknown length is cut off without a word
        body = request.get_data()
        if len(body) <= most:
            return body
    told = f"has {request.content_length:,} bytes" if request.content_length else "is too large"
    raise TooLarge(f"The body {told}: at most {most:,} bytes are taken.")


def _answer(operation: Operation, told: BaseModel | Made | bytes | None) -> Response:
    if told is None:
        return Response(status=operation.status)
    body = told.body if isinstance(told, Made) else told
    body = orjson.dumps(written(body)) if isinstance(body, BaseModel) else body
    response = Response(body, operation.status, mimetype=MEDIA_TYPES["json"])
    response.headers["Cache-Control"] = "private, no-cache" if operation.method == "GET" else "no-store"
    if isinstance(told, Made):
        response.headers["Location"] = f"{request.path}/{told.id}"
        if told.replayed:
            response.headers["Idempotent-Replayed"] = "true"
    return response
