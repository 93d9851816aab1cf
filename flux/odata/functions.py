"""FUNCTIONS: what may be called in a filter or an order, by name and number of arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """Types of the arguments and of the result. An unknown argument makes the result unknown."""

    takes: tuple[tuple[str, ...], ...]  # for each argument, the types that it may have
    gives: str
    run: Callable[..., Any]


_TEXT, _NUMBER, _DAY, _MOMENT = ("string",), ("number",), ("date", "datetime"), ("datetime",)


def _date_part(name: str, start: int, end: int) -> Callable[[Any], int]:
    """A day is kept as its text, YYYY-MM-DD; a moment counts in its own offset."""
    return lambda of: int(of[start:end]) if isinstance(of, str) else int(getattr(of, name))


def _substring(text: str, start: float, length: float | None = None) -> str:
    begin = max(0, int(start))
    return text[begin:] if length is None else text[begin : begin + max(0, int(length))]


FUNCTIONS: dict[tuple[str, int], Function] = {
    ("contains", 2): Function((_TEXT, _TEXT), "boolean", lambda text, part: part in text),
    ("startswith", 2): Function((_TEXT, _TEXT), "boolean", str.startswith),
    ("endswith", 2): Function((_TEXT, _TEXT), "boolean", str.endswith),
    ("length", 1): Function((_TEXT,), "number", len),
    ("indexof", 2): Function((_TEXT, _TEXT), "number", str.find),
    ("substring", 2): Function((_TEXT, _NUMBER), "string", _substring),
    ("substring", 3): Function((_TEXT, _NUMBER, _NUMBER), "string", _substring),
    ("concat", 2): Function((_TEXT, _TEXT), "string", str.__add__),
    ("tolower", 1): Function((_TEXT,), "string", str.lower),
    ("toupper", 1): Function((_TEXT,), "string", str.upper),
    ("trim", 1): Function((_TEXT,), "string", str.strip),
    ("year", 1): Function((_DAY,), "number", _date_part("year", 0, 4)),
    ("month", 1): Function((_DAY,), "number", _date_part("month", 5, 7)),
    ("day", 1): Function((_DAY,), "number", _date_part("day", 8, 10)),
    ("hour", 1): Function((_MOMENT,), "number", lambda moment: moment.hour),
    ("minute", 1): Function((_MOMENT,), "number", lambda moment: moment.minute),
    ("second", 1): Function((_MOMENT,), "number", lambda moment: moment.second),
    ("date", 1): Function((_MOMENT,), "date", lambda moment: moment.date().isoformat()),
}
