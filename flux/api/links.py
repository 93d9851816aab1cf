"""A link's feed: the secret stands in the path, and opens one feed as it stands."""

from flask import Blueprint, Response, request

from flux.api import datasets, metrics
from flux.catalog.params import WRITING
from flux.catalog.query import Arguments
from flux.feeds import admitted_by_link, asked_format
from flux.links import METRIC, read_feed
from flux.mistakes import InvalidParameter

WRITTEN = tuple(param.name for param in WRITING)
NO_CACHE = "_"  # says nothing, and makes an address new to whatever keeps answers by their address


def route(blueprint: Blueprint) -> None:
    """Puts the links under their addresses; HEAD comes with GET."""
    blueprint.add_url_rule("/feeds/<link>", view_func=linked)


def linked(link: str) -> Response:
    """The rows of the feed that the link opens, as JSON or CSV."""
    token, written_as = asked_format(link)
    holder = admitted_by_link(token)
    name, kept = read_feed(holder.key.feed or "")
    given = {**kept, **_writing()}
    read = metrics.read if name.startswith(METRIC) else datasets.read
    response = read(holder, name, given, written_as)
    response.headers.pop("Link", None)  # the next page would be another feed
    return response


def _writing() -> Arguments:
    """How the address wants the rows written. Raises InvalidParameter for anything else."""
    given = {name: texts for name, texts in request.args.lists() if any(text.strip() for text in texts)}
    for name in given:
        if name not in (*WRITTEN, NO_CACHE):
            raise InvalidParameter(
                name[:50],
                "…" if name == "key" else given[name][0][:50],
                f"left out: this link opens one feed as it stands. Its address takes {', '.join(WRITTEN)} "
                f"only, and '{NO_CACHE}' to get past a cache",
            )
    return {name: texts for name, texts in given.items() if name != NO_CACHE}
