"""What goes wrong, as exceptions: each with the server's status, code and message."""

import json
from collections.abc import Mapping


class FluxError(Exception):
    """A request that was not answered with success.

    `status`: of HTTP; None where no answer came. `code`: the server's word for the mistake, "" where it gave
    none. `details`: `parameter`, `value` and `constraint` where they apply. `request_id`: names the request
    in the server's log.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        code: str = "",
        details: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = dict(details or {})
        self.request_id = request_id


class InvalidRequest(FluxError):
    """The server cannot do what was asked: 400, 405, 409, 413, 415 or 422."""


class Unauthorized(FluxError):
    """401: the key is unknown, expired or revoked."""


class Forbidden(FluxError):
    """403: the key or the plan does not allow it."""


class NotFound(FluxError):
    """404: there is no such thing, or not in this account."""


class RateLimited(FluxError):
    """429: the quota is used up. `retry_after`: seconds until it is not, None where not told."""

    retry_after: float | None = None


class ServerError(FluxError):
    """5xx: the server could not answer."""


class ConnectionFailed(FluxError):
    """No answer came: the server was not reached, or the connection broke."""


class MissingKey(FluxError):
    """The call needs a key of a kind that was not given."""


class DataChanged(FluxError):
    """The data changed between two pages, so that rows would be missing or come twice: read again."""


class AnalysisFailed(FluxError):
    """An analysis or a data source that was waited for ended as `failed`; the server's reason."""


_BY_STATUS: dict[int, type[FluxError]] = {401: Unauthorized, 403: Forbidden, 404: NotFound, 429: RateLimited}


def told(status: int, body: bytes, headers: Mapping[str, str], wait: float | None) -> FluxError:
    """The exception for an answer that is no success; `wait`: its Retry-After in seconds."""
    try:
        error = json.loads(body)["error"]
        message, code, details = error["message"], error["code"], error["details"]
        request_id = error["request_id"]
    except (ValueError, KeyError, TypeError):  # what stands before the server answered, or this is no Flux
        message, code, details = f"HTTP {status} without a reason that Flux would give.", "", {}
        request_id = headers.get("X-Request-Id")
        if 300 <= status < 400:
            message = f"The server is at another address: {headers.get('Location', 'it does not say which')}"
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else InvalidRequest)
    made = kind(message, status, code, details, request_id)
    if isinstance(made, RateLimited):
        made.retry_after = wait
    return made
