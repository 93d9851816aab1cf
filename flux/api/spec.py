"""/api/v1/openapi.json: what every route takes and gives, open to everybody."""

import orjson
from flask import Blueprint, Response, current_app, request

from flux.describe.openapi import describe_api
from flux.errors import ERRORS
from flux.formats import MEDIA_TYPES
from flux.schemas.data import SPEC


def route(blueprint: Blueprint) -> None:
    """Puts it under its address."""
    blueprint.add_url_rule(SPEC.rule, SPEC.id, openapi)


def openapi() -> Response:
    """The document, with an ETag; a page of any site may read it."""
    base = current_app.config["FLUX_BASE_URL"] or request.url_root.rstrip("/")
    response = Response(orjson.dumps(describe_api(base, tuple(ERRORS.items()))), mimetype=MEDIA_TYPES["json"])
    response.add_etag()
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response
