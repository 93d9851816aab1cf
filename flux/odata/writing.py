"""Rows as OData's JSON."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import orjson

from flux.describe.edm import EDM_TYPES, NAMESPACE, EntitySet
from flux.odata.expressions import Row
from flux.odata.options import Options

# Types that JSON shows as they are: the others are named where a client asks for all metadata.
_PLAIN = ("Edm.String", "Edm.Boolean")

Entity = dict[str, Any]


def write_set(of: EntitySet, options: Options, rows: Iterable[Row], head: Entity, next: str | None) -> bytes:
    """A page: `head` (context and count), `value`, and the address of the next page where there is one."""
    entity = entity_of(of, options)
    body = head | {"value": [entity(row) for row in rows]}
    if next is not None:
        body["@odata.nextLink"] = next
    return orjson.dumps(body)


def write_row(of: EntitySet, options: Options, row: Row, head: Entity) -> bytes:
    """One row on its own, behind its context."""
    return orjson.dumps(head | entity_of(of, options)(row))


def entity_of(of: EntitySet, options: Options) -> Callable[[Row], Entity]:
    """The function from a row to its JSON object."""
    chosen = [(place, of.columns[place]) for place in options.columns]
    if options.level != "full":
        names = [(place, column.name) for place, column in chosen]
        return lambda row: {name: row[place] for place, name in names}
    typed = [(place, column.name, EDM_TYPES[column.type]) for place, column in chosen]

    def whole(row: Row) -> Entity:
        entity: Entity = {"@odata.type": f"#{NAMESPACE}.{of.type}", "@odata.id": address_of(of, row)}
        for place, name, type in typed:
            if row[place] is not None and type not in _PLAIN:
                entity[f"{name}@odata.type"] = "#" + type.removeprefix("Edm.")
            entity[name] = row[place]
        return entity

    return whole


def address_of(of: EntitySet, row: Row) -> str:
    """Where a row is on its own, from the service's address: `Overview(profile_id='prof_…')`."""
    cells = {column.name: (column.type, cell) for column, cell in zip(of.columns, row, strict=True)}
    pairs = [f"{name}={_literal(*cells[name])}" for name in of.dataset.key]
    return f"{of.name}({','.join(pairs)})"


def _literal(type: str, cell: Any) -> str:
    if type != "string":
        return str(cell)
    return quote("'" + str(cell).replace("'", "''") + "'", safe="':")
