"""The editor's form: what somebody typed, kept as it is, and what is made of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from flux.metrics import used_variables
from flux.mistakes import InvalidParameter, InvalidQuery, Mistake
from flux.schemas.metrics import DOORS, MOST_VARIABLES, MetricIn, Scalar, Value, Variable
from flux.schemas.reading import read_model
from flux.variables import read_texts, text_of

_PARTS = ("name", "type", "description", "default", "choices", "example")
_SIGNS = (
    ("integer", r"\b(limit|offset)\s*'?"),
    ("list", r"\bin\s*\(?\s*"),
    ("date", r"\bdate\s*([<>=]+|between)\s*'?"),
)
_TRIED_WITH = {"integer": "10", "date": "-90d"}


@dataclass(frozen=True, slots=True)
class Row:
    """A variable as its row of the form has it: texts, however wrong. `choices` stand one a line."""

    name: str = ""
    type: str = "string"
    description: str = ""
    required: bool = True
    default: str = ""
    choices: str = ""
    example: str = ""  # what the query is tried with


@dataclass(frozen=True, slots=True)
class Draft:
    """A metric as it stands in the editor."""

    name: str = ""
    description: str = ""
    query: str = ""
    open_to: tuple[str, ...] = DOORS
    rows: tuple[Row, ...] = ()

    def asked(self) -> dict[str, list[str]]:
        """What the query is tried with, as an address would say it."""
        return {row.name: [row.example] for row in self.rows if row.example}


def read_draft(told: MultiDict[str, str]) -> Draft:
    """The form as it was sent. Lines end as they do in a query, and names have no space around them."""
    texts = {name: told.get(name, "").replace("\r\n", "\n") for name in ("name", "description", "query")}
    rows = []
    for n in range(MOST_VARIABLES):
        if f"v{n}-name" in told:
            parts = {part: told.get(f"v{n}-{part}", "").replace("\r\n", "\n").strip() for part in _PARTS}
            rows.append(Row(**parts, required=f"v{n}-required" in told))
    return Draft(**texts, open_to=tuple(told.getlist("open_to")), rows=tuple(rows))


def draft_of(source: MetricIn) -> Draft:
    """The form for a metric that is there."""
    rows = tuple(
        Row(
            name=v.name,
            type=v.type,
            description=v.description,
            required=v.required,
            default="" if v.default is None else text_of(v.default),
            choices="\n".join(map(text_of, v.choices)),
            example="" if v.example is None else text_of(v.example),
        )
        for v in source.variables
    )
    return Draft(source.name, source.description or "", source.query, tuple(source.open_to), rows)


def with_used_variables(draft: Draft) -> Draft:
    """The draft with a row for each variable that the query names and the form has none for.

    Rows that came in this way and were left as they are go again, once the query does not name them.
    """
    try:
        used = list(used_variables(draft.query))
    except InvalidQuery:
        return draft  # running it will tell
    known = {row.name for row in draft.rows}
    fresh = [_likely(name, _type(name, draft.query)) for name in used if name not in known]
    kept = [row for row in draft.rows if row.name in used or row != _likely(row.name, row.type)]
    rows = [row for row in kept if row != Row()] if fresh else kept
    return replace(draft, rows=(*rows, *fresh)[:MOST_VARIABLES])


def _likely(name: str, type: str) -> Row:
    """A variable's row as nobody has touched it yet: the query can be tried with it where that can be."""
    return Row(name, type, example=_TRIED_WITH.get(type, ""))


def _type(name: str, query: str) -> str:
    """The likely type of a variable, by what stands before it."""
    for kind, before in _SIGNS:
        if re.search(rf"{before}@\{{\s*{name}\s*\}}", query, re.IGNORECASE):
            return kind
    return "string"


def metric_of(draft: Draft, name: str | None = None) -> MetricIn:
    """What the draft says, checked; with `name` it need not have one yet. Raises InvalidParameter."""
    told = {
        "name": name or draft.name.strip(),
        "description": draft.description.strip() or None,
        "query": draft.query,
        "variables": [_variable(n, row) for n, row in enumerate(draft.rows) if row != Row()],
        "open_to": list(draft.open_to),
    }
    read: MetricIn = read_model(MetricIn, told)
    return read


def _variable(n: int, row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "type": row.type,
        "description": row.description,
        "required": row.required,
        "default": _typed(n, "default", row, row.default),
        "choices": _choices(n, row),
        "example": _typed(n, "example", row, row.example),
    }


def _choices(n: int, row: Row) -> list[Value | None]:
    lines = [line.strip() for line in row.choices.split("\n") if line.strip()]
    return [*_numbers(lines)] if row.type == "list" else [_typed(n, "choices", row, line) for line in lines]


def _typed(n: int, part: str, row: Row, text: str) -> Value | None:
    """A text of the form as a value of the row's type. Raises InvalidParameter."""
    if not text:
        return None
    if row.type == "list":
        return _numbers([each.strip() for each in text.split(",") if each.strip()])
    if row.type not in ("integer", "number", "boolean"):
        return text  # a relative day stays one
    try:
        return _value(row.type, text)
    except Mistake as wrong:
        right = wrong.details.get("constraint", "of its type")
        raise InvalidParameter(f"variables.{n}.{part}", text[:50], right) from None


def _value(type: str, text: str) -> Scalar:
    value: Scalar = read_texts([Variable.model_validate({"name": "x", "type": type})], {"x": [text]})["x"]
    return value


def _numbers(texts: list[str]) -> list[Scalar]:
    """The texts as numbers if all of them are some."""
    try:
        return [_value("number", text) for text in texts]
    except Mistake:
        return list(texts)


def field_of(wrong: Mistake | None, rows: Sequence[Row]) -> str:
    """The name of the form's field that a mistake is about; empty where it is about none."""
    place = wrong.details.get("parameter", "") if wrong else ""
    if wrong is None or not place:
        return ""
    if found := re.fullmatch(r"variables\.(\d+)\.(\w+)(\.\d+)?", place):
        return f"v{found[1]}-{found[2]}"
    about, part = (wrong.details.get("value", ""), "name") if place == "variables" else (place, "example")
    names = [row.name for row in rows]
    return f"v{names.index(about)}-{part}" if about in names else place
