"""Whether 6/1/2026 is 6 January or 1 June: settled for a whole file, from evidence in it, or refused."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from flux.importers.file import Cell
from flux.importers.moments import dates_in, is_ambiguous, read_day, settle_order
from flux.importers.records import UnreadableFile

_ORDERS = (False, True)


def settle_days(
    name: str,
    asked: bool | None,
    dates: Sequence[Cell],
    series: Iterable[Sequence[Cell]] = (),
    moments: Iterable[tuple[Cell, int]] = (),
) -> bool:
    """True for day first. `series` are columns with a row for each day, `moments` dates beside Unix seconds.

    Evidence, the strongest first: what the user asked for, a component over 12, ISO dates in the file's
    name, rows of consecutive days, posts whose id tells the day. Raises UnreadableFile where there is none.
    """
    if asked is not None:
        return asked
    try:
        order = settle_order(dates)
    except ValueError as mistake:
        raise UnreadableFile(f"{name}: {mistake}.") from None
    doubtful = [cell for cell in dates if is_ambiguous(cell)]
    if order is not None or not doubtful:
        return bool(order)
    for order in (_by_name(name, dates), _by_rows(series), _by_moments(moments)):
        if order is not None:
            return order
    raise UnreadableFile(
        f"{name}: '{doubtful[0]}' may have the day or the month first, and nothing in the file tells which. "
        "Say so with the option `day_first` (yes: 6/1/2026 is 6 January; no: 1 June).",
        option="day_first",
    )


def _by_name(name: str, dates: Sequence[Cell]) -> bool | None:
    """The first and last day in the file's name are the earliest and latest in it."""
    named = [each for each in dates_in(name) if each[:4].isdigit()]
    wanted = _read_all(named, False)
    if not wanted:
        return None
    fits = [order for order in _ORDERS if wanted <= _read_all(dates, order)]
    return fits[0] if len(fits) == 1 else None


def _by_rows(series: Iterable[Sequence[Cell]]) -> bool | None:
    """A sheet with a row for each day has no gaps when read the right way round."""
    for column in series:
        days = {order: _read_all(column, order) for order in _ORDERS}
        whole = [order for order in _ORDERS if _is_consecutive(days[order])]
        if len(whole) == 1 and len(days[whole[0]]) > 1:
            return whole[0]
    return None


def _by_moments(moments: Iterable[tuple[Cell, int]]) -> bool | None:
    """The publish date of most posts is the UTC day that their id tells."""
    votes = dict.fromkeys(_ORDERS, 0)
    for cell, seconds in moments:
        told = datetime.fromtimestamp(seconds, UTC).date()
        for order in _ORDERS:
            votes[order] += told in _read_all([cell], order)
    return None if votes[True] == votes[False] else votes[True] > votes[False]


def _read_all(cells: Iterable[Cell], order: bool) -> set[date]:
    days = set()
    for cell in cells:
        try:
            days.add(read_day(cell, order))
        except ValueError:
            continue
    return days


def _is_consecutive(days: set[date]) -> bool:
    return bool(days) and (max(days) - min(days)).days == len(days) - 1
