"""From what a client sent to a model, or to a mistake that quotes the value and says what would be right."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from flux.catalog.kinds import shown
from flux.mistakes import InvalidParameter, Mistake, UnknownParameter

_EXACT = 2**53  # beyond, a float stands for many whole numbers
T = TypeVar("T")
Texts = Mapping[str, list[str]]

_TYPES = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "missing": "given",
    "bytes_type": "a file",
}
_LENGTHS = {
    "string_too_short": "at least {min_length} long",
    "string_too_long": "at most {max_length:,} characters long",
    "too_long": "at most {max_length} long",
    "too_short": "at least {min_length} long",
}


def read_query(model: type[T], given: Texts) -> T:
    """The parameters of an address; an empty one counts as left out, an unknown name is passed over.

    Raises InvalidParameter, and UnknownParameter for a near miss of a known name.
    """
    fields: Any = model.model_fields  # type: ignore[attr-defined]
    values: dict[str, Any] = {}
    for name, written in given.items():
        texts = list(dict.fromkeys(text.strip() for text in written if text.strip()))
        if name not in fields:
            if texts and name != "key" and (meant := get_close_matches(name.lower(), fields, 1, cutoff=0.75)):
                raise UnknownParameter(name, shown(texts[0]), meant[0])
            continue
        if len(texts) > 1:
            raise InvalidParameter(name, " and ".join(map(shown, texts)), "given once")
        if texts:
            values[name] = _whole(texts[0]) if fields[name].annotation is int else texts[0]
    read: T = read_model(model, values)
    return read


def _whole(text: str) -> int | str:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else text


def read_model(model: Any, value: Any) -> Any:
    """`value`, JSON types, as the model or union of models. Raises InvalidParameter or UnknownParameter."""
    try:
        return TypeAdapter(model).validate_python(_numbers(value))
    except ValidationError as error:
        raise mistake_of(error, model) from None
    except RecursionError:
        raise InvalidParameter("body", "nested very deeply", "nested as the reference shows") from None


def _numbers(value: Any) -> Any:
    """The value with whole numbers as such: to JSON, 1.0 is an integer."""
    if isinstance(value, dict):
        return {name: _numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


def mistake_of(error: ValidationError, model: Any, skip: int = 0) -> Mistake:
    """The first mistake in the words of the interface; `skip`: how many parts of its place say nothing."""
    first = error.errors(include_url=False)[0]
    if first["type"].startswith("union_tag"):
        return _unknown_tag(first, skip)
    skip += TypeAdapter(model).core_schema["type"] == "tagged-union"  # then the tag comes first
    place = shown(_place(first["loc"][skip:]))
    if first["type"] == "extra_forbidden":
        return _unknown(place, first["input"], model)
    value = "" if first["type"] == "missing" else _quoted(first["input"])
    if first["type"] in ("greater_than_equal", "less_than_equal", "int_type", "int_parsing"):
        return _out_of_range(place, value, model)
    return InvalidParameter(place, value, _constraint(first))


def _unknown_tag(error: Any, skip: int) -> Mistake:
    """Of several shapes none is meant, for the field that says which has another value, or is not there."""
    context = error["ctx"]
    place = shown(_place([*error["loc"][skip:], context["discriminator"].strip("'")]))
    if error["type"] == "union_tag_not_found":
        return InvalidParameter(place, "", "given")
    known = str(context["expected_tags"]).replace("'", "")
    return InvalidParameter(place, _quoted(context["tag"]), f"one of {known}")


def _place(parts: Sequence[int | str]) -> str:
    """`profile_ids.0`, or `[3].name` where a list was sent."""
    if parts and isinstance(parts[0], int):
        return ".".join([f"[{parts[0]}]", *map(str, parts[1:])])
    return ".".join(map(str, parts)) or "body"


def _quoted(value: Any) -> str:
    if isinstance(value, bytes):
        return "a file"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return shown(str(value)).replace("\0", "\\0")


def _constraint(error: Any) -> str:
    """What would be right, in words."""
    kind: str = error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    if kind in _LENGTHS:
        return _LENGTHS[kind].format(**context)
    if kind in ("literal_error", "enum"):
        return "one of " + str(context["expected"]).replace("'", "").replace(" or ", ", ")
    if kind == "string_pattern_mismatch":
        return _described(context["pattern"])
    return _TYPES.get(kind, str(error["msg"]).lower())


def _described(pattern: str) -> str:
    if pattern.startswith("^") and pattern.endswith("_[0-9A-Za-z]{11}$"):
        return f"an id such as {pattern[1:].split('_', maxsplit=1)[0]}_0Aq3kQ9ZxYb"
    if r"[^\s" in pattern:
        return "a text with something to be seen in it, without NUL"
    return "a text without NUL" if r"[^\u0000]" in pattern else f"of the form {pattern}"


def _out_of_range(place: str, value: str, model: Any) -> Mistake:
    """A number outside its range, or none at all: both limits are told, whichever was passed."""
    low, high = _limits(model, place)
    if low is None or high is None:
        return InvalidParameter(place, value, "a whole number")
    return Mistake(
        f"The parameter '{place}' must be a number between {low} and {high}; it is '{value}'.",
        parameter=place,
        value=value,
        constraint=f"{low}-{high}",
    )


def _limits(model: Any, place: str) -> tuple[int | None, int | None]:
    schema: dict[str, Any] = TypeAdapter(model).json_schema(by_alias=True)
    name = place.rpartition(".")[2]
    found = [schema, *schema.get("$defs", {}).values()]
    field: dict[str, Any] = next(
        (s["properties"][name] for s in found if name in s.get("properties", {})), {}
    )
    choices = [field, *field.get("anyOf", ())]
    number: dict[str, Any] = next((c for c in choices if "minimum" in c or "maximum" in c), {})
    return number.get("minimum"), number.get("maximum")


def _unknown(place: str, value: Any, model: Any) -> Mistake:
    schema: dict[str, Any] = TypeAdapter(model).json_schema(by_alias=True)
    found = [schema, *schema.get("$defs", {}).values()]
    known = list(dict.fromkeys(name for s in found for name in s.get("properties", {})))
    if meant := get_close_matches(place.rpartition(".")[2].lower(), known, 1, cutoff=0.75):
        return UnknownParameter(place, _quoted(value), meant[0])
    mistake = Mistake(
        f"There is no field '{shown(place)}'. There are: {', '.join(known)}.",
        parameter=place,
        value=_quoted(value),
        constraint=", ".join(known),
    )
    mistake.code = "unknown_parameter"
    return mistake
