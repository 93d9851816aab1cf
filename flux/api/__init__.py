"""DOOR for machines: /api/v1, with the REST API at /v1 too."""

from flask import Blueprint, Flask, Response

from flux.api import analyses, data_sources, datasets, health, projects, rest, spec
from flux.extensions import csrf
from flux.schemas.rest import OPERATIONS

VIEWS: dict[str, rest.View] = {
    "list_projects": projects.index,
    "create_project": projects.create,
    "get_project": projects.show,
    "update_project": projects.change,
    "delete_project": projects.delete,
    "list_data_sources": data_sources.index,
    "create_data_source": data_sources.create,
    "get_data_source": data_sources.show,
    "delete_data_source": data_sources.delete,
    "list_analyses": analyses.index,
    "create_analysis": analyses.create,
    "get_analysis": analyses.show,
    "delete_analysis": analyses.delete,
}


def register(app: Flask) -> None:
    """Binds every route for machines to the app."""
    feeds = Blueprint("api", __name__, url_prefix="/api/v1")
    datasets.route(feeds)
    spec.route(feeds)
    rest_api = Blueprint("rest", __name__)
    for operation in OPERATIONS:
        rest.bind(rest_api, operation, VIEWS[operation.id])
    for blueprint in (feeds, rest_api):
        csrf.exempt(blueprint)
        blueprint.after_request(keep_private)
    app.register_blueprint(feeds)
    app.register_blueprint(rest_api, url_prefix="/api/v1")
    app.register_blueprint(rest_api, url_prefix="/v1", name="rest_v1")
    server = Blueprint("health", __name__)
    health.route(server)
    app.register_blueprint(server)


def keep_private(response: Response) -> Response:
    """Answers are for their reader alone: not for shared caches, search engines, or another site's pages."""
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers["Vary"] = "Authorization, Accept, Accept-Encoding"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
