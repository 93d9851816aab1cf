"""query_dataset: a page of a dataset's rows, asked in the hall like every feed."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

from flux.catalog import CATALOG
from flux.catalog.declare import Column, Dataset
from flux.catalog.kinds import shown
from flux.catalog.query import Query
from flux.describe.tool_arguments import asked_by
from flux.extensions import engine
from flux.mcp import cursors, filters
from flux.mcp.plain import clean
from flux.mistakes import InvalidParameter, Unavailable
from flux.serve import Moved, Rights, ask, meta, rows
from flux.store.engine import turn

Arguments = dict[str, Any]
Row = tuple[Any, ...]

ATTEMPTS = 5  # at a snapshot, while imports go on
USUAL_ROWS = 50
PAGED_OTHERWISE = ("limit", "offset", "order")


def query_dataset(allowed: Rights, arguments: Arguments) -> dict[str, Any]:
    """The result of the tool. Raises a Mistake."""
    dataset = CATALOG[arguments["dataset"]]
    asked = _asked(dataset, arguments)
    for _ in range(ATTEMPTS):
        query = ask(engine, allowed, dataset.name, asked)
        try:
            return _answer(allowed, query, arguments)
        except Moved:
            continue
    raise Unavailable("The data are changing faster than they can be read. Try again in a few seconds.")


def _asked(dataset: Dataset, arguments: Arguments) -> dict[str, list[str]]:
    """The parameters that choose rows. Raises InvalidParameter for one that this dataset does not take."""
    known = {param.name for dataset in CATALOG.values() for param in asked_by(dataset)}
    taken = [param.name for param in asked_by(dataset)]
    asked = {name: value for name, value in arguments.items() if name in known}
    for name, value in asked.items():
        if name not in taken:
            raise InvalidParameter(
                name, shown(value), f"left out for {dataset.name}, which takes {', '.join(taken)}"
            )
    return {name: [value] for name, value in asked.items()}


def _answer(allowed: Rights, query: Query, arguments: Arguments) -> dict[str, Any]:
    name, columns = query.dataset.name, query.columns()
    places = _places(columns, arguments.get("columns"), name)
    tests = filters.read_filters(columns, arguments.get("filters", ()), name)
    order = [
        (filters.find_column(columns, one["column"], name), one.get("direction") == "desc")
        for one in arguments.get("order_by", ())
    ]
    state = cursors.mark([allowed.account_id, query.canonical()])
    begin, count = cursors.begin(arguments, state), arguments.get("limit", USUAL_ROWS)
    with turn(engine):
        found = _read(allowed, query, (tests, order), begin, count + 1)
    more, found = len(found) > count, found[:count]
    told = {n: value for n, value in meta(query).items() if n not in PAGED_OTHERWISE}
    return {
        "dataset": name,
        "columns": [columns[place].name for place in places],
        "rows": _cells(columns, places, found),
        **cursors.page(arguments, state, begin, len(found), more),
        "meta": told,
    }


def _places(columns: Sequence[Column], chosen: list[str] | None, dataset: str) -> list[int]:
    if chosen is None:
        return list(range(len(columns)))
    return [filters.find_column(columns, name, dataset) for name in dict.fromkeys(chosen)]


def _read(
    allowed: Rights,
    query: Query,
    asked: tuple[list[filters.Test], list[tuple[int, bool]]],
    begin: int,
    count: int,
) -> list[Row]:
    """At most `count` rows from the row `begin` on; read no further where the store can page itself."""
    tests, order = asked
    if query.dataset.param("limit") and not tests and not order:
        return list(rows(engine, allowed, replace(query, limit=count, offset=begin)))
    with closing(rows(engine, allowed, query)) as source:  # type: ignore[type-var]
        found: Iterable[Row] = source
        if tests:
            found = (row for row in source if all(test(row) for test in tests))
        if order:
            found = filters.first(found, query.columns(), order, begin + count)
        return list(islice(found, begin, begin + count))


def _cells(columns: Sequence[Column], places: list[int], found: list[Row]) -> list[list[Any]]:
    """The rows as JSON has them, each text that people wrote cleaned."""
    writers = [(place, _writer(columns[place])) for place in places]
    return [
        [row[place] if write is None or row[place] is None else write(row[place]) for place, write in writers]
        for row in found
    ]


def _writer(column: Column) -> Callable[[str], Any] | None:
    if column.type == "list":
        return lambda cell: clean(cell).split()
    return clean if column.free_text else None
