"""Reading one parameter's text by its type, with an error that says what would be right."""

import re
from datetime import date
from functools import lru_cache
from zoneinfo import available_timezones

from flux.catalog.declare import Param
from flux.catalog.ranges import read_day
from flux.mistakes import InvalidParameter

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 12, 31)
_KEY = re.compile(r"flux_[A-Za-z0-9_]+")


def shown(text: str) -> str:
    """`text` as an error may repeat it: short, and without any key."""
    text = _KEY.sub("flux_…", text)
    return text if len(text) <= 100 else text[:99] + "…"


def read(param: Param, text: str | None) -> str | int | None:
    """The value of a choice, flag or integer; its default where `text` is None."""
    if text is None:
        text = param.default
        if text is None:
            return None
    return _read_integer(param, text) if param.type == "integer" else _read_choice(param, text)


def _read_choice(param: Param, text: str) -> str:
    if text.lower() in param.choices:
        return text.lower()
    raise InvalidParameter(param.name, shown(text), f"one of {', '.join(param.choices)}")


def _read_integer(param: Param, text: str) -> int:
    low, high = param.minimum or 0, param.maximum or 0
    if text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high:
        return int(text)
    raise InvalidParameter(param.name, shown(text), f"a whole number from {low} to {high:,}")


def read_date(param: Param, text: str | None, today: date) -> date:
    """The day that `text` names, counted from `today`; the default where it is None."""
    try:
        day = read_day(text or param.default or "", today)
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidParameter(
            param.name,
            shown(text or ""),
            f"a day from {FIRST_DAY} to {LAST_DAY}, written YYYY-MM-DD, today, yesterday, or counted back as "
            f"in -90d, -12w, -6m, -1y",
        )
    return day


@lru_cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if "/" in name or name == "UTC"}


def read_zone(param: Param, text: str | None) -> str | None:
    """The IANA name that `text` is, whatever its case; None stays None."""
    if text is None:
        return None
    zone = _zones().get(text.lower())
    if zone is None:
        raise InvalidParameter(param.name, shown(text), "an IANA time zone, such as Europe/Berlin or UTC")
    return zone
