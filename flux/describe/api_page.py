"""The OpenAPI document as a reference for people: routes by subject, and every shape as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

Schema = dict[str, Any]
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field: what it is called, what it may be, and whether it must be there."""

    name: str
    type: str
    links: tuple[str, ...]  # shapes that the type names
    needed: bool
    help: str
    place: str = ""  # of a parameter: path, query, header


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one address."""

    id: str
    method: str
    path: str
    summary: str
    help: str
    rows: list[Row]
    body: Row | None
    files: tuple[str, ...]  # kinds of body that are taken besides JSON
    examples: list[tuple[str, str]]
    answers: list[tuple[str, str, Row | None]]  # status, meaning, body


@dataclass(frozen=True, slots=True)
class Subject:
    """The routes of one tag."""

    name: str
    help: str
    routes: list[Route]


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema with its fields."""

    name: str
    help: str
    rows: list[Row]


def document_routes(document: Schema) -> list[Subject]:
    """Every route, by subject, in the document's order."""
    routes: dict[str, list[Route]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            routes[told["tags"][0]].append(_route(path, method, told))
    return [Subject(tag["name"], tag["description"], routes[tag["name"]]) for tag in document["tags"]]


def document_shapes(document: Schema) -> list[Shape]:
    """Every schema, in order of name."""
    shapes = document["components"]["schemas"].items()
    return [Shape(name, schema.get("description", ""), list(_fields(schema))) for name, schema in shapes]


def _route(path: str, method: str, told: Schema) -> Route:
    content = told.get("requestBody", {}).get("content", {})
    body = content.get(JSON)
    return Route(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        help=told["description"],
        rows=[
            _row(p["name"], p["schema"], p["required"], p.get("description", ""), p["in"])
            for p in told.get("parameters", [])
        ],
        body=_row("body", body["schema"], True) if body else None,
        files=tuple(kind for kind in content if kind != JSON),
        examples=[
            (name, _pretty(example["value"])) for name, example in (body or {}).get("examples", {}).items()
        ],
        answers=[_answer(status, response) for status, response in sorted(told["responses"].items())],
    )


def _answer(status: str, response: Schema) -> tuple[str, str, Row | None]:
    shown = response.get("content", {}).get(JSON) if status < "400" else None
    return status, response["description"], _row("body", shown["schema"], True) if shown else None


def _fields(schema: Schema) -> Iterator[Row]:
    needed = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        yield _row(name, field, name in needed, field.get("description", ""))


def _row(name: str, schema: Schema, needed: bool, help: str = "", place: str = "") -> Row:
    return Row(name, _words(schema), tuple(dict.fromkeys(_named(schema))), needed, help, place)


def _words(schema: Schema) -> str:
    """A schema's type in words: `integer, 1 to 100`, `list of text or null`, `one of asc, desc`."""
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(_words(one) for one in schema[choice]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = schema.get("type", "any")
    words = [_word(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    default = f"; `{schema['default']}`" if schema.get("default") not in (None, "", [], {}) else ""
    return " or ".join(words) + default


def _word(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {_words(schema.get('items', {}))}"
    if kind == "string":
        return {"date": "day", "date-time": "moment", "binary": "file"}.get(schema.get("format", ""), "text")
    if kind in ("integer", "number") and "minimum" in schema and "maximum" in schema:
        return f"{kind}, {schema['minimum']:,} to {schema['maximum']:,}"
    return kind


def _named(schema: Schema) -> Iterator[str]:
    """The shapes that a schema refers to."""
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _named(part)
    if "items" in schema:
        yield from _named(schema["items"])


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
