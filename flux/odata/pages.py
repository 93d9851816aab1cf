"""One page of a set: sifted, ordered and cut while the rows come from the store."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import Engine

from flux.catalog.query import Query
from flux.odata.expressions import Expression, Row
from flux.odata.options import Options
from flux.serve import Rights, rows, snapshot
from flux.store.read.posts import count_posts


@dataclass(frozen=True, slots=True)
class Page:
    """Its rows, whole; whether more follow; and of how many it is one, where that was asked."""

    rows: list[Row]
    more: bool
    total: int | None


def read_page(engine: Engine, rights: Rights, query: Query, options: Options) -> Page:
    """The page that `options` ask for. Raises Moved."""
    left = options.page if options.top is None else min(options.page, max(0, options.top - options.served))
    start = options.skip + options.served
    if query.window.days <= 0:
        found: list[Row] = []
        total: int | None = 0
    elif query.dataset.param("limit") and options.filter is None and not options.order:
        found, total = _cut_by_store(engine, rights, query, options.count, start, left + 1)
    else:
        found, total = _cut_here(engine, rights, query, options, start, left + 1)
    enough = options.top is not None and options.served + left >= options.top
    return Page(found[:left], len(found) > left and not enough, total if options.count else None)


def _cut_by_store(
    engine: Engine, rights: Rights, query: Query, count: bool, start: int, length: int
) -> tuple[list[Row], int | None]:
    found = list(rows(engine, rights, replace(query, offset=start, limit=length)))
    if not count:
        return found, None
    with snapshot(engine, rights, query) as connection:
        return found, count_posts(connection, rights.account_id, query)


def _cut_here(
    engine: Engine, rights: Rights, query: Query, options: Options, start: int, length: int
) -> tuple[list[Row], int | None]:
    with closing(rows(engine, rights, query)) as every:  # type: ignore[type-var]
        passing = sift(every, options.filter)
        if not options.order and not options.count:
            return list(islice(passing, start, start + length)), None
        found = list(passing)
    order(found, options.order)
    return found[start : start + length], len(found)


def sift(every: Iterable[Row], condition: Expression | None) -> Iterator[Row]:
    """The rows for which the condition is true, and not merely unknown."""
    return iter(every) if condition is None else filter(condition.of, every)


def order(found: list[Row], by: Iterable[tuple[Expression, bool]]) -> None:
    """Sorts in place; null comes before everything, as OData has it. Ties stay as they came."""
    for key, falling in reversed(list(by)):
        found.sort(key=lambda row: _rank(key.of(row)), reverse=falling)


def _rank(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value)
