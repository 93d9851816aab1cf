"""Rows for a page: question and answer are those of HTTP, without a key and without the quota."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from flux.catalog.query import Arguments, Query
from flux.extensions import engine
from flux.mistakes import Unavailable
from flux.serve import Moved, Rights, ask, rows, snapshot
from flux.store.read.best_posts import read_best_posts

ATTEMPTS = 5
T = TypeVar("T")


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

    def read(rights: Rights, query: Query) -> Table:
        first = list(islice(rows(engine, rights, query), at_most + 1))
        return Table(query, first[:at_most], len(first) > at_most)

    return _of_one_state(account_id, dataset, arguments, read)


def best_posts(account_id: int, arguments: Arguments, count: int) -> list[dict[str, Any]]:
    """The posts of a window that did best for their author. Raises a Mistake for what cannot be asked."""

    def read(rights: Rights, query: Query) -> list[dict[str, Any]]:
        with snapshot(engine, rights, query) as connection:
            return read_best_posts(connection, account_id, query, count)

    return _of_one_state(account_id, "posts", arguments, read)


def _of_one_state(
    account_id: int, dataset: str, arguments: Arguments, read: Callable[[Rights, Query], T]
) -> T:
    """What `read` gives for the question, asked again where the data moved meanwhile."""
    rights = Rights(account_id)
    for _ in range(ATTEMPTS):
        try:
            return read(rights, ask(engine, rights, dataset, arguments))
        except Moved:
            continue
    raise Unavailable("The data are changing faster than they can be read. Try again in a few seconds.")
