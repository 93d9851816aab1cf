"""DOOR for BI tools: /odata/, the datasets as a read-only OData v4 service."""

from flask import Blueprint, Flask, Response

from flux.extensions import csrf
from flux.odata import views

CHALLENGE = 'Basic realm="Flux"'
VERSION = "4.0"

blueprint = Blueprint("odata", __name__, url_prefix="/odata")


def register(app: Flask) -> None:
    """Binds the service to the app; HEAD comes with every GET."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


for address, name, view in (
    ("", "service", views.service),
    ("/", "service", views.service),
    ("/$metadata", "metadata", views.metadata),
    ("/<path:path>", "resource", views.resource),
):
    blueprint.add_url_rule(address, name, view)
# Nothing is taken by POST; but a batch is told that it is not served, as OData asks for.
blueprint.add_url_rule("/$batch", "batch", views.resource, defaults={"path": "$batch"}, methods=["POST"])


@blueprint.after_request
def finish(response: Response) -> Response:
    """What every answer carries. Excel and Power BI ask for a password only where Basic is named."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    response.headers["OData-Version"] = VERSION
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers["Vary"] = "Authorization, Accept, Accept-Encoding, Prefer"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
