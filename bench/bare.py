"""The least that Flask can do: a view that answers 304, as the floor under a feed's 304."""

from flask import Flask, Response, request

app = Flask(__name__)
TAG = '"unchanged"'


@app.get("/")
def unchanged() -> Response:
    """304 for whoever holds the tag, by hand."""
    if request.headers.get("If-None-Match") == TAG:
        return Response(status=304, headers={"ETag": TAG})
    return Response("a body", headers={"ETag": TAG})
