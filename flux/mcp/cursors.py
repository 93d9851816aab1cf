"""Where a next page begins: opaque, and good for one question and one state of the data only."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from flux.catalog.kinds import shown
from flux.mistakes import Conflict, InvalidParameter

_PARTS = re.compile(r"(\d{1,9})\.([0-9a-f]{12})\.([0-9a-f]{12})", re.ASCII)
PAGING = ("cursor", "limit")  # these may differ from page to page


def mark(value: Any) -> str:
    """A short name of any JSON value."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def begin(arguments: Mapping[str, Any], state: str) -> int:
    """The row at which the page asked for begins; 0 without a cursor.

    Raises InvalidParameter for a cursor that is none, or another question's; Conflict where the data moved.
    """
    text = arguments.get("cursor")
    if text is None:
        return 0
    parts = _PARTS.fullmatch(_open(text))
    if parts is None or parts[2] != _question(arguments):
        wanted = "the `next_cursor` of the page before, with the same other arguments as there"
        raise InvalidParameter("cursor", shown(text), wanted)
    if parts[3] != state:
        raise Conflict(
            "The data, or the window of days, changed since the page before, so rows may have moved. Begin "
            "again without 'cursor'.",
            parameter="cursor",
        )
    return int(parts[1])


def page(arguments: Mapping[str, Any], state: str, begun: int, returned: int, more: bool) -> dict[str, Any]:
    """How a result says what part of the whole it is."""
    text = f"{begun + returned}.{_question(arguments)}.{state}"
    follows = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return {"returned": returned, "truncated": more, "next_cursor": follows if more else None}


def _question(arguments: Mapping[str, Any]) -> str:
    return mark({name: value for name, value in arguments.items() if name not in PAGING})


def _open(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        return ""
