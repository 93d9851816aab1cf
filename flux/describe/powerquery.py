"""The catalog as Power Query's connector needs it: every feed with the M type of each of its columns."""

from typing import Any

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset

M_TYPES = {
    "string": "type text",
    "list": "type text",
    "integer": "Int64.Type",
    "number": "type number",
    "boolean": "type logical",
    "date": "type date",
    "datetime": "type datetimezone",
}


def describe_feeds(also: Dataset | None = None) -> list[dict[str, Any]]:
    """One object per dataset, and for `also`, a metric: name, title, path, (column, M type) pairs.

    A dataset's columns come with those that a comparison adds: what does not come is not typed.
    """
    every = [*CATALOG.values(), *([also] if also and also.name not in CATALOG else [])]
    return [
        {
            "name": d.name,
            "title": d.title,
            "path": f"api/v1/{d.path}",
            "columns": [
                (c.name, M_TYPES[c.type])
                for c in (*d.columns, *(d.compared_columns() if d.param("compare") else ()))
            ],
        }
        for d in every
    ]
