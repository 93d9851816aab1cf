"""The catalog as Data Studio's connector needs it: its types, and which metrics may be summed."""

from typing import Any

from flux.catalog import CATALOG
from flux.catalog.declare import Column, Dataset

_TYPES = {
    "string": "TEXT",
    "list": "TEXT",
    "date": "YEAR_MONTH_DAY",
    "datetime": "YEAR_MONTH_DAY_SECOND",
    "integer": "NUMBER",
    "number": "NUMBER",
    "boolean": "BOOLEAN",
}
# Chosen in the connector's own form; everything else comes from the report or stays at its default.
_ASKED = ("granularity", "by")


def describe_connector() -> list[dict[str, Any]]:
    """One object per dataset: name, title, fields, and the choices that its form asks for."""
    return [
        {"name": d.name, "title": d.title, "fields": [_field(c) for c in d.columns], "asks": _asks(d)}
        for d in CATALOG.values()
    ]


def _field(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": column.name,
        "name": column.name.replace("_", " ").capitalize(),
        "help": column.help.replace("`", ""),
    }
    told["type"] = "URL" if column.name.endswith("url") else _TYPES[column.type]
    told["metric"] = column.role == "metric"
    if told["metric"]:
        told["aggregation"] = "SUM" if column.additive else "AVG"
    return told


def _asks(dataset: Dataset) -> list[dict[str, Any]]:
    asked = [p for p in dataset.params if p.name in _ASKED]
    return [
        {"name": p.name, "help": p.help.replace("`", ""), "choices": list(p.choices), "default": p.default}
        for p in asked
    ]
