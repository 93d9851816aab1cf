"""What the tools give: a schema for each result, made from the same declarations as the feeds' own."""

from typing import Any

from flux.catalog import CATALOG
from flux.describe.feeds import describe_meta, describe_rows, row_name
from flux.schemas.metrics import Variable
from flux.schemas.scores import Score
from flux.schemas.search import Hit

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
UNKNOWN_TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
MOMENT: Schema = {"type": ["string", "null"], "description": "ISO 8601; null: nothing was imported yet."}
CELLS: Schema = {"type": "array", "items": {"type": "array"}, "description": "A list of cells for each row."}
PAGE: dict[str, Schema] = {
    "returned": WHOLE | {"description": "Rows on this page."},
    "truncated": FLAG | {"description": "Whether more rows follow this page."},
    "next_cursor": UNKNOWN_TEXT | {"description": "`cursor` of the next page."},
}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema, help: str = "") -> Schema:
    return {"type": "array", "items": items} | ({"description": help} if help else {})


def _meta() -> Schema:
    """What was asked, without what a page says itself."""
    told = describe_meta()
    gone = ("limit", "offset", "order", "row_count")
    return told | {
        "properties": {name: schema for name, schema in told["properties"].items() if name not in gone},
        "required": [name for name in told["required"] if name not in gone],
    }


_COLUMN = _object(
    name=TEXT,
    type=TEXT,
    role=TEXT,
    unit=UNKNOWN_TEXT,
    nullable=FLAG,
    additive=FLAG | {"description": "Whether it may be summed over rows."},
    description=TEXT,
)
_DATASET = _object(
    name=TEXT,
    title=TEXT,
    grain=TEXT | {"description": "What one row is."},
    description=TEXT,
    columns=_list(_COLUMN),
    compared_columns=_list(TEXT, "Columns that `compare` adds."),
    parameters={
        "type": "object",
        "additionalProperties": _list(TEXT),
        "description": "Arguments of `query_dataset` that it takes; with their choices, if they have any.",
    },
)
_METRIC_COLUMN = _object(name=TEXT, type=TEXT)
_METRIC = _object(
    id=TEXT,
    name=TEXT,
    description=TEXT,
    variables=_list(Variable.model_json_schema(mode="serialization")),
    columns=_list(_METRIC_COLUMN),
)

PROFILES = _object(
    profiles=_list(
        _object(
            id=TEXT,
            name=TEXT,
            kind=TEXT | {"description": "personal or company."},
            url=UNKNOWN_TEXT,
            timezone=TEXT,
            first_post_at=MOMENT,
            data_updated_at=MOMENT,
        )
    ),
    **PAGE,
)
DATASETS = _object(datasets=_list(_DATASET), metrics=_list(_METRIC))
ROWS = _object(dataset=TEXT, columns=_list(TEXT), rows=CELLS, **PAGE, meta=_meta())
POST = _object(post=describe_rows(CATALOG["posts"])[row_name(CATALOG["posts"])])
SCORE = Score.model_json_schema(mode="serialization")
HITS = _object(
    hits=_list(Hit.model_json_schema(mode="serialization")),
    total={"type": ["integer", "null"], "description": "Posts found; null where not all were counted."},
    note=UNKNOWN_TEXT | {"description": "What to keep in mind of the order, if anything."},
    **PAGE,
)
METRIC = _object(
    metric_id=TEXT,
    name=TEXT,
    columns=_list(_METRIC_COLUMN),
    rows=CELLS,
    **PAGE,
    cut=FLAG | {"description": "Whether the query itself had more rows than a metric may give."},
    elapsed_ms=WHOLE,
    cached=FLAG,
)
