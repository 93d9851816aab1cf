"""How every feed is answered: its tag, 304, one request of the hour, and the body under the tag."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request

from flux import answer_cache
from flux.caller import caller
from flux.conditional import ENCODINGS, chosen_encoding, is_unchanged, not_modified, whole
from flux.formats import MEDIA_TYPES
from flux.mistakes import Unavailable
from flux.quotas import check_burst, spend
from flux.serve import Moved
from flux.store.vault import Holder

ATTEMPTS = 5  # at one state of the data, while imports go on


@dataclass(frozen=True, slots=True)
class Feed:
    """One question to one state of the data.

    `make` gives the body, and what else is kept with it; it raises Moved where the data are others by now.
    `modified` and `finish` are told that; `finish` also whether the body was at hand.
    """

    tag: str  # names the body's bytes
    format: str
    make: Callable[[], tuple[bytes, Any]]
    modified: Callable[[Any], datetime | None]
    finish: Callable[[Response, Any, bool], None]


def admitted(kind: str = "bi") -> Holder:
    """The holder of a key that may be used for feeds, or of another `kind`, within the burst limit."""
    holder = caller(kind)
    check_burst(holder)
    return holder


def admitted_by_link(token: str) -> Holder:
    """The holder of a link, whose secret stands in the path; nothing else in the request counts as a key."""
    holder = caller("link", token=token)
    check_burst(holder)
    return holder


def counted(holder: Holder) -> Holder:
    """The holder, one request of the account's hour poorer; HEAD is free."""
    if request.method != "HEAD":
        spend(holder)
    return holder


def answer(holder: Holder, question: Callable[[str], Feed]) -> Response:
    """The feed that `question` makes for an encoding, or 304. Raises what it raises, and Unavailable."""
    encoding, paid = chosen_encoding(), False
    for _ in range(ATTEMPTS):
        feed = question(encoding)
        if is_unchanged(feed.tag):
            return not_modified(feed.tag)
        if not paid:
            counted(holder)
            paid = True
        try:
            return _whole(holder.key.account_id, feed, encoding)
        except Moved:
            continue
    raise Unavailable("The data are changing faster than they can be read. Try again in a few seconds.")


def _whole(account_id: int, feed: Feed, encoding: str) -> Response:
    kept = answer_cache.find(account_id, feed.tag)
    if kept is None:
        body, more = feed.make()
        body = ENCODINGS[encoding](body)
        answer_cache.keep(account_id, feed.tag, body, more)
    else:
        body, more = kept
    response = whole(body, MEDIA_TYPES[feed.format], encoding, feed.tag, feed.modified(more))
    feed.finish(response, more, kept is not None)
    return response


def asked_format(name: str) -> tuple[str, str]:
    """The name without `.csv` or `.json`, and the format that holds where no parameter says another."""
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix in MEDIA_TYPES:
        return stem, suffix
    return name, "json" if "format" in request.args else _accepted_format()


def _accepted_format() -> str:
    """CSV for a client that names it and likes it better than JSON; never 406."""
    liked = {kind.partition(";")[0].strip(): quality for kind, quality in request.accept_mimetypes}
    return "csv" if liked.get("text/csv", 0) > liked.get("application/json", 0) else "json"
