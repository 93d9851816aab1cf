"""DOOR for machines: the blueprint of /api/v1."""

from flask import Blueprint, Response

from flux.api import datasets, health

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
datasets.route(blueprint)
open_blueprint = Blueprint("health", __name__)
health.route(open_blueprint)


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Feeds are for their reader alone: not for shared caches, search engines, or another site's pages."""
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers["Vary"] = "Authorization, Accept, Accept-Encoding"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
