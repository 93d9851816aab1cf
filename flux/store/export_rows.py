"""Rows of the application's tables, turned into those of an account's file: on SQLite within the engine."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import orjson

from flux.catalog.zones import offsets
from flux.ids import public_id
from flux.store.export_declare import MOST_TEXT, STORED_AS, Export, quoted
from flux.store.export_state import Part, Read

_FIRST_DAY = date(2003, 1, 1)  # no post is older than LinkedIn
_LOCAL = (
    "(published_at + (SELECT shift FROM clocks WHERE clocks.zone = moved.zone AND since <= published_at"
    " ORDER BY since DESC LIMIT 1))"
)
_MOVED = "profile_id IN (SELECT public_id FROM moved)"
_LARGEST = 2**63 - 1


class Account(NamedTuple):
    """An account's open file, and the application's rows: `read` from there, or next to the file itself."""

    id: int
    file: sqlite3.Connection
    read: Read
    beside: bool  # the application's database is open in `file` too, as `app`


def create_table(file: sqlite3.Connection, export: Export) -> None:
    """An empty table, without its index."""
    fields = [f"{quoted(f.name)} {STORED_AS.get(f.type, 'TEXT')}" for f in export.fields]
    key = f", PRIMARY KEY ({export.key})) WITHOUT ROWID" if export.key else ")"
    file.execute(f"CREATE TABLE file.{quoted(export.name)} ({', '.join(fields)}{key}")


def create_index(file: sqlite3.Connection, export: Export) -> None:
    """Its index, where it has one: later than many rows is sooner done."""
    if export.index:
        file.execute(f"CREATE INDEX file.ix_{export.name} ON {export.name} ({export.index})")


def note_moved(file: sqlite3.Connection, moved: Sequence[Part]) -> None:
    """Names the profiles to be read anew, and tells their clocks."""
    file.execute("CREATE TEMP TABLE moved (owner INTEGER PRIMARY KEY, public_id TEXT, zone TEXT)")
    file.execute(
        "CREATE TEMP TABLE clocks (zone TEXT, since INTEGER, shift INTEGER, PRIMARY KEY (zone, since))"
        " WITHOUT ROWID"
    )
    file.executemany(
        "INSERT INTO moved VALUES (?, ?, ?)", [(p.id, public_id("prof", p.id), p.told) for p in moved]
    )
    for zone in {profile.told for profile in moved}:
        (_, first), *changes = offsets(zone, _FIRST_DAY, date(datetime.now(UTC).year + 1, 12, 31))
        clock = [(zone, second, shift) for second, shift in [(-_LARGEST, first), *changes]]
        file.executemany("INSERT INTO clocks VALUES (?, ?, ?)", clock)


def remove_moved(file: sqlite3.Connection, export: Export) -> None:
    """Removes the rows of the profiles that moved."""
    file.execute(f"DELETE FROM file.{export.name} WHERE {_MOVED}")


def derive(file: sqlite3.Connection, export: Export) -> None:
    """Adds rows that are made of other tables' of the file."""
    file.execute(f"INSERT INTO file.{export.name} {export.derive.format(moved=_MOVED)}")


def copy_rows(account: Account, export: Export, where: str = "") -> None:
    """Adds the account's rows: all, in their order, or those of a condition as they come."""
    row, numbered = ("rowid, ", f"{export.order}, ") if "," not in export.order else ("", "")
    insert = numbered + ", ".join(export.insert).format(local=_LOCAL)
    into = f"INSERT INTO file.{export.name} ({row}{', '.join(export.columns)}) SELECT {insert}"
    owner = f" CROSS JOIN moved ON moved.owner = r.{export.owner}" if export.owner else ""
    chosen = f"WHERE r.account_id = ? {f'AND {where}' if where else f'ORDER BY {export.order}'}"
    if account.beside:
        account.file.execute(f"{into} FROM app.{export.table} AS r{owner} {chosen}", (account.id,))
        return
    names = ", ".join(f"?{n} AS {name}" for n, name in enumerate(export.reads, 1))
    rows = account.read(f"SELECT {', '.join(export.reads)} FROM {export.table} AS r {chosen}", (account.id,))
    account.file.executemany(f"{into} FROM (SELECT {names}) AS r{owner}", rows)


def copy_source(account: Account, source: Part, export: Export) -> None:
    """Adds the rows of a data source to its table."""
    sql = (
        "SELECT CAST(cells AS TEXT) FROM source_rows WHERE account_id = ? AND data_source_id = ?"
        " ORDER BY number"
    )
    width = len(export.fields)
    marks = ", ".join("?" * width)
    rows = _cells(account.read(sql, (account.id, source.id)), width)
    account.file.executemany(f"INSERT INTO file.{quoted(export.name)} VALUES ({marks})", rows)


def _cells(rows: Iterable[Sequence[Any]], width: int) -> Iterator[list[Any]]:
    """Rows of so many cells, each of which SQLite takes."""
    for (text,) in rows:
        cells = orjson.loads(text)[:width]
        yield [_cell(cell) for cell in cells] + [None] * (width - len(cells))


def _cell(value: Any) -> Any:
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        return float(value)
    text = orjson.dumps(value).decode() if isinstance(value, list | dict) else value
    return text[:MOST_TEXT] if isinstance(text, str) else text
