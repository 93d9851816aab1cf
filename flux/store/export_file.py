"""Writes what EXPORTS declares of one account into a SQLite file of its own, from one state of the data.

A file that is there already is taken over, and only the profiles whose data moved since are read again.
"""

import logging
import shutil
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from flux.catalog.zones import offsets
from flux.ids import public_id
from flux.mistakes import Unavailable
from flux.store.engine import fetch, reading, turn
from flux.store.exports import STORED_AS, Export
from flux.store.read.measures import run

CHUNK = 1_000
_FIRST_DAY = date(2003, 1, 1)  # no post is older than LinkedIn
_STATE = "SELECT id, version, coalesce(timezone, 'UTC') FROM profiles WHERE account_id = ? ORDER BY id"
_BUILT_FROM = "CREATE TABLE built_from (id INTEGER PRIMARY KEY, public_id TEXT, version INTEGER)"
_PRAGMAS = (
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000"
)
_OF_MOVED = "profile_id IN (SELECT public_id FROM moved)"

log = logging.getLogger("flux")


class State(NamedTuple):
    """A profile, which state of its data this is, and its time zone."""

    id: int
    version: int
    zone: str


def read_state(engine: Engine, account_id: int) -> list[State]:
    """The account's profiles in order of id: whatever its SQL can read is a question of their versions."""
    return [State(*row) for row in fetch(engine, _STATE, (account_id,))]


def write_file(
    engine: Engine,
    account_id: int,
    exports: Sequence[Export],
    path: Path,
    old: Path | None = None,
) -> list[State]:
    """Writes the file at `path`, from `old` where that is given; the state that it holds.

    Raises Unavailable where the file cannot be written.
    """
    try:
        if old is not None:
            shutil.copyfile(old, path)
        with turn(engine), reading(engine) as connection:
            state = [State(*row) for row in run(connection, _STATE, (account_id,))]
            _write(connection, account_id, exports, path, state)
    except (sqlite3.Error, OSError) as error:
        if old is not None:
            path.unlink(missing_ok=True)
            return write_file(engine, account_id, exports, path)
        log.error("the file for an account's SQL cannot be written", exc_info=error)
        raise Unavailable("The data cannot be made ready for queries just now.") from error
    return state


def _write(
    connection: Connection, account_id: int, exports: Sequence[Export], path: Path, state: list[State]
) -> None:
    file = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody reads the file before it is whole, and half a file is thrown away: no journal is needed.
        file.executescript(f"{_PRAGMAS}; BEGIN")
        if not file.execute("SELECT 1 FROM sqlite_master").fetchone():
            file.execute(_BUILT_FROM)
            for export in exports:
                _create(file, export)
        moved = _moved(file, state)
        for export in exports:
            _clear(file, export)
            if export.select and moved:
                rows = _rows(connection, account_id, _statement(export, moved, state), moved, export.local)
                file.executemany(f"INSERT INTO {export.name} VALUES ({export.insert})", rows)
        file.execute("COMMIT")
    finally:
        file.close()


def _create(file: sqlite3.Connection, export: Export) -> None:
    fields = ", ".join(f"{f.name} {STORED_AS.get(f.type, 'TEXT')}" for f in export.fields)
    file.execute(f"CREATE TABLE {export.name} ({fields})")
    if export.index:
        file.execute(f"CREATE INDEX ix_{export.name} ON {export.name} ({export.index})")


def _moved(file: sqlite3.Connection, state: list[State]) -> list[State]:
    """The profiles to read; notes in the file's `moved` those whose rows must go as well."""
    built = dict(file.execute("SELECT id, version FROM built_from").fetchall())
    moved = [profile for profile in state if built.get(profile.id) != profile.version]
    gone = [(id, public_id("prof", id)) for id in set(built) - {p.id for p in state}]
    file.execute("CREATE TEMP TABLE moved (id INTEGER, public_id TEXT)")
    names = [(profile.id, public_id("prof", profile.id)) for profile in moved]
    file.executemany("INSERT INTO moved VALUES (?, ?)", [*names, *gone])
    file.execute("DELETE FROM built_from WHERE id IN (SELECT id FROM moved)")
    rows = [(p.id, public_id("prof", p.id), p.version) for p in moved]
    file.executemany("INSERT INTO built_from VALUES (?, ?, ?)", rows)
    return moved


def _clear(file: sqlite3.Connection, export: Export) -> None:
    """Removes the rows of what moved, and fills a table that is made of the others."""
    where = _OF_MOVED if "profile_id" in export.columns else "true"
    file.execute(f"DELETE FROM {export.name} WHERE {where}")
    if export.derive:
        file.execute(f"INSERT INTO {export.name} {export.derive.format(moved=_OF_MOVED)}")


def _statement(export: Export, moved: list[State], state: list[State]) -> str:
    """What reads the rows: all of the account's in the order in which they lie there, or some profiles'."""
    if len(moved) == len(state):
        return f"{export.select} ORDER BY {export.order}"
    ids = ", ".join(str(profile.id) for profile in moved)
    # The sign keeps a database from walking through every row for the sake of the order.
    return f"{export.select} AND {export.owner} IN ({ids}) ORDER BY +{export.order}"


def _rows(
    connection: Connection, account_id: int, sql: str, moved: list[State], local: bool
) -> Iterator[tuple[Any, ...]]:
    """The selected rows with the public id first, and the local time last where it is wanted."""
    names = {profile.id: public_id("prof", profile.id) for profile in moved}
    clocks = {profile.id: _clock(profile.zone) for profile in moved}
    streamed = connection.execution_options(stream_results=True, max_row_buffer=CHUNK)
    result = run(streamed, sql, (account_id,))
    while chunk := result.fetchmany(CHUNK):
        for id, *rest in chunk:
            yield (names[id], *rest, clocks[id](rest[0])) if local else (names[id], *rest)


def _clock(zone: str) -> Callable[[int], int]:
    """Turns Unix seconds into local time as if it were UTC."""
    last = date(datetime.now(UTC).year + 1, 12, 31)
    starts, shifts = zip(*offsets(zone, _FIRST_DAY, last), strict=True)
    return lambda second: second + int(shifts[max(0, bisect_right(starts, second) - 1)])
