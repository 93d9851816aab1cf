"""DOOR for agents: POST /mcp, stateless Streamable HTTP; and the bridge as a file to be fetched."""

from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Flask, Response, current_app, g, request

from flux import bridge
from flux.caller import caller
from flux.extensions import csrf
from flux.formats import MEDIA_TYPES
from flux.mcp import methods, wire
from flux.quotas import check_burst

MAX_BODY = 256 * 1024  # bytes
LOOPBACK = ("localhost", "127.0.0.1", "::1")

blueprint = Blueprint("mcp", __name__)


def register(app: Flask) -> None:
    """Binds the door to the app."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.post("/mcp")
def message() -> Response:
    """One message, answered at once: nothing is streamed, so GET and DELETE are 405."""
    request.max_content_length = MAX_BODY
    decoded = wire.decode(request.get_data())
    g.rpc_id = wire.id_of(decoded)
    _check_origin()
    holder = caller("mcp")
    check_burst(holder)
    asked = wire.read(decoded, request.headers)
    if not asked.answered:
        return Response(status=202)
    try:
        result = methods.answer(holder, asked)
    except wire.Wrong as wrong:
        # Clients of the handshake's time take a 404 for the end of a session: theirs is told in the body.
        return _error(wrong, wrong.status if asked.modern else 200)
    return _json({"jsonrpc": "2.0", "id": asked.id, "result": result})


@blueprint.get("/mcp/flux_mcp_stdio.py")
def program() -> Response:
    """The bridge as a file of its own, for machines without Flux; no key is needed for it."""
    return Response(bridge.source(), mimetype="text/x-python")


def _check_origin() -> None:
    """Lets no other site's page ask: a browser says where a request comes from, other clients do not."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    base = urlsplit(current_app.config["FLUX_BASE_URL"])
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        host = None
    if origin != f"{base.scheme}://{base.netloc}" and host not in LOOPBACK:
        raise wire.Wrong(403, f"Pages of '{origin[:100]}' may not ask here.", 403)


@blueprint.errorhandler(wire.Wrong)
def _wrong(error: wire.Wrong) -> Response:
    return _error(error, error.status)


def _error(wrong: wire.Wrong, status: int) -> Response:
    told = {"code": wrong.code, "message": wrong.message}
    if wrong.data is not None:
        told["data"] = wrong.data
    return _json({"jsonrpc": "2.0", "id": g.get("rpc_id"), "error": told}, status)


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, mimetype=MEDIA_TYPES["json"])


@blueprint.after_request
def _finish(response: Response) -> Response:
    """Tells as JSON-RPC, with the request's id, what any part of Flux refuses: else no client shows it."""
    told = response.get_json(silent=True) if response.status_code >= 400 else None
    if isinstance(told, dict) and "jsonrpc" not in told:
        reason, status = told["error"], response.status_code
        error = {
            "code": wire.INTERNAL_ERROR if status == 500 else status,
            "message": reason["message"],
            "data": reason,
        }
        response.data = orjson.dumps({"jsonrpc": "2.0", "id": g.get("rpc_id"), "error": error})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Authorization"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
