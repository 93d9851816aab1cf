"""An analysis's parameters as a form: a field for each, made from the model that checks them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from flux.analyses.kind import Kind, Parameters, SourceParameters
from flux.catalog.query import Profile
from flux.describe.form import Choices, Field, Group, label
from flux.schemas.reading import read_model
from flux.store.analyses import Analysis
from flux.store.data_sources import DataSource

_LABELS = {
    "profile_ids": "Profiles",
    "tz": "Time zone",
    "range": "Window",
    "data_source_id": "Table",
    "lag": "Later by",
}
_WHEN = ("range", "from", "to", "compare_from", "compare_to", "tz")
_UNITS = {"d": "day", "w": "week", "m": "month", "y": "year"}
_FEW = 10  # numbers that are offered one by one


def form_of(
    kind: Kind,
    told: MultiDict[str, str],
    profiles: Sequence[Profile],
    tables: Sequence[DataSource],
    errors: Mapping[str, str],
) -> list[Group]:
    """The kind's parameters in two groups, filled with what was told; `errors` by parameter."""
    choices = {
        "profile_ids": tuple((p.public_id, p.name) for p in profiles),
        "data_source_id": tuple((t.public_id, t.name) for t in tables),
        **_columns(kind, tables),
    }
    groups: dict[str, list[Field]] = {"What": [], "When": []}
    for name, schema in _properties(kind).items():
        if name == "profile_ids" and len(profiles) < 2:
            continue  # there is nothing to choose
        field = _field(name, schema, told.getlist(name), choices.get(name), errors.get(name, ""))
        if name == "range":
            field = _with_default(field, kind)
        groups["When" if name in _WHEN else "What"].append(field)
    groups["When"].sort(key=lambda field: _WHEN.index(field.name))
    return [Group(title, tuple(fields)) for title, fields in groups.items() if fields]


def read_form(kind: Kind, told: MultiDict[str, str]) -> Parameters:
    """What the form tells; an empty field is left out. Raises InvalidParameter."""
    values: dict[str, Any] = {}
    for name, schema in _properties(kind).items():
        texts = [text.strip() for text in told.getlist(name) if text.strip()]
        if texts:
            values[name] = texts if schema["type"] == "array" else _value(texts[0], schema)
    read: Parameters = read_model(kind.parameters, values)
    return read


def told_of(analysis: Analysis, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was asked, label and value; `names` are those of profiles and tables by their public ids."""
    found = []
    for name, value in analysis.parameters.items():
        texts = [str(each) for each in (value if isinstance(value, list) else [value]) if each is not None]
        if texts:
            found.append((_label(name), ", ".join(names.get(text, text) for text in texts)))
    return found


def _label(name: str) -> str:
    return _LABELS.get(name, label(name))


def _value(text: str, schema: Mapping[str, Any]) -> int | str:
    whole = schema["type"] == "integer" and text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if whole else text


def _properties(kind: Kind) -> dict[str, dict[str, Any]]:
    """Each parameter's JSON schema, without the alternative that it is null."""
    found = {}
    for name, schema in kind.parameters.model_json_schema(by_alias=True)["properties"].items():
        meant: dict[str, Any] = next((s for s in schema.get("anyOf", ()) if s.get("type") != "null"), {})
        found[name] = {**schema, **meant, "description": schema.get("description", "")}
    return found


def _columns(kind: Kind, tables: Sequence[DataSource]) -> dict[str, Choices]:
    """For each parameter that names a column, those of the tables that will do."""
    if not issubclass(kind.parameters, SourceParameters):
        return {}
    blank: Any = dict.fromkeys(kind.parameters.model_fields, "")
    wanted = kind.parameters.model_construct(**blank).wanted()
    return {
        name: tuple(
            dict.fromkeys(
                (column["name"], column["name"])
                for table in tables
                for column in table.columns or ()
                if column["type"] in types
            )
        )
        for name, (_, types) in wanted.items()
    }


def _field(
    name: str, schema: Mapping[str, Any], values: Sequence[str], choices: Choices | None, error: str
) -> Field:
    kind = "checks" if schema["type"] == "array" else "zone" if name == "tz" else "text"
    if choices is None:
        choices = tuple((text, label(text)) for text in _offered(schema))
    if choices and kind == "text":
        kind = "select"
    default = schema.get("default")
    return Field(
        name=name,
        label=_label(name),
        kind=kind,
        help=schema["description"],
        values=tuple(values) or (() if default is None else (str(default),)),
        choices=choices,
        placeholder=", ".join(schema.get("examples", ())[:3]),
        error=error,
    )


def _offered(schema: Mapping[str, Any]) -> list[str]:
    """The values that can be offered one by one, as texts."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and high - low <= _FEW:
        return [str(number) for number in range(low, high + 1)]
    return [str(each) for each in schema.get("enum", ())]


def _with_default(field: Field, kind: Kind) -> Field:
    """The window with a choice of none, and what holds where no day is named either."""
    choices = (("", "From … to (below)"), *field.choices)
    usual = f"{field.help} Without any of them: {_words(kind.window)}."
    return replace(field, values=field.values or ("",), choices=choices, help=usual)


def _words(window: str) -> str:
    """A kind's own window in words: `-90d` is "the last 90 days"."""
    if not window.startswith("-"):
        return "everything" if window == "all" else label(window).lower()
    count, unit = window[1:-1], _UNITS[window[-1]]
    return f"the last {unit}" if count == "1" else f"the last {count} {unit}s"
