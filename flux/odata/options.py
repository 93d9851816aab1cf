"""A request's query options, read once: those of OData begin with `$`, those of the dataset do not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flux.catalog import params
from flux.catalog.kinds import shown
from flux.describe.edm import OPTIONS, EntitySet
from flux.mistakes import InvalidParameter, NotOffered, UnknownParameter
from flux.odata.expressions import Expression
from flux.odata.language import read_filter, read_order, read_select

PAGE = 5_000
MAX_NUMBER = 1_000_000_000
READ = ("$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format")
_NOT_SERVED = ("$expand", "$search", "$apply", "$compute", "$levels", "$index", "$deltatoken", "$id")
_LEVELS = ("minimal", "none", "full")

_WRITING = {param.name for param in params.WRITING}

Arguments = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a set, every default filled in. `state`: of the data that the first page had."""

    filter: Expression | None
    order: tuple[tuple[Expression, bool], ...]
    columns: tuple[int, ...]  # places
    selected: bool
    top: int | None
    skip: int
    count: bool
    served: int
    state: str | None
    page: int
    level: str


def read_options(of: EntitySet, given: Arguments, accept: str = "", prefer: str = "") -> Options:
    """The options in `given`, and those in the headers. Raises a Mistake."""
    values = _values(given)
    served, state = _read_token(values.get("$skiptoken"))
    order = read_order(of, values["$orderby"]) if "$orderby" in values else []
    columns = read_select(of, values.get("$select", "*"))
    return Options(
        filter=read_filter(of, values["$filter"]) if "$filter" in values else None,
        order=tuple(order),
        columns=columns,
        selected=len(columns) < len(of.columns),
        top=_read_number("$top", values["$top"]) if "$top" in values else None,
        skip=_read_number("$skip", values.get("$skip", "0")),
        count=_read_flag("$count", values.get("$count", "false")),
        served=served,
        state=state,
        page=read_page_size(prefer) or PAGE,
        level=read_level(values.get("$format"), accept),
    )


def asked_of(of: EntitySet, given: Arguments) -> dict[str, list[str]]:
    """What is asked of the dataset: its own parameters, those the set stands for, and else all of its data.

    Raises InvalidParameter for those that have their place among OData's options.
    """
    asked = {
        name: values for name, values in given.items() if not name.startswith("$") and name not in _WRITING
    }
    for name in OPTIONS.keys() & asked.keys():
        raise InvalidParameter(name, shown(asked[name][0]), f"written as {OPTIONS[name]} here")
    for name, value in of.fixed:
        asked[name] = [*dict.fromkeys([value, *(text.strip().lower() for text in asked.get(name, []))])]
    if of.is_whole(name for name, texts in asked.items() if "".join(texts).strip()):
        asked["range"] = ["all"]
    return asked


def _values(given: Arguments) -> dict[str, str]:
    """One value for each of OData's options."""
    values = {}
    for name, texts in given.items():
        if f"${name}" in READ and name != "format":
            raise UnknownParameter(name, shown(texts[0]), f"${name}")
        if not name.startswith("$"):
            continue
        if name in _NOT_SERVED:
            raise NotOffered(f"'{name}' is not served. There are: {', '.join(READ)}.", parameter=name)
        if name not in READ:
            raise InvalidParameter(shown(name), shown(texts[0]), f"left out, or one of {', '.join(READ)}")
        if len(texts) > 1:
            raise InvalidParameter(name, " and ".join(map(shown, texts)), "given once")
        values[name] = texts[0].strip()
    return values


def _read_number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= MAX_NUMBER:
        return int(text)
    raise InvalidParameter(name, shown(text), f"a whole number from 0 to {MAX_NUMBER:,}")


def _read_flag(name: str, text: str) -> bool:
    if text in ("true", "false"):
        return text == "true"
    raise InvalidParameter(name, shown(text), "true or false")


def _read_token(text: str | None) -> tuple[int, str | None]:
    """How many rows were served, and of which data."""
    if text is None:
        return 0, None
    token = re.fullmatch(r"([0-9]{1,9})-([0-9a-f]{16})", text)
    if token is None:
        raise InvalidParameter("$skiptoken", shown(text), "taken from @odata.nextLink as it stands")
    return int(token[1]), token[2]


def read_page_size(prefer: str) -> int | None:
    """The rows of a page, where the client prefers fewer than there would be."""
    found = re.search(r"(?:odata\.)?maxpagesize=\"?([0-9]{1,9})", prefer)
    return min(int(found[1]), PAGE) or None if found else None


def read_level(format: str | None, accept: str) -> str:
    """How much metadata rows carry. Raises NotOffered for a format that is not JSON."""
    if format is not None and not re.match(r"(json|application/json)\b", format):
        raise NotOffered(f"'{shown(format)}' is no format here: $format is json.", parameter="$format")
    found = re.search(r"\bmetadata=(\w+)", accept if format is None else format)
    return found[1] if found and found[1] in _LEVELS else "minimal"
