"""How pages write numbers, moments and parameters' help."""

import re
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")
UNKNOWN = "–"


def number(value: float | None) -> str:
    """12,345 or 3.25; a dash where it is not known."""
    if value is None:
        return UNKNOWN
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.4g}"


def change(value: float | None) -> str:
    """+25 %, −3 %; a dash where there is nothing to compare with."""
    if value is None:
        return UNKNOWN
    percent = round(value * 100)
    return f"{'+' if percent > 0 else '−' if percent < 0 else '±'}{abs(percent):,} %"


def instant(seconds: float | None, empty: str = "never") -> Markup | str:
    """A moment as people read it, and as programs do."""
    if seconds is None:
        return empty
    moment = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.isoformat(), f"{moment.day} {moment:%b %Y, %H:%M} UTC"
    )


def cell(value: Any) -> str:
    """A cell of a preview, as CSV would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def code(text: str) -> Markup:
    """A help text with what stands in backticks set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


FILTERS = {"number": number, "change": change, "instant": instant, "cell": cell, "code": code}
