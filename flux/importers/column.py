"""A column of a table: what its cells are, found out from all of them, and what they say."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal, NamedTuple

from flux.importers.cleaning import storable
from flux.importers.counts import UNKNOWN
from flux.importers.day_order import settle_days
from flux.importers.file import Cell
from flux.importers.moments import is_date_like, read_moment
from flux.importers.numbers import MARKS, Number, read_number
from flux.importers.records import UnreadableFile

ColumnType = Literal["string", "integer", "number", "boolean", "date", "datetime"]
TYPES: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "date": str,  # ISO text
    "datetime": str,  # ISO text, without a zone, or in UTC with a Z
}
Value = str | int | float | bool | None
_Plain = str | int | float | date

_SAFE = 10**15  # longer numbers are ids, and a spreadsheet's own are not exact any more
_NEARLY = 0.8  # of the cells: a column that would be of numbers or days but for a few
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_EAST = timezone(timedelta(hours=1))


class Column(NamedTuple):
    """A column's type, one of TYPES, and its values in their order."""

    type: str
    values: Sequence[Value]
    note: str = ""  # what was assumed, or why it is but text
    mark: str = ""  # what stands before decimals, where the cells tell


def read_column(cells: Iterable[Cell], file_name: str, day_first: bool | None, mark: str = "") -> Column:
    """The column of these cells. An empty one is None; where one cell is of another kind, all are text.

    `mark` is what stands before decimals elsewhere in the file, for 1.234 alone may be either of two.
    """
    kept = [_plain(cell) for cell in cells]
    filled = list(dict.fromkeys(cell for cell in kept if cell is not None and not _is_unknown(cell)))
    if not filled:
        return _text(kept)
    if all(isinstance(cell, str) and cell.strip().casefold() in _TRUTHS for cell in filled):
        return _typed("boolean", kept, {cell: _TRUTHS[str(cell).strip().casefold()] for cell in filled})
    readings = {each: found for each in MARKS if (found := _numbers(filled, each))}
    if readings:
        return _number_column(kept, readings, mark)
    if all(map(is_date_like, filled)):
        return _date_column(kept, filled, file_name, day_first)
    return _text(kept, _stranger(kept))


def _plain(cell: Cell) -> _Plain | None:
    """A cell as one of few kinds: 3.0 is 3, a truth or a time of day is text, and blanks are nothing."""
    if isinstance(cell, str):
        return storable(cell) if cell.strip() else None
    if isinstance(cell, bool | time | timedelta):
        return str(cell).lower()
    if isinstance(cell, float) and not math.isfinite(cell):
        return None if math.isnan(cell) else str(cell)
    if isinstance(cell, int | float) and cell == cell // 1:
        return int(cell) if abs(cell) < _SAFE else str(int(cell))
    return cell


def _is_unknown(cell: _Plain) -> bool:
    """`n/a` and its like say nothing in a column of numbers, days or truths; among texts they are texts."""
    return isinstance(cell, str) and cell.strip().casefold() in UNKNOWN


def _typed(type: str, kept: Sequence[_Plain | None], read: Mapping[_Plain, Value], note: str = "") -> Column:
    return Column(type, [None if cell is None else read.get(cell) for cell in kept], note)


def _text(kept: Sequence[_Plain | None], why: str = "") -> Column:
    texts = [cell.isoformat() if isinstance(cell, date) else cell for cell in kept]
    note = f"kept as text, for {why}" if why else ""
    return Column("string", [None if cell is None else str(cell) for cell in texts], note)


def _numbers(filled: Iterable[_Plain], mark: str) -> dict[_Plain, Number] | None:
    """What each cell says with `mark` before its decimals; None where one is no number, or of two moneys."""
    found: dict[_Plain, Number] = {}
    money: set[str] = set()
    for cell in filled:
        number = read_number(cell, mark) if isinstance(cell, str) else _own(cell)
        if number is None:
            return None
        found[cell] = number
        money |= {number.money} - {""}
    return found if len(money) < 2 else None


def _own(cell: int | float | date) -> Number | None:
    return None if isinstance(cell, date) else Number(cell)


def _number_column(
    kept: Sequence[_Plain | None], readings: dict[str, dict[_Plain, Number]], mark: str
) -> Column:
    told = "".join(readings) if len(readings) == 1 else ""
    read = readings[told or mark or MARKS[0]]
    if not told and not mark:
        for cell, number in read.items():
            if number != (other := readings[MARKS[1]][cell]):
                return _text(kept, f"'{cell}' may be {number.value:g} or {other.value:g}")
    whole = all(isinstance(number.value, int) for number in read.values())
    money = max(number.money for number in read.values())
    values = {cell: n.value if whole else float(n.value) for cell, n in read.items()}
    column = _typed("integer" if whole else "number", kept, values, f"in {money}" if money else "")
    return column._replace(mark=told)


def _date_column(
    kept: Sequence[_Plain | None], filled: list[_Plain], file_name: str, day_first: bool | None
) -> Column:
    try:
        order = settle_days(file_name, day_first, filled, [filled])
        read = {cell: _moment(cell, order) for cell in filled}
    except UnreadableFile as doubt:
        return _text(kept, doubt.message.removeprefix(f"{file_name}: ").partition(" Say so")[0].rstrip("."))
    except ValueError as mistake:
        return _text(kept, str(mistake))
    if all(text[10:] in ("", "T00:00:00") for text in read.values()):
        return _typed("date", kept, {cell: text[:10] for cell, text in read.items()})
    return _typed("datetime", kept, {c: f"{t}T00:00:00" if len(t) == 10 else t for c, t in read.items()})


def _moment(cell: _Plain, day_first: bool) -> str:
    """ISO text: of a day where no time is told, without a zone where none is told. Raises ValueError."""
    moment = read_moment(cell, day_first, UTC)
    told = datetime.fromtimestamp(moment.seconds, UTC)
    if not moment.time_known:
        return f"{told:%Y-%m-%d}"
    zoned = read_moment(cell, day_first, _EAST).seconds == moment.seconds
    return f"{told:%Y-%m-%dT%H:%M:%S}{'Z' if zoned else ''}"


def _stranger(kept: Iterable[_Plain | None]) -> str:
    """Which cell made text of a column that would else be one of numbers or of days."""
    cells = [cell for cell in kept if cell is not None and not _is_unknown(cell)]
    for kind, fits in (("number", _is_number), ("day", is_date_like)):
        strange = [cell for cell in cells if not fits(cell)]
        if strange and len(strange) <= (1 - _NEARLY) * len(cells):
            return f"'{str(strange[0])[:40]}' is no {kind}"
    return ""


def _is_number(cell: _Plain) -> bool:
    if isinstance(cell, str):
        return any(read_number(cell, mark) for mark in MARKS)
    return not isinstance(cell, date)
