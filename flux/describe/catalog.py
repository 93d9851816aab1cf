"""The catalog, for machines: every dataset as the declaration has it."""

from collections.abc import Iterable
from typing import Any

from flux.catalog.declare import Column, Dataset, Param


def describe_catalog(datasets: Iterable[Dataset]) -> list[dict[str, Any]]:
    """One JSON object per dataset."""
    return [
        {
            "name": d.name,
            "title": d.title,
            "grain": d.grain,
            "description": d.help,
            "url": f"/api/v1/{d.path}",
            "example": f"/api/v1/{d.path}?{d.example}",
            "granularities": list(d.granularities),
            "limits": d.limits,
            "columns": [describe_column(c) for c in d.columns],
            "compared_columns": [describe_column(c) for c in d.compared_columns()]
            if d.param("compare")
            else [],
            "parameters": [describe_param(p) for p in d.params],
        }
        for d in datasets
    ]


def describe_column(column: Column) -> dict[str, Any]:
    """Name, type, role, unit and meaning of a column."""
    return {
        "name": column.name,
        "type": column.type,
        "role": column.role,
        "unit": column.unit,
        "nullable": column.nullable,
        "additive": column.role == "metric" and column.additive,
        "description": column.help,
    }


def describe_param(param: Param) -> dict[str, Any]:
    """Name, type, default, choices, limits and an example of a parameter."""
    return {
        "name": param.name,
        "type": param.type,
        "description": param.help,
        "default": param.default,
        "default_description": param.default_help,
        "choices": list(param.choices),
        "minimum": param.minimum,
        "maximum": param.maximum,
        "example": param.example,
    }
