"""The catalog as Data Studio's connector needs it: its types, and which metrics may be summed."""

import re
from itertools import chain, count
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
_ASKED = ("granularity", "by", "tz")
_NO_ID = re.compile(r"\W", re.ASCII)


def describe_connector(also: Dataset | None = None) -> list[dict[str, Any]]:
    """One object per dataset, and for `also`, a metric: name, title, path, fields, what its form asks for."""
    every = [*CATALOG.values(), *([also] if also and also.name not in CATALOG else [])]
    return [
        {
            "name": d.name,
            "title": d.title,
            "path": f"/api/v1/{d.path}",
            "dated": d.folder == "datasets",  # takes profiles and a window of days
            "paged": d.folder == "datasets" and d.param("offset") is not None,
            "fields": [_field(c, id) for c, id in zip(d.columns, _ids(d), strict=True)],
            "asks": _asks(d),
        }
        for d in every
    ]


def _ids(dataset: Dataset) -> list[str]:
    """An id for each column, a letter first and no two alike: a saved metric's columns may have any name."""
    ids: list[str] = []
    for column in dataset.columns:
        plain = _NO_ID.sub("_", column.name)
        stem = plain if plain[:1].isalpha() else f"column_{plain}"
        numbered = (f"{stem}_{n}" for n in count(2))
        ids.append(next(id for id in chain([stem], numbered) if id not in ids))
    return ids


def _field(column: Column, id: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": id,
        "column": column.name,
        "name": column.name.replace("_", " ").capitalize(),
        "help": column.help.replace("`", ""),
    }
    told["type"] = "URL" if column.name.endswith("url") else _TYPES[column.type]
    told["metric"] = column.role == "metric"
    if told["metric"]:
        told["aggregation"] = "SUM" if column.additive else "AVG"
    return told


def _asks(dataset: Dataset) -> list[dict[str, Any]]:
    metric = dataset.folder == "metrics"
    asked = [p for p in dataset.params if p.name in _ASKED or (metric and not p.representation)]
    return [
        {"name": p.name, "help": p.help.replace("`", ""), "choices": list(p.choices), "default": p.default}
        for p in asked
    ]
