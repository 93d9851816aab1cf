"""The models as JSON schemas: one by one, by reference, and all of them together."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from flux.catalog import CATALOG
from flux.describe.feeds import describe_meta, describe_rows
from flux.schemas.failures import ErrorAnswer
from flux.schemas.operations import Operation

Schema = dict[str, Any]

REF = "#/components/schemas/{model}"


class _Plain(GenerateJsonSchema):
    """Without a title for each field, which only says its name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def refer(model: Any) -> Schema:
    """A reference to a model, or the union that it is."""
    if isinstance(model, type):
        return {"$ref": REF.format(model=model.__name__)}
    schema: Schema = TypeAdapter(model).json_schema(ref_template=REF, schema_generator=_Plain)
    schema.pop("$defs", None)
    return schema


def inline(model: Any) -> Schema:
    """A schema without references, its nulls taken out: a parameter is left out instead."""
    schema = TypeAdapter(model).json_schema(schema_generator=_Plain)
    for name, value in schema.get("properties", {}).items():
        if "anyOf" in value:
            chosen = next(choice for choice in value["anyOf"] if choice.get("type") != "null")
            schema["properties"][name] = chosen | {"description": value.get("description", "")}
    return schema


def describe_schemas(operations: Iterable[Operation]) -> Schema:
    """Every model that the operations take or give, and every dataset's rows."""
    models = [op.answer for op in operations if op.answer not in (None, dict)]
    models += [op.body for op in operations if op.body is not None]
    models += [op.uploads for op in operations if op.uploads] + [ErrorAnswer]
    inputs = [(number, "validation", TypeAdapter(model)) for number, model in enumerate(models)]
    _, shared = TypeAdapter.json_schemas(inputs, ref_template=REF, schema_generator=_Plain)  # type: ignore[arg-type]
    found: Schema = dict(shared.get("$defs", {}))
    for dataset in CATALOG.values():
        found |= describe_rows(dataset)
    return dict(sorted({**found, "FeedMeta": describe_meta()}.items()))
