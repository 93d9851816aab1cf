"""The columns of an answer: each has its own name, which every row repeats, and the type of its values."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from flux.mistakes import InvalidQuery

MOST_NAME = 1_000  # bytes
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3}|\.[0-9]{6})?Z?"
)
_TYPES = {int: "integer", float: "number", str: "string"}


def unique(names: Iterable[str]) -> list[str]:
    """The names in their order; the second `n` becomes `n_2`, or the next number that no column has."""
    wanted = list(names)
    given: list[str] = []
    taken = set(wanted)
    for name in wanted:
        own, number = name, 1
        while own in given or (number > 1 and own in taken):
            number += 1
            own = f"{name}_{number}"
        given.append(own)
    return given


def check_names(names: Iterable[str]) -> None:
    """Raises InvalidQuery for a name that is too long to be repeated in every row."""
    for name in names:
        if len(name.encode()) > MOST_NAME:
            problem = f"a column's name has more than {MOST_NAME:,} bytes: give it a shorter one with AS"
            raise InvalidQuery(problem, value=f"{name[:80]}…", constraint=f"at most {MOST_NAME} bytes")


def fit(rows: list[list[Any]], names: Sequence[str], most: int) -> list[list[Any]]:
    """The first rows, as many as `most` bytes hold in JSON, where each is an object with all the names."""
    each, size = len(orjson.dumps(names)), 0
    for number, row in enumerate(rows):
        size += each + len(orjson.dumps(row))
        if size > most:
            return rows[:number]
    return rows


def type_of(rows: Sequence[Sequence[Any]], place: int) -> str:
    """integer, number, date, datetime or string, as all values of a column are that there are; none: string.

    A date is `YYYY-MM-DD`; a datetime `YYYY-MM-DDTHH:MM:SS`, be there a space for the T, a fraction or a Z.
    """
    values = [row[place] for row in rows if row[place] is not None]
    kinds = {_TYPES.get(each, "string") for each in set(map(type, values))}
    if kinds == {"integer", "number"}:
        return "number"
    if kinds != {"string"}:
        return kinds.pop() if len(kinds) == 1 else "string"
    for kind, pattern in (("date", _DATE), ("datetime", _DATETIME)):
        if all(_is_moment(value, pattern) for value in values):
            return kind
    return "string"


def _is_moment(value: Any, pattern: re.Pattern[str]) -> bool:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
