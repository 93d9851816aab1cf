"""One engine a process: how SQLite and PostgreSQL are opened, read and written."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

_turn = threading.Lock()

SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000")

# A database that is gone is told within seconds; one that hangs is given up on.
POSTGRES_OPTIONS = {
    "connect_timeout": 3,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c statement_timeout=60000",
}


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql://…`, set up for several processes at once."""
    if make_url(url).get_backend_name() == "sqlite":
        return _open_sqlite(url)
    return create_engine(
        url,
        connect_args=POSTGRES_OPTIONS,
        pool_size=10,
        max_overflow=20,
        pool_recycle=1800,
        pool_use_lifo=True,
    )


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, pool_size=20, max_overflow=40, pool_use_lifo=True)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver stops managing transactions; `begin` does
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that begins as a reader loses updates or fails at the upgrade: it locks first.
        writes = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed at the end, undone by an exception. Keep it short."""
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the data from its first statement to its last."""
    connection = engine.connect()
    if engine.dialect.name != "sqlite":
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    with connection, connection.begin():
        yield connection


def turn(engine: Engine) -> AbstractContextManager[Any]:
    """Held while many rows are read: on SQLite by one thread of the process at a time.

    Its driver gives the interpreter's lock away at each row; two that fight for it take some 1.6 times
    the CPU and are done no sooner (bench/). PostgreSQL does the work in processes of its own.
    """
    return _turn if engine.dialect.name == "sqlite" else nullcontext()


def fetch(engine: Engine, sql: str, parameters: Sequence[Any]) -> list[Any]:
    """The rows of one statement with `?` marks, straight from the driver and outside a transaction.

    For the two look-ups of the hot path only: SQLAlchemy's own layers cost ten times the statement here.
    A pooled connection that the server has closed meanwhile is replaced once.
    """
    if engine.dialect.name == "sqlite":
        return _fetch(engine, sql, parameters)
    sql = sql.replace("?", "%s")
    try:
        return _fetch(engine, sql, parameters, autocommit=True)
    except engine.dialect.loaded_dbapi.OperationalError:
        engine.dispose()
        return _fetch(engine, sql, parameters, autocommit=True)


def _fetch(engine: Engine, sql: str, parameters: Sequence[Any], autocommit: bool = False) -> list[Any]:
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    try:
        if autocommit:
            driver.autocommit = True  # no BEGIN and no ROLLBACK on the wire
        cursor = driver.cursor()
        cursor.execute(sql, parameters)
        rows: list[Any] = cursor.fetchall()
        if autocommit:
            driver.autocommit = False
    except BaseException:
        pooled.invalidate()
        raise
    pooled.close()
    return rows
