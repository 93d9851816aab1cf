"""Rows as a pandas DataFrame, each column of the type that the server's catalog gives it."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from flux_client.models import ColumnDescription

# "list" stays as it comes: a list of strings a cell.
_TYPES = {"string": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}


def frame(pages: Iterable[Sequence[Any]], columns: Sequence[ColumnDescription]) -> pd.DataFrame:
    """The pages one below the other. Each is typed as it comes, so that dictionaries do not pile up."""
    typed = [_typed(page, columns) for page in pages]
    return pd.concat(typed, ignore_index=True) if len(typed) > 1 else typed[0]


def _typed(rows: Sequence[Any], columns: Sequence[ColumnDescription]) -> pd.DataFrame:
    return pd.DataFrame(
        {c["name"]: _column([row.get(c["name"]) for row in rows], c["type"]) for c in columns}
    )


def _column(values: list[Any], type: str) -> "pd.Series[Any]":
    if type == "date":
        return pd.to_datetime(pd.Series(values, dtype="object"), format="%Y-%m-%d").astype("datetime64[s]")
    if type == "datetime":
        moments = pd.to_datetime(pd.Series(values, dtype="object"), utc=True, format="ISO8601")
        return moments.astype("datetime64[s, UTC]")
    return pd.Series(values, dtype=_TYPES.get(type, "object"))
