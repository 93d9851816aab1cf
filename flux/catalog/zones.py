"""Time zones as numbers: where local days begin, and which offset holds when."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = 86_400
_STEP = 900  # every offset change in the tz database since 1970 falls on a quarter of an hour


def midnight(zone: str, day: date) -> int:
    """Unix seconds at which `day` begins in `zone`: its first instant, be midnight skipped or twice."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


@lru_cache(maxsize=256)
def offsets(zone: str, first: date, last: date) -> tuple[tuple[int, int], ...]:
    """(from Unix second, offset in seconds) for each offset that holds in `zone` in the days of the window.

    In order of time; the first one holds from the window's beginning.
    """
    if zone == "UTC":
        return ((0, 0),)
    start, end = midnight(zone, first), midnight(zone, last + timedelta(days=1))
    found = [(start, _offset(zone, start))]
    for probe in range(start, end, _DAY):
        later = min(probe + _DAY, end)
        if _offset(zone, later) != found[-1][1]:
            found += _changes(zone, probe, later, found[-1][1])
    return tuple(found)


def _changes(zone: str, start: int, end: int, offset: int) -> list[tuple[int, int]]:
    changes = []
    for second in range(start - start % _STEP + _STEP, end + _STEP, _STEP):
        now = _offset(zone, second)
        if now != offset:
            changes.append((second, now))
            offset = now
    return changes


def _offset(zone: str, second: int) -> int:
    moment = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
    return int((moment.utcoffset() or timedelta()).total_seconds())
