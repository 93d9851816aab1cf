"""Dates and times as files write them: ISO, 6/1/2026 either way round, 01.06.2026, Jun 1, 2026, epochs."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from flux.importers.file import Cell

DAY = 86_400
_FIRST, _LAST = 631_152_000, 4_102_444_800  # 1990 to 2100
_DATE = r"(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{1,2})"
_TIME = r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}(?:[.,]\d+)?))?\s*([AaPp])?\.?(?:[Mm]\.?)?"
_ZONE = r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})"
_MOMENT = re.compile(rf"{_DATE}(?:(?:T|,?\s+){_TIME})?\s*{_ZONE}?", re.ASCII)
_CLOCK = re.compile(_TIME, re.ASCII)
_INSIDE = re.compile(rf"(?<!\d){_DATE}(?!\d)", re.ASCII)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?", re.ASCII)
# A year of two digits only where it can hardly be anything else: 1.2.3 is a version.
_LOOKS = re.compile(
    r"\d{4}([-./])\d{1,2}\1\d{1,2}(?!\d)|\d{1,2}([-./])\d{1,2}\2\d{4}(?!\d)|\d{1,2}/\d{1,2}/\d{2}(?!\d)"
    r"|\d{2}\.\d{2}\.\d{2}(?!\d)|[A-Za-z]{3,9} \d{1,2},? \d{4}|\d{1,2} [A-Za-z]{3,9} \d{4}",
    re.ASCII,
)
_NAMED = ("%b %d, %Y", "%d %b %Y", "%B %d, %Y", "%d %B %Y", "%b %d %Y")
_NAMED_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", ", %I:%M %p", " at %I:%M %p")


class Moment(NamedTuple):
    """A point in time as far as the file tells it."""

    seconds: int  # Unix; 10:30 UTC where only the day is known
    time_known: bool
    to_second: bool


def dates_in(text: str) -> list[str]:
    """Every numeric date inside a sentence: `8/7/2023 - 8/5/2024` holds two."""
    return [found[0] for found in _INSIDE.finditer(text)]


def settle_order(cells: Iterable[Cell]) -> bool | None:
    """Whether the dates of a column are day first, by a component over 12; None where none tells.

    Raises ValueError where two cells contradict each other.
    """
    seen: dict[bool, str] = {}
    for cell in cells:
        if isinstance(cell, str) and (found := _INSIDE.match(cell.strip())) and len(found[1]) < 3:
            if found[2] == "." or int(found[1]) > 12:
                seen.setdefault(True, cell)
            elif int(found[3]) > 12:
                seen.setdefault(False, cell)
    if len(seen) == 2:
        raise ValueError(f"'{seen[True]}' has the day first, '{seen[False]}' the month: one order is needed")
    return next(iter(seen), None)


def is_ambiguous(cell: Cell) -> bool:
    """Whether a date reads as two different days, according to the order of day and month."""
    found = _INSIDE.match(cell.strip()) if isinstance(cell, str) else None
    if not found or len(found[1]) > 2 or found[2] == ".":
        return False
    return found[1] != found[3] and int(found[1]) <= 12 and int(found[3]) <= 12


def is_date_like(cell: Cell) -> bool:
    """Whether a cell looks like a date where nothing says that it should be one: no number does."""
    return isinstance(cell, date) or (isinstance(cell, str) and _LOOKS.match(cell.strip()) is not None)


def read_day(cell: Cell, day_first: bool | None) -> date:
    """The calendar day of a cell. Raises ValueError with a sentence for what is none."""
    moment = read_moment(cell, day_first, UTC)
    return datetime.fromtimestamp(moment.seconds, UTC).date()


def read_moment(cell: Cell, day_first: bool | None, zone: tzinfo) -> Moment:
    """The moment of a cell; a time without a zone is in `zone`.

    Raises ValueError with a sentence for what is no date.
    """
    if isinstance(cell, str):
        return _bounded(_read_text(cell.strip(), day_first, zone), cell)
    if isinstance(cell, datetime):
        return _bounded(_at(cell, zone), str(cell))
    if isinstance(cell, date):
        return _bounded(mid_day(cell), str(cell))
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _bounded(_read_epoch(str(int(cell) if cell == cell // 1 else cell)), str(cell))
    raise ValueError("there is no date")


def mid_day(day: date) -> Moment:
    """A moment that stands for a day of unknown time: 10:30 UTC lies in it from Hawaii to New Zealand."""
    return Moment(int(datetime(day.year, day.month, day.day, 10, 30, tzinfo=UTC).timestamp()), False, False)


def midnight(day: date) -> int:
    """Unix seconds at which a day begins in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def read_clock(text: str) -> timedelta | None:
    """A time of day such as `10:00 AM`, from midnight; None for anything else."""
    found = _CLOCK.fullmatch(text.strip())
    return None if found is None else _since_midnight(found[1], found[2], found[3], found[4])


def _read_text(text: str, day_first: bool | None, zone: tzinfo) -> Moment:
    if len(text) >= 19 and text[4:5] == "-" and text[10] in "T ":
        try:
            return _at(datetime.fromisoformat(text), zone)
        except ValueError:
            pass  # "2017-06-08 08:15:44 UTC"
    if found := _MOMENT.fullmatch(text):
        return _from_parts(text, found, day_first, zone)
    if _EPOCH.fullmatch(text):
        return _read_epoch(text)
    return _read_named(text, zone)


def _from_parts(text: str, found: re.Match[str], day_first: bool | None, zone: tzinfo) -> Moment:
    try:
        day = _day(found[1], found[2], found[3], found[4], day_first)
        if found[5] is None:
            return mid_day(day)
        clock = _since_midnight(found[5], found[6], found[7], found[8])
    except ValueError as mistake:
        raise ValueError(f"'{text}' is no date: {mistake}") from None
    moment = datetime(day.year, day.month, day.day, tzinfo=_offset(found[9]) or zone) + clock
    return Moment(int(moment.timestamp()), True, found[7] is not None)


def _day(first: str, mark: str, second: str, third: str, day_first: bool | None) -> date:
    if len(first) == 4:
        return date(int(first), int(second), int(third))
    year = int(third) + (2000 if len(third) < 3 else 0)
    if mark == "." or day_first or int(first) > 12:
        return date(year, int(second), int(first))
    if day_first is None and int(second) <= 12 and first != second:
        raise ValueError("day and month may be either way round")
    return date(year, int(first), int(second))


def _since_midnight(hours: str, minutes: str, seconds: str | None, half: str | None) -> timedelta:
    hour, second = int(hours), int(float((seconds or "0").replace(",", ".")))
    if (half and not 1 <= hour <= 12) or hour > 23 or int(minutes) > 59 or second > 59:
        raise ValueError("there is no such time of day")
    if half:
        hour = hour % 12 + (12 if half in "pP" else 0)
    return timedelta(hours=hour, minutes=int(minutes), seconds=second)


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    shift = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    if shift >= timedelta(hours=24):
        raise ValueError(f"'{text}' is no offset from UTC")
    return timezone(-shift if text[0] == "-" else shift)


def _at(moment: datetime, zone: tzinfo) -> Moment:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return Moment(int(moment.timestamp()), True, True)


def _read_epoch(text: str) -> Moment:
    whole = text.partition(".")[0]
    if not _EPOCH.fullmatch(text):
        raise ValueError(f"'{text}' is no date: it must be such as 2026-11-21 or 2026-11-21 08:30")
    return Moment(int(whole) // (1000 if len(whole) == 13 else 1), True, True)


def _read_named(text: str, zone: tzinfo) -> Moment:
    if text[-4:].isdigit() or ":" in text:
        for form in _NAMED:
            for clock in _NAMED_TIMES:
                try:
                    moment = datetime.strptime(text, form + clock)  # noqa: DTZ007 - `_at` gives it its zone
                except ValueError:
                    continue
                return _at(moment, zone) if clock else mid_day(moment.date())
    raise ValueError(f"'{text[:40]}' is no date: it must be such as 2026-11-21 or 2026-11-21 08:30")


def _bounded(moment: Moment, told: str) -> Moment:
    if not _FIRST <= moment.seconds < _LAST:
        raise ValueError(f"'{told[:40]}' is no date of a post: it must lie between 1990 and 2100")
    return moment
