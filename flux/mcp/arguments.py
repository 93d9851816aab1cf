"""A call's arguments, checked against the tool's schema; every mistake says what would be right."""

import json
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flux.catalog.kinds import shown
from flux.describe.tool import BY_NAME, Tool
from flux.mistakes import InvalidParameter, Mistake, UnknownParameter

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

MAX_DEPTH = 8  # lists and objects within each other
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def check(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments, each whole number an int: to JSON Schema, 10.0 is one too.

    Raises InvalidParameter or UnknownParameter for the first thing that is wrong.
    """
    _check_texts(arguments)
    for error in _validator(tool.name).iter_errors(arguments):
        raise _mistake(tool, error)
    whole = {name for name, schema in tool.input["properties"].items() if schema["type"] == "integer"}
    return {name: int(value) if name in whole else value for name, value in arguments.items()}


@lru_cache
def _validator(name: str) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # a tenth of a second that a command or a page does not need

    return Draft202012Validator(BY_NAME[name].input)


def _check_texts(arguments: dict[str, Any]) -> None:
    """Refuses what no database holds, and what is nested so deeply that reading it would not end."""
    waiting: list[tuple[str, Any, int]] = [(name, value, 1) for name, value in arguments.items()]
    waiting += [(name, name, 1) for name in arguments]
    while waiting:
        name, value, depth = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            raise InvalidParameter(quote(name), quote(value), "without the character NUL")
        if isinstance(value, list | dict):
            if depth == MAX_DEPTH:
                raise InvalidParameter(quote(name), "nested", f"at most {MAX_DEPTH} lists or objects deep")
            inner = value if isinstance(value, list) else [*value, *value.values()]
            waiting += [(name, one, depth + 1) for one in inner]


def _mistake(tool: Tool, error: "ValidationError") -> Mistake:
    """The error as a sentence that quotes the value."""
    name = _place(error) or "arguments"
    if error.validator == "additionalProperties":
        return _unknown(tool, name, error)
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        told = f"'{_below(name, missing)}' is missing. {_told_of(error.schema, missing)}"
        return Mistake(told, parameter=_below(name, missing))
    return InvalidParameter(name, quote(error.instance), _wanted(error))


def _unknown(tool: Tool, name: str, error: "ValidationError") -> Mistake:
    known = list(error.schema["properties"])
    given = next(key for key in error.instance if key not in known)
    if meant := get_close_matches(given.lower(), known, 1, cutoff=0.75):
        return UnknownParameter(quote(given), quote(error.instance[given]), meant[0])
    where = f"'{name}'" if error.absolute_path else tool.name
    takes = f"{where} takes {', '.join(known)}" if known else f"{where} takes no arguments"
    return Mistake(f"There is no argument '{quote(given)}': {takes}.", parameter=quote(given))


def _wanted(error: "ValidationError") -> str:
    """What the keyword that the value breaks asks for."""
    asked = error.validator_value
    match error.validator:
        case "enum":
            return f"one of {', '.join(asked)}"
        case "type":
            return " or ".join(_TYPES[name] for name in ([asked] if isinstance(asked, str) else asked))
        case "minimum" | "maximum":
            return f"from {error.schema['minimum']} to {error.schema['maximum']}"
        case "minLength":
            return "a text that is not empty"
        case "minItems":
            return "a list that is not empty"
        case "maxLength":
            return f"at most {asked:,} characters long"
        case "maxItems":
            return f"at most {asked} items long"
        case _:
            return f"as its schema says: {error.validator} {asked}"


def _place(error: "ValidationError") -> str:
    """Where the error is: `filters[0].op`."""
    name = ""
    for part in error.absolute_path:
        name = f"{name}[{part}]" if isinstance(part, int) else _below(name, part)
    return name


def _below(name: str, part: str) -> str:
    return part if name in ("", "arguments") else f"{name}.{part}"


def _told_of(schema: dict[str, Any], name: str) -> str:
    told: str = schema["properties"][name].get("description", "")
    return told


def quote(value: Any) -> str:
    """A value as an error may repeat it: a list or an object can be long and deep."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return shown(value if isinstance(value, str) else json.dumps(value)).replace("\0", "�")
