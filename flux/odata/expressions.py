"""What a row can be asked: columns, values, comparisons and functions, their types checked."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import reduce
from math import isinf
from typing import Any

from flux.catalog.declare import Column
from flux.catalog.kinds import shown
from flux.catalog.ranges import Window
from flux.describe import edm
from flux.mistakes import NotOffered
from flux.odata import days
from flux.odata.functions import FUNCTIONS

Row = tuple[Any, ...]

_TYPES = {"list": "string", "integer": "number"}  # the others are their own
_WORDS = {
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
    "date": "a day",
    "datetime": "a moment",
    "null": "null",
}
_HINTS = {
    ("datetime", "date"): "; a moment is written 2026-01-31T00:00:00Z",
    ("date", "datetime"): "; a day is written 2026-01-31",
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("eq", "ne", "gt", "ge", "lt", "le")
}


class Unfit(Exception):
    """Parts that do not fit together: the value that is wrong, and what would be right."""

    def __init__(self, value: str, constraint: str) -> None:
        super().__init__(value)
        self.value, self.constraint = value, constraint


@dataclass(frozen=True, slots=True)
class Expression:
    """A question to a row. `of` gives the answer, None where it is unknown."""

    type: str
    of: Callable[[Row], Any]
    days: Window = days.EVER  # a row of another day never passes
    column: str | None = None
    literal: Any = None


def column(of: Column, place: int) -> Expression:
    """A row's cell. A day stays a text, which sorts as days do; a moment has an offset and does not."""
    cell = operator.itemgetter(place)
    if of.type != "datetime":
        return Expression(_TYPES.get(of.type, of.type), cell, column=of.name)

    def moment(row: Row) -> datetime | None:
        text = cell(row)
        return None if text is None else datetime.fromisoformat(text)

    return Expression(of.type, moment, column=of.name)


def literal(kind: str, text: str) -> Expression:
    """A value as it is written. Raises Unfit where there is no such day or number, and NotOffered."""
    if kind == "OTHER":
        raise NotOffered(f"'{shown(text)}' is not served: no column has such a value.", value=shown(text))
    try:
        type, value = _value(kind, text)
    except (ValueError, OverflowError):
        raise Unfit(text, "a value that there is: a day of the calendar, a number of some digits") from None
    return Expression(type, lambda _: value, literal=value)


def _value(kind: str, text: str) -> tuple[str, Any]:
    match kind:
        case "NULL":
            return "null", None
        case "BOOLEAN":
            return "boolean", text == "true"
        case "TEXT":
            return "string", text[1:-1].replace("''", "'")
        case "DAY":
            return "date", date.fromisoformat(text).isoformat()
        case "MOMENT":
            return "datetime", datetime.fromisoformat(text).astimezone(UTC)  # without digits beyond the sixth
    number = float(text) if set(text) & set(".eE") else int(text)
    if isinf(number):
        raise OverflowError(text)
    return "number", number


def condition(of: Expression) -> Expression:
    """The expression, which can be true or false. Raises Unfit."""
    if of.type != "boolean":
        raise Unfit(_WORDS[of.type], "a condition where one is needed, such as likes gt 10")
    return of


def negated(of: Expression) -> Expression:
    """True where the condition is false; unknown stays unknown. Raises Unfit."""
    inner = condition(of).of
    return Expression("boolean", lambda row: None if (told := inner(row)) is None else not told)


def compared(left: Expression, op: str, right: Expression) -> Expression:
    """Equal to null is null alone; before or after it is nothing. Raises Unfit."""
    if left.type != right.type and "null" not in (left.type, right.type):
        hint = _HINTS.get((left.type, right.type), "")
        told = f"{_WORDS[left.type]} {op} {_WORDS[right.type]}"
        raise Unfit(told, f"a comparison of two of the same type{hint}")
    one, other, passes = left.of, right.of, _COMPARE[op]
    if op in ("eq", "ne"):
        return Expression("boolean", lambda row: passes(one(row), other(row)), _days(left, op, right))

    def told_of(row: Row) -> bool:
        first, second = one(row), other(row)
        return first is not None and second is not None and passes(first, second)

    return Expression("boolean", told_of, _days(left, op, right))


def _days(left: Expression, op: str, right: Expression) -> Window:
    """The days of the rows that may pass, where a row's own day is compared."""
    mirrored = left.column is None
    of, told = (right, left.literal) if mirrored else (left, right.literal)
    if told is None or (of.column, of.type) not in (("date", "date"), ("published_at", "datetime")):
        return days.EVER
    return days.compared(op, date.fromisoformat(told) if of.type == "date" else told, mirrored)


def joined(how: str, parts: Sequence[Expression]) -> Expression:
    """`both`: all of the conditions; `either`: any. Unknown where those known do not decide. Raises Unfit."""
    decisive, tests = how == "either", [condition(part).of for part in parts]

    def told_of(row: Row) -> bool | None:
        result: bool | None = not decisive
        for test in tests:
            told: bool | None = test(row)
            if told is decisive:
                return told
            if told is None:
                result = None
        return result

    join = days.either if decisive else days.both
    return Expression("boolean", told_of, reduce(join, [part.days for part in parts]))


def check_function(name: str) -> None:
    """Raises NotOffered for a function that is not served."""
    if name not in edm.FUNCTIONS:
        known = ", ".join(edm.FUNCTIONS)
        raise NotOffered(f"There is no function '{shown(name)}' here. There are: {known}.", value=shown(name))


def called(name: str, arguments: Sequence[Expression]) -> Expression:
    """A function of the arguments. Raises Unfit."""
    function = FUNCTIONS.get((name, len(arguments)))
    if function is None:
        counts = " or ".join(str(count) for known, count in FUNCTIONS if known == name)
        raise Unfit(f"{name} of {len(arguments)} values", f"{name} of {counts}")
    for argument, types in zip(arguments, function.takes, strict=True):
        if argument.type not in (*types, "null"):
            raise Unfit(
                f"{name} of {_WORDS[argument.type]}",
                f"{name} of {' or '.join(_WORDS[type] for type in types)}",
            )
    values, run = [argument.of for argument in arguments], function.run

    def result(row: Row) -> Any:
        found = [value(row) for value in values]
        return None if None in found else run(*found)

    return Expression(function.gives, result)
