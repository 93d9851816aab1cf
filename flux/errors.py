"""How mistakes are told: the only place where an HTTP status is chosen."""

import logging
import secrets
from typing import Any

import orjson
from flask import Flask, Response, g, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from flux.extensions import MACHINE_PATHS
from flux.formats import MEDIA_TYPES
from flux.importers.records import UnreadableFile
from flux.mistakes import KeyRefused, Mistake, TooLarge, Unavailable
from flux.schemas.operations import FORM

log = logging.getLogger("flux")

# Every code that an error may carry, its status, and when it comes.
ERRORS: dict[str, tuple[int, str]] = {
    "invalid_parameter": (400, "A parameter has a value that it cannot have."),
    "unknown_parameter": (400, "A parameter's name is a near miss of a known one."),
    "too_many_profiles": (400, "More profiles than fit in one request."),
    "too_many_cells": (400, "Profiles times periods exceed the limit."),
    "invalid_json": (400, "A body that is not JSON."),
    "invalid_query": (400, "An SQL statement that cannot be run."),
    "bad_request": (400, "A request that is not well-formed."),
    "missing_api_key": (401, "No key was sent."),
    "invalid_api_key": (401, "Not a key, or not one known here."),
    "expired_api_key": (401, "The key has expired."),
    "revoked_api_key": (401, "The key was revoked."),
    "plan_required": (403, "The account's plan does not include this."),
    "insufficient_permissions": (403, "The key is limited to other things."),
    "wrong_key_kind": (403, "A good key, of another kind."),
    "address_not_allowed": (403, "The key may not be used from this address."),
    "not_found": (404, "There is nothing at this address."),
    "dataset_not_found": (404, "There is no dataset of that name."),
    "profile_not_found": (404, "There is no such profile, or the key may not see it."),
    "project_not_found": (404, "There is no such project."),
    "data_source_not_found": (404, "There is no such data source in the project."),
    "metric_not_found": (404, "There is no such saved metric."),
    "analysis_not_found": (404, "There is no such analysis in the project."),
    "method_not_allowed": (405, "The address is right, the method is not."),
    "conflict": (409, "It is there already."),
    "gone": (410, "The data changed since the first page: begin again."),
    "too_large": (413, "The body is larger than what is taken."),
    "unsupported_media_type": (415, "A kind of body that is not taken."),
    "unreadable_file": (422, "A file that cannot be read."),
    "rate_limited": (429, "Over a limit; `Retry-After` says when there is room again."),
    "server_error": (500, "A fault of the server; the log has it under the request's id."),
    "not_implemented": (501, "A part of OData that is not served."),
    "unavailable": (503, "What Flux stands on, or the first request of this Idempotency-Key, is awaited."),
}
_BY_STATUS = {
    405: "method_not_allowed",
    413: "too_large",
    404: "not_found",
    415: "unsupported_media_type",
    429: "rate_limited",
}
CHALLENGE = 'Bearer realm="Flux"'


def request_id() -> str:
    """The id under which this request's fault is found in the log."""
    if "request_id" not in g:
        g.request_id = f"req_{secrets.token_hex(8)}"
    found: str = g.request_id
    return found


def register(app: Flask) -> None:
    """Every mistake, from wherever it comes, is told in one shape."""
    app.register_error_handler(Mistake, _mistake)
    app.register_error_handler(UnreadableFile, lambda e: _tell("unreadable_file", e.message, e.details))
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(InterfaceError, _database)
    app.register_error_handler(Exception, _fault)
    app.after_request(_name)


def _name(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    return response


def _mistake(error: Mistake) -> Response:
    response = _tell(error.code, error.message, error.details)
    if isinstance(error, KeyRefused):
        # Only Bearer is named: a browser that opens a feed must not ask for a password.
        response.headers["WWW-Authenticate"] = CHALLENGE
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _too_large(error: HTTPException) -> Response:
    """From wherever a body is read; a form's fields have limits of their own, which its files have not."""
    if error.description != RequestEntityTooLarge.description:
        return _http(error)  # Flux's own words
    told = f"at most {(request.max_content_length or 0) / 2**20:,.4g} MiB"
    if request.mimetype == FORM:
        fields = f"{(request.max_form_memory_size or 0) / 1_000:,.0f} kB"
        told += f"; in a form {request.max_form_parts:,} fields, with {fields} beside the files"
    return _mistake(TooLarge(f"The body is too large: {told}.", parameter="body", constraint=told))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 and error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    code = _BY_STATUS.get(status, "bad_request" if status < 500 else "server_error")
    response = _tell(code, error.description or error.name, {}, status)
    if status == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def _database(error: Exception) -> Response:
    driver_error = getattr(error, "orig", None) or error
    log.error("%s database: %s", request_id(), type(driver_error).__name__, exc_info=error)
    return _mistake(Unavailable("The database does not answer. Try again in a few seconds."))


def _fault(error: Exception) -> Response:
    if type(error).__module__.startswith(("psycopg2", "sqlite3")) and type(error).__name__ in (
        "OperationalError",
        "InterfaceError",
    ):
        return _database(error)
    log.error("%s %s %s", request_id(), request.method, request.path, exc_info=error)
    return _tell("server_error", f"Something went wrong inside. The log has it under {request_id()}.", {})


def _tell(code: str, message: str, details: dict[str, Any], status: int | None = None) -> Response:
    status = status or ERRORS[code][0]
    if request.path.startswith(MACHINE_PATHS):
        told = {"code": code, "message": message, "details": details, "request_id": request_id()}
        response = Response(orjson.dumps({"error": told}), status, mimetype=MEDIA_TYPES["json"])
    else:
        page = render_template("error.html", status=status, message=message, request_id=request_id())
        response = Response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response
