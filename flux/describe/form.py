"""The catalog as a form: a field for every parameter that a dataset declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flux.catalog.declare import Dataset, Param
from flux.catalog.query import Arguments, Profile

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One input: what it is called, what it offers, what stands in it, and what is wrong with that."""

    name: str
    label: str
    kind: str  # select, checks, text, number, zone
    help: str
    values: tuple[str, ...]
    choices: Choices = ()
    placeholder: str = ""
    minimum: int | None = None
    maximum: int | None = None
    error: str = ""

    @property
    def value(self) -> str:
        """The only value, or an empty text."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together."""

    title: str
    fields: tuple[Field, ...]


_LABELS = {
    "profile_id": "Profiles",
    "tz": "Time zone",
    "by": "Group by",
    "bom": "Byte order mark",
    "safe": "Formula guard",
    "range": "Window",
}
_CHOICE_LABELS = {
    ("range", ""): "From … to (below)",
    ("compare", ""): "Nothing",
    ("compare", "previous"): "The stretch before",
    ("safe", "1"): "On: text cannot become a formula",
    ("safe", "0"): "Off: raw text",
    ("bom", "0"): "None",
    ("bom", "1"): "Yes, for a double click in Excel",
    ("format", "json"): "JSON",
    ("format", "csv"): "CSV",
    ("order", "desc"): "Newest first",
    ("order", "asc"): "Oldest first",
}
_WHEN = ("range", "from", "to", "tz")
_KINDS = {
    "choice": "select",
    "flag": "select",
    "ids": "checks",
    "integer": "number",
    "number": "number",
    "zone": "zone",
}


def form(
    dataset: Dataset, arguments: Arguments, profiles: Iterable[Profile], errors: Mapping[str, str]
) -> list[Group]:
    """The dataset's parameters as fields in three groups, filled with `arguments`; `errors` by parameter."""
    own = tuple((p.public_id, p.name) for p in profiles)
    groups: dict[str, list[Field]] = {"What": [], "When": [], "Written as": []}
    for param in dataset.params:
        # What a metric calls its variables is its author's business.
        named = dataset.folder == "datasets" or param.representation
        title = "Written as" if param.representation else "When" if named and param.name in _WHEN else "What"
        words = _LABELS.get(param.name, label(param.name)) if named else param.name
        given = arguments.get(param.name, [])
        groups[title].append(_field(param, words, given, own, errors.get(param.name, "")))
    groups["When"].sort(key=lambda field: _WHEN.index(field.name))
    return [Group(title, tuple(fields)) for title, fields in groups.items()]


def chosen(dataset: Dataset, arguments: Arguments) -> list[tuple[str, str]]:
    """The parameters that change the answer, in the order of their declaration; defaults are left out."""
    found = []
    for param in dataset.params:
        texts = [text.strip() for text in arguments.get(param.name, ()) if text.strip()]
        several = param.type in ("ids", "list")
        text = ",".join(dict.fromkeys(texts)) if several else texts[0] if texts else ""
        if text and text != param.default:
            found.append((param.name, text))
    return found


def label(name: str) -> str:
    """A name as words: `last_30_days` is `Last 30 days`."""
    words = name.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


def _field(param: Param, words: str, values: Sequence[str], own: Choices, error: str) -> Field:
    kind = _KINDS.get(param.type, "text")
    if param.type == "list" and param.choices:
        kind = "checks"
    given = (
        tuple(v for text in values for v in text.split(",") if v) if kind == "checks" else tuple(values[:1])
    )
    return Field(
        name=param.name,
        label=words,
        kind=kind,
        help=param.help,
        values=given or ((param.default,) if kind == "select" and param.default else ()),
        choices=own if param.type == "ids" else _choices(param),
        placeholder=param.default or param.default_help or "",
        minimum=param.minimum,
        maximum=param.maximum,
        error=error,
    )


def _choices(param: Param) -> Choices:
    """Every choice with its label; where nothing holds by default, leaving it out is a choice too."""
    names = param.choices if param.default or param.type == "list" else ("", *param.choices)
    return (
        tuple((name, _CHOICE_LABELS.get((param.name, name), label(name))) for name in names)
        if param.choices
        else ()
    )
