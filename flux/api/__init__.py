"""DOOR for machines: /api/v1, with the REST API at /v1 too; the Metrics API at the root."""

from flask import Blueprint, Flask, Response

from flux.api import (
    analyses,
    data_sources,
    datasets,
    events,
    health,
    links,
    metrics,
    projects,
    rest,
    spec,
    tokens,
)
from flux.extensions import csrf
from flux.schemas.events import OPERATIONS as EVENTS
from flux.schemas.metrics import OPERATIONS as METRICS
from flux.schemas.rest import OPERATIONS
from flux.schemas.tokens import OPERATIONS as TOKENS

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
    "ingest_events": events.ingest,
    "create_access_token": tokens.create,
    "run_query": metrics.query,
    "run_metric": metrics.run,
}


def register(app: Flask) -> None:
    """Binds every route for machines to the app."""
    feeds = Blueprint("api", __name__, url_prefix="/api/v1")
    datasets.route(feeds)
    metrics.route(feeds)
    links.route(feeds)
    spec.route(feeds)
    rest_api = Blueprint("rest", __name__)
    metrics_api = Blueprint("metrics_api", __name__)
    for operation in OPERATIONS:
        rest.bind(rest_api, operation, VIEWS[operation.id])
    for operation in (*EVENTS, *TOKENS, *METRICS):
        rest.bind(metrics_api, operation, VIEWS[operation.id])
    for blueprint in (feeds, rest_api, metrics_api):
        csrf.exempt(blueprint)
        blueprint.after_request(keep_private)
    app.register_blueprint(feeds)
    app.register_blueprint(rest_api, url_prefix="/api/v1")
    app.register_blueprint(rest_api, url_prefix="/v1", name="rest_v1")
    app.register_blueprint(metrics_api)
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
