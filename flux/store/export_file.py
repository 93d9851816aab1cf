"""Writes what an account's SQL may read into a SQLite file of its own, from one state of the data.

A file that is there already is brought up to date: only the profiles whose data moved are read again, only
new events and new data sources are added. Rows and their order are then those of a file made anew.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from flux.mistakes import Unavailable
from flux.store.engine import reading
from flux.store.export_declare import quoted
from flux.store.export_rows import (
    Account,
    copy_rows,
    copy_source,
    create_index,
    create_table,
    derive,
    note_moved,
    remove_moved,
)
from flux.store.export_sources import source_exports
from flux.store.export_state import State, find_state, read_rows
from flux.store.exports import EVENTS, EXPORTS, named_sources

CHUNK = 1_000
_BUILT_FROM = "CREATE TABLE IF NOT EXISTS file.built_from (kind TEXT, id INTEGER, version INTEGER, told TEXT)"
_PRAGMAS = """
    PRAGMA file.page_size=8192; PRAGMA file.journal_mode=OFF; PRAGMA file.synchronous=OFF;
    PRAGMA file.cache_size=-16000; PRAGMA temp_store=MEMORY
"""
_OF_PROFILES = tuple(export for export in EXPORTS if export != EVENTS)

log = logging.getLogger("flux")


def write_file(engine: Engine, account_id: int, path: Path) -> State:
    """Brings the file at `path`, empty or of an older state, up to date; the state that it then holds.

    Nobody may read it meanwhile. Raises Unavailable where it cannot be written; it is then good for nothing.
    """
    try:
        with _open(engine, account_id, path) as account:
            account.file.execute("BEGIN")
            state = _update(account)
            account.file.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        log.warning("the file for an account's SQL cannot be written", exc_info=error)
        raise Unavailable("The data cannot be made ready for queries just now.") from error
    return state


@contextmanager
def _open(engine: Engine, account_id: int, path: Path) -> Iterator[Account]:
    """The file; on SQLite the application's database beside it, where nothing can be written to it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, uri=True)) as file:
        beside = engine.dialect.name == "sqlite"
        if beside:  # attached first: a table without a schema's name is the application's
            database = Path(engine.url.database or "").absolute().as_uri()
            file.execute("ATTACH ? AS app", (f"{database}?mode=ro",))
        file.execute("ATTACH ? AS file", (str(path),))
        # Half a file is thrown away: no journal is needed.
        file.executescript(_PRAGMAS)
        if beside:
            yield Account(account_id, file, file.execute, beside)
            return
        with reading(engine) as connection:
            yield Account(account_id, file, partial(_stream, connection), beside)


def _stream(connection: Connection, sql: str, parameters: Sequence[Any]) -> Iterator[Any]:
    """Rows as the server sends them, never all at once: the next are on their way while these are used."""
    cursor: Any = connection.connection.cursor("export")
    with closing(cursor), ThreadPoolExecutor(1) as pool:
        cursor.execute(sql.replace("?", "%s"), parameters)
        coming = pool.submit(cursor.fetchmany, CHUNK)
        while rows := coming.result():
            coming = pool.submit(cursor.fetchmany, CHUNK)
            yield from rows


def _update(account: Account) -> State:
    state = find_state(account.read, account.id)
    account.file.execute(_BUILT_FROM)
    built = read_rows(account.file.execute("SELECT * FROM file.built_from"))
    if not account.file.execute("SELECT 1 FROM file.built_from").fetchone():
        create_table(account.file, EVENTS)
        create_index(account.file, EVENTS)
    _update_profiles(account, built, state)
    _update_events(account, built, state)
    _update_sources(account, built, state)
    account.file.execute("DELETE FROM file.built_from")
    account.file.executemany("INSERT INTO file.built_from VALUES (?, ?, ?, ?)", state.rows())
    return state


def _update_profiles(account: Account, built: State, state: State) -> None:
    """The rows of the profiles that moved; where all did, the tables are made anew."""
    file = account.file
    moved = [profile for profile in state.profiles if profile not in built.profiles]
    whole = len(moved) == len(state.profiles)
    now = {profile.id for profile in state.profiles}
    note_moved(file, moved + [profile for profile in built.profiles if profile.id not in now])
    ids = ", ".join(str(profile.id) for profile in moved)
    for export in _OF_PROFILES:
        if whole:
            file.execute(f"DROP TABLE IF EXISTS file.{export.name}")
            create_table(file, export)
        else:
            remove_moved(file, export)
        if export.derive:
            derive(file, export)
        elif moved:
            copy_rows(account, export, "" if whole else f"r.{export.owner} IN ({ids})")
        if whole:
            create_index(file, export)


def _update_events(account: Account, built: State, state: State) -> None:
    known = built.newest_event
    if built.removals != state.removals:
        known = 0
        account.file.execute(f"DELETE FROM file.{EVENTS.name}")
    if known < state.newest_event:
        copy_rows(account, EVENTS, f"r.number > {known} AND r.number <= {state.newest_event}")


def _update_sources(account: Account, built: State, state: State) -> None:
    there, wanted = named_sources(built), named_sources(state)
    for name in there.keys() - {name for name in there if there[name] == wanted.get(name)}:
        account.file.execute(f"DROP TABLE file.{quoted(name)}")
    new = {name: source for name, source in wanted.items() if there.get(name) != source}
    for export in source_exports(account.read, account.id, new):
        create_table(account.file, export)
        copy_source(account, new[export.name], export)
