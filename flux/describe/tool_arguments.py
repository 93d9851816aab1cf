"""What the tools take: an argument for each parameter that the catalog declares, and those of paging."""

from typing import Any

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset, Param
from flux.catalog.params import FROM, MAX_PROFILES, RANGE, TO
from flux.describe.page import document_params

Schema = dict[str, Any]

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "contains", "is_null", "not_null")
SORTS = ("relevance", "date", "engagement")
MAX_ROWS, MAX_HITS, MAX_COLUMNS, MAX_FILTERS = 500, 50, 60, 20
_WRITTEN_OTHERWISE = ("limit", "offset", "order")  # a page, a cursor and `order_by` stand for these here


def asked_by(dataset: Dataset) -> list[Param]:
    """The parameters that choose rows; how rows are written and paged is the same for every dataset here."""
    return [p for p in dataset.params if not p.representation and p.name not in _WRITTEN_OTHERWISE]


def arguments(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object of these and no other properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def text(help: str, most: int = 100) -> Schema:
    """A text that is not empty."""
    return {"type": "string", "description": help, "minLength": 1, "maxLength": most}


def choice(choices: tuple[str, ...], help: str) -> Schema:
    """One of some texts."""
    return {"type": "string", "enum": list(choices), "description": help}


def page(most: int, usual: int) -> Schema:
    """The arguments of every tool that gives pages."""
    limit = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    return {
        "limit": limit | {"description": "Rows a page."},
        "cursor": text("`next_cursor` of the page before, with the same other arguments as there.", 300),
    }


def _param(param: Param, datasets: tuple[str, ...] = ()) -> Schema:
    help = param.help if not datasets else f"For {', '.join(datasets)}. {param.help}"
    return choice(param.choices, help) if param.choices else text(help, 3_000)


def dataset_params() -> Schema:
    """Every parameter of any dataset, and of which; nothing can be repeated here as in an address."""
    told = document_params(CATALOG.values())
    chosen = {param.name for dataset in CATALOG.values() for param in asked_by(dataset)}
    return {
        d.param.name: _param(d.param, () if d.everywhere else d.datasets)
        for d in told
        if d.param.name in chosen
    } | {"profile_id": PROFILE}


WINDOW = {"from": _param(FROM), "to": _param(TO), "range": _param(RANGE)}
PROFILE = text(
    f"A profile's id, or up to {MAX_PROFILES} separated by commas; left out: all that the key may see.", 3_000
)
POST_ID = text("A post's `post_id`, such as urn:li:activity:7000000000000000001.")
FILTER = arguments(
    ("column", "op"),
    column=text("A column of the dataset."),
    op=choice(
        OPERATORS,
        "`in` takes a list; `contains` looks inside a text, whatever the case, or for one of a list's "
        "elements. A null passes `is_null` only.",
    ),
    value={
        "type": ["string", "number", "boolean", "array"],
        "items": {"type": ["string", "number", "boolean"]},
        "description": "Of the column's type; left out for `is_null` and `not_null`. A moment without an "
        "offset is read in each row's own zone, a day alone as its midnight there.",
    },
)
ORDER = arguments(
    ("column",),
    column=text("A column of the dataset."),
    direction=choice(("asc", "desc"), "`asc` unless given. Nulls come last."),
)
