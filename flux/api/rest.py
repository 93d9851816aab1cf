"""How every route of the REST API is served: key, limit, ids, parameters and body; then the view."""

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
from flux.schemas.operations import Operation
from flux.schemas.reading import read_model, read_query
from flux.store.analyses import find_analysis
from flux.store.data_sources import find_source
from flux.store.projects import find_project

MAX_JSON = 2**20  # bytes of a JSON body

View = Callable[..., BaseModel | Made | None]


def bind(blueprint: Blueprint, operation: Operation, view: View) -> None:
    """Puts an operation under its address.

    The view gets what the address names (the account's id where it names nothing), then the parameters and
    the body that the operation declares, each as its model. It gives the answer's model, or None for none.
    """

    def endpoint(**ids: str) -> Response:
        account_id = _admitted(operation)
        given = [_find(account_id, ids)]
        if operation.query:
            given.append(read_query(operation.query, _parameters(operation)))
        if operation.body is not None:
            given.append(read_model(operation.body, _json()))
        return _answer(operation, view(*given))

    blueprint.add_url_rule(operation.rule, operation.id, endpoint, methods=[operation.method])


def _admitted(operation: Operation) -> int:
    """The account of a key that may do this, one request of its minute poorer."""
    holder = caller("api", operation.permission)
    check_burst(holder)
    spend(holder)
    return holder.key.account_id


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
    """Of the address, and of the form where a file may come in one."""
    return dict((request.values if operation.uploads else request.args).lists())


def _json() -> Any:
    if request.mimetype != MEDIA_TYPES["json"].partition(";")[0] and request.mimetype != "":
        raise UnsupportedMediaType(request.mimetype, "application/json")
    if (request.content_length or 0) > MAX_JSON:
        raise TooLarge(f"The body has {request.content_length:,} bytes: at most {MAX_JSON:,} are read.")
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise InvalidJson(f"The body is not JSON: {error}.", parameter="body") from None


def _answer(operation: Operation, told: BaseModel | Made | None) -> Response:
    if told is None:
        return Response(status=operation.status)
    body = told.body if isinstance(told, Made) else orjson.dumps(written(told))
    response = Response(body, operation.status, mimetype=MEDIA_TYPES["json"])
    response.headers["Cache-Control"] = "private, no-cache" if operation.method == "GET" else "no-store"
    if isinstance(told, Made):
        response.headers["Location"] = f"{request.path}/{told.id}"
        if told.replayed:
            response.headers["Idempotent-Replayed"] = "true"
    return response
