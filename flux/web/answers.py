"""Rows for a page: question and answer are those of HTTP, without a key and without the quota."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from flux.catalog.query import Arguments, Query
from flux.extensions import engine
from flux.mistakes import Unavailable
from flux.serve import Moved, Rights, ask, rows
from flux.store.engine import reading
from flux.store.read.best_posts import read_best_posts

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with their names, and the question that they answer."""

    query: Query
    rows: list[tuple[Any, ...]]
    more: bool

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [c.name for c in self.query.columns()]

    def records(self) -> list[dict[str, Any]]:
        """The rows by column."""
        names = self.names
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def answer(account_id: int, dataset: str, arguments: Arguments, at_most: int = 20_000) -> Table:
    """The first rows of a dataset. Raises a Mistake for what cannot be asked."""
    rights = Rights(account_id)
    for _ in range(ATTEMPTS):
        query = ask(engine, rights, dataset, arguments)
        found = rows(engine, rights, query)
        try:
            first = list(islice(found, at_most + 1))
        except Moved:
            continue
        return Table(query, first[:at_most], len(first) > at_most)
    raise Unavailable("The data are changing faster than they can be read. Try again in a few seconds.")


def best_posts(account_id: int, arguments: Arguments, count: int) -> list[dict[str, Any]]:
    """The posts with the most engagement of a window. Raises a Mistake for what cannot be asked."""
    query = ask(engine, Rights(account_id), "posts", arguments)
    with reading(engine) as connection:
        return read_best_posts(connection, account_id, query, count)
