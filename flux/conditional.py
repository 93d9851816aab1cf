"""Conditional GET, ranges and encodings: one body under one tag."""

import gzip
from collections.abc import Callable
from datetime import datetime

import zstandard
from flask import Response, request

ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=3).compress(body),
    "gzip": lambda body: gzip.compress(body, compresslevel=5, mtime=0),
    "identity": bytes,
}


def chosen_encoding() -> str:
    """The encoding that the client likes best of those there are; it names it, or gets plain bytes."""
    best, best_quality = "identity", 0.0
    if "zstd" not in (header := request.headers.get("Accept-Encoding", "")) and "gzip" not in header:
        return best
    for name in ("zstd", "gzip"):
        quality = request.accept_encodings.quality(name) if name in request.accept_encodings.values() else 0
        if quality > best_quality:
            best, best_quality = name, quality
    return best


def is_unchanged(tag: str) -> bool:
    """Whether the client holds these bytes: `If-None-Match` has the tag, a weak spelling of it, or `*`."""
    return request.if_none_match.contains_weak(tag)


def not_modified(tag: str) -> Response:
    """304: what the client holds is still so."""
    return _tagged(Response(status=304), tag)


def whole(body: bytes, media_type: str, encoding: str, tag: str, modified: datetime | None) -> Response:
    """200 with the body, or 206 with the one range asked for; HEAD gets the same headers."""
    response = _tagged(Response(body, content_type=media_type), tag)
    if modified is not None:
        response.last_modified = modified
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    # A window moves on at midnight without the data changing: If-Modified-Since alone proves nothing.
    request.environ.pop("HTTP_IF_MODIFIED_SINCE", None)
    if request.range is None or request.range.units != "bytes" or len(request.range.ranges) != 1:
        request.environ.pop("HTTP_RANGE", None)  # ignored, as RFC 9110 wants it, where it is none or several
    response.make_conditional(request.environ, accept_ranges=True, complete_length=len(body))
    return response


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
