"""The files that the picker hands out: connectors and settings of other tools, filled in for a feed."""

from io import BytesIO

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from flux.mistakes import NotFound
from flux.snippets import SNIPPETS, render
from flux.web.picker import asked_feed, feed_of, open_metrics
from flux.web.session import me, signed_in

blueprint = Blueprint("connectors", __name__)

FILES = {snippet.id: snippet for snippet in SNIPPETS if snippet.file}


@blueprint.get("/settings/api/feed/files/<id>")
@signed_in
def file(id: str) -> Response:
    """A snippet as a file, for the feed of the address; with a placeholder for the key. Raises NotFound."""
    snippet = FILES.get(id)
    if snippet is None:
        raise NotFound(f"There is no file '{id[:50]}'. There are: {', '.join(FILES)}.")
    dataset, _, arguments = asked_feed(open_metrics(me().account_id))
    text = render(snippet, feed_of(dataset, arguments))
    mimetype = "application/json" if snippet.language == "JSON" else "text/plain"
    return send_file(
        BytesIO(text.encode()), mimetype, as_attachment=True, download_name=snippet.file, max_age=0
    )
