"""The days that a condition leaves: what need not be read. Never too few, sometimes too many."""

from datetime import date, datetime, timedelta

from flux.catalog.kinds import FIRST_DAY, LAST_DAY
from flux.catalog.ranges import Window

EVER = Window(FIRST_DAY, LAST_DAY)
DAY = timedelta(days=1)
LONGEST_PERIOD = timedelta(days=31)

_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq"}


def compared(op: str, told: date | datetime, mirrored: bool = False) -> Window:
    """The days for which `date op told` may hold; `mirrored`: `told op date`.

    A moment leaves a day more at either end: it says nothing of the zone in which days are counted.
    """
    op = _MIRRORED.get(op, "ne") if mirrored else op
    moment = isinstance(told, datetime)
    day = min(max(told.date() if isinstance(told, datetime) else told, FIRST_DAY), LAST_DAY)
    first, last = (max(day - DAY, FIRST_DAY), min(day + DAY, LAST_DAY)) if moment else (day, day)
    if op == "eq":
        return Window(first, last)
    if op in ("gt", "ge"):
        return Window(first, LAST_DAY)
    return Window(FIRST_DAY, last) if op in ("lt", "le") else EVER


def both(one: Window, other: Window) -> Window:
    """The days of both; it ends before it begins where they share none."""
    return Window(max(one.first, other.first), min(one.last, other.last))


def either(one: Window, other: Window) -> Window:
    """The days of either, and those between."""
    if one.first > one.last or other.first > other.last:
        return other if one.first > one.last else one
    return Window(min(one.first, other.first), max(one.last, other.last))


def widened(window: Window, granularity: str) -> Window:
    """The same to the end of the last period that begins in it: its sum needs all of its days."""
    if granularity == "daily" or window.last == LAST_DAY:
        return window
    return Window(window.first, window.last + LONGEST_PERIOD)
