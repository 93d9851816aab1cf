"""The datasets as OpenAPI: a path and a row's schema for each, read from the catalog."""

from typing import Any

from flux.catalog import params
from flux.catalog.declare import Column, Dataset, Param

Schema = dict[str, Any]

_TYPES: dict[str, Schema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "list": {"type": "array", "items": {"type": "string"}},
}
_DAY = "^([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday|-[0-9]{1,4}[dwmy])$"
FEED_ERRORS = (
    "unknown_parameter",
    "too_many_profiles",
    "too_many_cells",
    "dataset_not_found",
    "profile_not_found",
)

VARIABLES: Schema = {
    "name": "variables",
    "in": "query",
    "required": False,
    "description": "The metric's variables, each a parameter under its own name; the values of a list are "
    "separated by commas.",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}


def row_name(dataset: Dataset) -> str:
    """The name of a row's schema: `EngagementTrendsRow`."""
    return dataset.name.title().replace("-", "") + "Row"


def answer_name(dataset: Dataset) -> str:
    """The name of the whole JSON answer's schema: `EngagementTrendsAnswer`."""
    return row_name(dataset).removesuffix("Row") + "Answer"


def operation_id(dataset: Dataset) -> str:
    """The name of the operation: `engagement_trends`."""
    return dataset.name.replace("-", "_")


def describe_rows(dataset: Dataset) -> dict[str, Schema]:
    """The schemas of a dataset's row and of its whole JSON answer."""
    compared = dataset.compared_columns() if dataset.param("compare") else ()
    row: Schema = {
        "type": "object",
        "description": f"{dataset.title}: {dataset.grain}.",
        "properties": {c.name: _column(c) for c in (*dataset.columns, *compared)},
        "required": [c.name for c in dataset.columns],
        "additionalProperties": False,
    }
    answer: Schema = {
        "type": "object",
        "description": f"The rows of `{dataset.name}`, and what was asked.",
        "properties": {
            "data": {"type": "array", "items": {"$ref": f"#/components/schemas/{row_name(dataset)}"}},
            "meta": {"$ref": "#/components/schemas/FeedMeta"},
        },
        "required": ["data", "meta"],
        "additionalProperties": False,
    }
    return {row_name(dataset): row, answer_name(dataset): answer}


def _column(column: Column) -> Schema:
    schema = dict(_TYPES[column.type])
    if column.nullable:
        schema["type"] = [schema["type"], "null"]
    unit = f" In {column.unit}." if column.unit else ""
    return schema | {"description": column.help + unit}


def describe_param(param: Param) -> Schema:
    """A query parameter."""
    told: Schema = {
        "name": param.name,
        "in": "query",
        "required": False,
        "description": param.help,
        "schema": _value(param),
        "example": [param.example] if param.type == "ids" else _typed(param, param.example),
    }
    if param.default is not None:
        told["schema"]["default"] = _typed(param, param.default)
    if param.type == "ids":
        told |= {"style": "form", "explode": False}
    return told


def _typed(param: Param, text: str) -> Any:
    return int(text) if param.type == "integer" else text


def _value(param: Param) -> Schema:
    match param.type:
        case "choice" | "flag":
            return {"type": "string", "enum": list(param.choices)}
        case "integer":
            return {"type": "integer", "minimum": param.minimum, "maximum": param.maximum}
        case "date":
            return {"type": "string", "pattern": _DAY}
        case "ids":
            one = {"type": "string", "pattern": "^prof_[0-9A-Za-z]{11}$"}
            return {"type": "array", "items": one, "maxItems": params.MAX_PROFILES}
        case "number":
            return {"type": "number"}
        case "zone" | "text" | "list":
            return {"type": "string"}


def describe_meta() -> Schema:
    """What was asked, every default told."""
    nullable: Schema = {"type": ["integer", "null"]}
    day: Schema = {"type": "string", "format": "date"}
    text: Schema = {"type": "string"}
    properties: dict[str, Schema] = {
        "dataset": text,
        "from": day,
        "to": day,
        "timezone": text | {"description": "IANA name, or `each profile's own`."},
        "granularity": text,
        "by": text,
        "compare": text,
        "previous_from": day,
        "previous_to": day,
        "limit": nullable,
        "offset": {"type": "integer"},
        "order": text,
        "profiles": {"type": "array", "items": text},
        "row_count": {"type": "integer"},
        "data_updated_at": {"type": ["string", "null"], "format": "date-time"},
    }
    always = ("dataset", "from", "to", "timezone", "profiles", "row_count", "data_updated_at")
    return {
        "type": "object",
        "description": "What was asked, every default told. What a dataset does not know is left out.",
        "properties": properties,
        "required": list(always),
        "additionalProperties": False,
    }
