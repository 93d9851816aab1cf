"""A feed, ready to paste into each tool: SNIPPETS lists them, `render` fills one in."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flux.catalog import CATALOG
from flux.describe.datastudio import describe_connector
from flux.describe.edm import set_of
from flux.describe.escapes import ESCAPES
from flux.describe.powerquery import M_TYPES, describe_feeds
from flux.snippets.feed import PLACEHOLDER, Feed
from flux.snippets.listing import SNIPPETS, Snippet
from flux.snippets.trials import TRIALS, Trial

__all__ = [
    "PLACEHOLDER",
    "SNIPPETS",
    "TEMPLATES",
    "TRIALS",
    "Feed",
    "Snippet",
    "Trial",
    "fill",
    "render",
    "tools",
]

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"


@lru_cache
def _source(name: str) -> str:
    """A connector's program as it is written, for every installation the same."""
    return (ROOT / "static" / "connectors" / name).read_text(encoding="utf-8")


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - these are programs, not pages; every value goes through its language's escape
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(ESCAPES)
_environment.globals.update(
    catalog=CATALOG,
    connector=describe_connector,
    feeds=describe_feeds,
    m_types=M_TYPES,
    odata=set_of,
    source=_source,
)


def render(snippet: Snippet, feed: Feed) -> str:
    """The snippet for a feed, ready to paste."""
    return fill(f"snippets/{snippet.id}.txt", feed=feed)


def fill(template: str, **told: object) -> str:
    """A text under templates/, filled in; each value goes through its language's escape there."""
    return _environment.get_template(template).render(**told)


def tools(feed: Feed | None = None) -> dict[str, list[Snippet]]:
    """The snippets by tool, in their order; of a feed: those that can read it."""
    found: dict[str, list[Snippet]] = {}
    for snippet in SNIPPETS:
        if feed is None or feed.dataset.folder != "metrics" or snippet.of_metrics:
            found.setdefault(snippet.tool, []).append(snippet)
    return found
