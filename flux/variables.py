"""A metric's variables: their values read from JSON, or from the texts of an address or a form."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any

from flux.catalog.kinds import FIRST_DAY, LAST_DAY, shown
from flux.catalog.params import WRITING
from flux.catalog.ranges import read_day
from flux.mistakes import InvalidParameter, UnknownParameter
from flux.schemas.metrics import Variable

Variables = Sequence[Variable]

RESERVED = (*(param.name for param in WRITING), "key")  # in the address of a feed they mean something else
MOST_LISTED = 400  # values of a list: with some others they fit into one statement
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WORDS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def bind_variables(
    variables: Variables, given: Mapping[str, Any], today: date | None = None
) -> dict[str, Any]:
    """Every declared variable's value, from JSON values: defaults filled in, days resolved (in UTC).

    A variable left out, or null, has its default, else null. Raises InvalidParameter for a value of another
    type or none of the choices, one that is required and missing, or a name that is not declared;
    UnknownParameter for a near miss of one that is.
    """
    names = [variable.name for variable in variables]
    for name in given:
        if name not in names:
            _refuse_near_miss(name, str(given[name]), names)
            known = ", ".join(names) or "left out: the query has no variables"
            raise InvalidParameter("variables", shown(name), f"among {known}" if names else known)
    today = today or datetime.now(UTC).date()
    return {variable.name: _bind(variable, given.get(variable.name), today) for variable in variables}


def read_texts(
    variables: Variables, given: Mapping[str, Sequence[str]], today: date | None = None
) -> dict[str, Any]:
    """The same from an address or a form, whose values are texts; an empty one counts as left out.

    A list is separated by commas or repeated. An unknown name is passed over, unless it is a near miss.
    """
    declared = {variable.name: variable for variable in variables}
    values = {}
    for name, written in given.items():
        texts = list(dict.fromkeys(text.strip() for text in written if text.strip()))
        if not texts:
            continue
        if name in declared:
            values[name] = _typed(declared[name], texts)
        elif name not in RESERVED:
            _refuse_near_miss(name, texts[0], [*declared, *RESERVED])
    return bind_variables(variables, values, today)


def text_of(value: Any) -> str:
    """A value as an address or a form says it."""
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_near_miss(name: str, value: str, known: Sequence[str]) -> None:
    lower = {other.lower(): other for other in known}
    if meant := get_close_matches(name.lower(), lower, 1, cutoff=0.75):
        raise UnknownParameter(shown(name), shown(value), lower[meant[0]])


def _bind(variable: Variable, value: Any, today: date) -> Any:
    if value is None:
        value = variable.default
    if value is None:
        if variable.required:
            raise InvalidParameter(variable.name, "", f"given: {_wanted(variable)}")
        return None
    read = _read(variable, value, today)
    if variable.choices:
        choices = [_read_one(variable, choice, today) for choice in variable.choices]
        for one in read if isinstance(read, list) else [read]:
            if one not in choices:
                offered = ", ".join(map(text_of, variable.choices))
                raise InvalidParameter(variable.name, shown(text_of(one)), f"one of {offered}")
    return read


def _read(variable: Variable, value: Any, today: date) -> Any:
    if variable.type != "list":
        return _read_one(variable, value, today)
    if not isinstance(value, list) or len(value) > MOST_LISTED:
        raise _wrong(variable, value)
    return [_read_one(variable, one, today) for one in value]


def _read_one(variable: Variable, value: Any, today: date) -> Any:
    """One value of the variable's type, or of its list. Raises InvalidParameter."""
    match variable.type, value:
        case "boolean", bool():
            return value
        case ("string", str()) | ("list", str() | int() | float()):
            return value
        case (_, bool()) | ("boolean", _):
            pass
        case "integer", int() | float() if -(2**63) <= value < 2**63 and value == int(value):
            return int(value)
        case "number", int() | float() if math.isfinite(value):
            return value
        case "date", str() if day := _day(value, today):
            return day
    raise _wrong(variable, value)


def _day(text: str, today: date) -> str | None:
    try:
        day = read_day(text, today)
    except ValueError:
        return None
    return day.isoformat() if FIRST_DAY <= day <= LAST_DAY else None


def _wrong(variable: Variable, value: Any) -> InvalidParameter:
    return InvalidParameter(variable.name, shown(text_of(value)), _wanted(variable))


def _wanted(variable: Variable) -> str:
    return {
        "string": "a text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "date": f"a day from {FIRST_DAY} to {LAST_DAY}, written YYYY-MM-DD, today, yesterday, or counted "
        "back as in -90d, -12w, -6m, -1y",
        "list": f"a list of at most {MOST_LISTED} texts or numbers",
    }[variable.type]


def _typed(variable: Variable, texts: list[str]) -> Any:
    """The texts as a JSON value; what is none of the type stays a text, which is told then."""
    if variable.type == "list":
        parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
        return [_number(part) for part in parts] if _holds_numbers(variable) else parts
    if len(texts) > 1:
        raise InvalidParameter(variable.name, " and ".join(map(shown, texts)), "given once")
    text = texts[0]
    if variable.type == "boolean":
        return _WORDS.get(text.lower(), text)
    return _number(text) if variable.type in ("integer", "number") else text


def _number(text: str) -> int | float | str:
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _holds_numbers(variable: Variable) -> bool:
    """Whether a list is one of numbers, as its own values tell."""
    told = [*variable.choices]
    for value in (variable.default, variable.example):
        told += value if isinstance(value, list) else []
    return bool(told) and not any(isinstance(value, str) for value in told)
