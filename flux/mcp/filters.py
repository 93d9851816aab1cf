"""Rows sifted and ordered as an agent asks, while they come from the store: only those of a page are held."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from flux.catalog.declare import Column
from flux.catalog.kinds import shown
from flux.mcp.arguments import quote
from flux.mistakes import InvalidParameter, Mistake

Row = tuple[Any, ...]
Test = Callable[[Row], bool]
Value = Callable[[Any], Any]

MAX_LISTED = 100  # values of one `in`
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TYPES: dict[str, Any] = dict.fromkeys(("string", "list", "date", "datetime"), str)
_TYPES |= {"integer": int | float, "number": int | float, "boolean": bool}
_WORDS = {
    "integer": "a number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a day written YYYY-MM-DD",
    "datetime": "a moment such as 2026-01-31T09:00:00+01:00",
    "string": "a text",
    "list": "a text",
}


def find_column(columns: Sequence[Column], name: str, dataset: str) -> int:
    """The place of a column. Raises a Mistake that names them all."""
    names = [column.name for column in columns]
    if name in names:
        return names.index(name)
    near = get_close_matches(name.lower(), names, 1, cutoff=0.6)
    meant = f" Did you mean '{near[0]}'?" if near else ""
    told = f"There is no column '{shown(name)}'.{meant} Columns of {dataset}: {', '.join(names)}."
    raise Mistake(told, parameter="column", value=shown(name), constraint=", ".join(names))


def read_filters(columns: Sequence[Column], given: Iterable[Mapping[str, Any]], dataset: str) -> list[Test]:
    """What a row must pass. Raises InvalidParameter."""
    return [_test(columns, one, find_column(columns, one["column"], dataset)) for one in given]


def _test(columns: Sequence[Column], given: Mapping[str, Any], place: int) -> Test:
    column, op = columns[place], given["op"]
    if op in ("is_null", "not_null"):
        if given.get("value") is not None:
            raise InvalidParameter("value", quote(given["value"]), f"left out for '{op}'")
        return lambda row: (row[place] is None) == (op == "is_null")
    if "value" not in given:
        raise InvalidParameter("value", "", f"given for '{op}': {_WORDS[column.type]}")
    passes, value = _comparison(column, op, given["value"]), _value(column)
    return lambda row: row[place] is not None and passes(value(row[place]))


def _comparison(column: Column, op: str, given: Any) -> Callable[[Any], bool]:
    if op == "contains":
        return _contains(column, given)
    if column.type == "list":
        raise InvalidParameter("op", op, f"'contains' for '{column.name}', which is a list")
    if op == "in":
        if not isinstance(given, list) or not 1 <= len(given) <= MAX_LISTED:
            raise InvalidParameter("value", quote(given), f"a list of 1 to {MAX_LISTED} values for 'in'")
        listed = {_read(column, one) for one in given}
        return lambda cell: cell in listed or _clock(cell) in listed
    if column.type == "boolean" and op not in ("=", "!="):
        raise InvalidParameter("op", op, f"'=' or '!=' for '{column.name}', which is true or false")
    wanted, compare = _read(column, given), _COMPARE[op]
    if isinstance(wanted, datetime) and wanted.tzinfo is None:
        return lambda cell: compare(_clock(cell), wanted)
    return lambda cell: compare(cell, wanted)


def _clock(cell: Any) -> Any:
    """A moment as clocks showed it there, which is what one without an offset means; else the cell itself."""
    return cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _contains(column: Column, given: Any) -> Callable[[Any], bool]:
    if column.type not in ("string", "list") or not isinstance(given, str):
        raise InvalidParameter(
            "op", "contains", f"used with a text, on a column of texts; not '{column.name}'"
        )
    wanted = given.casefold()
    if column.type == "list":
        return lambda cell: wanted.lstrip("#") in (part.lstrip("#") for part in cell.casefold().split())
    return lambda cell: wanted in cell.casefold()


def _read(column: Column, given: Any) -> Any:
    """A filter's value as the column's cells compare. Raises InvalidParameter."""
    if isinstance(given, _TYPES[column.type]) and isinstance(given, bool) == (column.type == "boolean"):
        with suppress(ValueError):
            return _parse(column, given)
    raise InvalidParameter("value", quote(given), f"{_WORDS[column.type]}, as '{column.name}' is")


def _parse(column: Column, given: Any) -> Any:
    if column.type == "date":
        return date.fromisoformat(given).isoformat()
    if column.type == "datetime":
        return datetime.fromisoformat(given)
    return given


def _value(column: Column) -> Value:
    """What a cell compares as: moments have offsets, and do not compare as texts."""
    return datetime.fromisoformat if column.type == "datetime" else lambda cell: cell


def first(
    rows: Iterable[Row], columns: Sequence[Column], order: Sequence[tuple[int, bool]], count: int
) -> list[Row]:
    """The first `count` rows by `order`: places, and whether each falls. Nulls last; ties as they came."""
    kept: list[Row] = []
    for row in rows:
        kept.append(row)
        if len(kept) >= 2 * count + 1_000:
            _sort(kept, columns, order)
            del kept[count:]
    _sort(kept, columns, order)
    return kept[:count]


def _sort(rows: list[Row], columns: Sequence[Column], order: Sequence[tuple[int, bool]]) -> None:
    for place, falling in reversed(order):
        value = _value(columns[place])
        rows.sort(key=_key(place, falling, value), reverse=falling)


def _key(place: int, falling: bool, value: Value) -> Callable[[Row], tuple[bool, Any]]:
    """Sorts by the cell; a null, which compares with nothing, stands behind all in both directions."""

    def key(row: Row) -> tuple[bool, Any]:
        cell = row[place]
        return ((cell is None) != falling, 0 if cell is None else value(cell))

    return key
