"""engagement-trends: daily sums from the index, laid into every period of the window."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from flux.catalog.periods import PERIODS
from flux.catalog.query import Query
from flux.catalog.ranges import Window
from flux.store.read.measures import EMPTY, EPOCH, Sums, add, change, sum_by

LOCAL_DAY = "{local} / 86400"
Cells = dict[int, list[Sums]]


def read_engagement_trends(
    connection: Connection, account_id: int, query: Query
) -> Iterator[tuple[Any, ...]]:
    """One row per profile and period, in order of profile and time."""
    slices = PERIODS[query.granularity].slices(query.window.first, query.window.last)
    dates = [start.isoformat() for start, _, _ in slices]
    cells = _cells(connection, account_id, query, query.window, 0)
    if query.previous is None:
        for profile in query.profiles:
            head = (profile.public_id, profile.name)
            for day, sums in zip(dates, cells[profile.id], strict=True):
                yield (*head, day, *_measures(sums))
        return
    shift = (query.window.first - query.previous.first).days
    before = _cells(connection, account_id, query, query.previous, shift)
    for profile in query.profiles:
        for (start, first, _), now, then in zip(slices, cells[profile.id], before[profile.id], strict=True):
            compared = first - timedelta(days=shift)
            there = compared <= query.previous.last
            values, past = _measures(now), _measures(then) if there else (None,) * 6
            changes = (change(a, b) for a, b in zip(values, past, strict=True))
            yield (
                profile.public_id,
                profile.name,
                start.isoformat(),
                *values,
                compared.isoformat() if there else None,
                *past,
                *changes,
            )


def _measures(sums: Sums) -> tuple[int | None, ...]:
    """The sums in the order of the dataset's columns."""
    posts, measured, *known = sums
    return (*known, posts, measured)


def _cells(connection: Connection, account_id: int, query: Query, window: Window, shift: int) -> Cells:
    """The sums of each profile and period; days of an earlier window count as `shift` days later."""
    place = _placer(query)
    count = PERIODS[query.granularity].count(query.window.first, query.window.last)
    cells: Cells = {p.id: [EMPTY] * count for p in query.profiles}
    for profile_id, day, *sums in sum_by(connection, account_id, query, window, LOCAL_DAY):
        row, index = cells[profile_id], place(day + shift)
        row[index] = add(row[index], tuple(sums))
    return cells


def _placer(query: Query) -> Callable[[int], int]:
    """The function from a day's number since 1970 to the index of its period."""
    period = PERIODS[query.granularity]
    begin = period.start(query.window.first)
    origin = (begin - EPOCH).days
    if query.granularity == "daily":
        return lambda day: day - origin
    if query.granularity == "weekly":
        return lambda day: (day - origin) // 7
    return lambda day: period.count(begin, EPOCH + timedelta(days=day)) - 1
