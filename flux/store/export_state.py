"""State: all that decides on what an account's SQL finds, in one small read."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Read = Callable[[str, Sequence[Any]], Iterable[Sequence[Any]]]
"""Gives the rows of a statement with `?` marks, on whichever database."""

# Of data sources, the oldest first: a file is made while somebody waits for it.
MOST_TABLES = 100
MOST_ROWS = 500_000  # of all of them together

_STATE = (
    "SELECT 'profile', id, version, coalesce(timezone, 'UTC') FROM profiles WHERE account_id = ?"
    " UNION ALL SELECT 'events', last_event, event_removals, '' FROM accounts WHERE account_id = ?"
    " UNION ALL SELECT 'source', id, updated_at, name FROM"
    " (SELECT s.id, s.updated_at, s.name, sum(s.rows) OVER older AS rows_so_far, count(*) OVER older AS place"
    " FROM data_sources AS s LEFT JOIN jobs ON jobs.id = s.id WHERE s.account_id = ? AND s.importer IS NULL"
    " AND s.rows IS NOT NULL AND coalesce(jobs.status, 'completed') = 'completed'"
    f" WINDOW older AS (ORDER BY s.id)) AS kept WHERE rows_so_far <= {MOST_ROWS} AND place <= {MOST_TABLES}"
)


class Part(NamedTuple):
    """A profile or a data source: its id, which state of it this is, and its time zone or file's name."""

    id: int
    version: int
    told: str


Source = Part


@dataclass(frozen=True, slots=True)
class State:
    """Profiles and data sources by id; the newest event's number, and how many were removed."""

    profiles: tuple[Part, ...]
    sources: tuple[Part, ...]
    newest_event: int
    removals: int

    @property
    def digest(self) -> str:
        """A name for it: another one where anything moved."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    def rows(self) -> list[tuple[str, int, int, str]]:
        """What `read_rows` makes it of."""
        parts = [("profile", *part) for part in self.profiles] + [("source", *part) for part in self.sources]
        return [*parts, ("events", self.newest_event, self.removals, "")]


def find_state(read: Read, account_id: int) -> State:
    """The state of an account's data; one statement."""
    return read_rows(read(_STATE, (account_id,) * 3))


def read_rows(rows: Iterable[Sequence[Any]]) -> State:
    """The state that these rows tell of: what each is of, id, version, text. Without rows: of no data."""
    found: dict[str, list[Part]] = {"profile": [], "source": [], "events": []}
    for kind, *part in rows:
        found[kind].append(Part(*part))
    newest, removals, _ = found["events"][0] if found["events"] else Part(0, 0, "")
    return State(tuple(sorted(found["profile"])), tuple(sorted(found["source"])), newest, removals)
