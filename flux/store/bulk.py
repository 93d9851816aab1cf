"""Many rows in few statements: COPY and multi-row upserts on PostgreSQL, executemany on SQLite."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from psycopg2.extras import execute_values
from sqlalchemy import Connection, Table

CHUNK = 5_000
Rows = Sequence[tuple[Any, ...]]
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Rows, tell: Callable[[int], None]
) -> None:
    """Adds rows that are not there yet; `tell` hears how many went in, chunk by chunk."""
    postgres = connection.dialect.name != "sqlite"
    statement = _copy(table, columns) if postgres else _insert(table, columns)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        if postgres:
            with _cursor(connection) as cursor:
                cursor.copy_expert(statement, io.StringIO("".join(map(_line, chunk))))
        else:
            connection.exec_driver_sql(statement, list(chunk))
        tell(len(chunk))


def upsert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Rows, tell: Callable[[int], None]
) -> None:
    """Adds rows, or replaces those with the same primary key; no key may stand twice in `rows`."""
    key = [column.name for column in table.primary_key]
    others = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    conflict = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {others}"
    for start in range(0, len(rows), CHUNK):
        chunk = list(rows[start : start + CHUNK])
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(_insert(table, columns) + conflict, chunk)
        else:
            with _cursor(connection) as cursor:
                statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES %s{conflict}"
                execute_values(cursor, statement, chunk, page_size=1_000)
        tell(len(chunk))


def _cursor(connection: Connection) -> Any:
    """The driver's own cursor, in the transaction that `connection` is in."""
    return connection.connection.cursor()


def _insert(table: Table, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _copy(table: Table, columns: Sequence[str]) -> str:
    return f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"


def _line(row: tuple[Any, ...]) -> str:
    r"""A row in COPY's text form: tabs between, `\N` for NULL."""
    return "\t".join(["\\N" if cell is None else _cell(cell) for cell in row]) + "\n"


def _cell(cell: Any) -> str:
    return cell.translate(_ESCAPES) if isinstance(cell, str) else str(cell)
