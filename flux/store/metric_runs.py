"""The history of queries: who asked what through which door, and what became of it."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from flux.store.engine import fetch

KEPT = 1_000  # runs of an account
MOST_TEXT = 20_000  # characters that are kept of a query, and of its variables as JSON
PATIENCE_MS = 50  # for a database that is busy

log = logging.getLogger("flux")


@dataclass(frozen=True, slots=True)
class Run:
    """One query that was asked; the instant in Unix seconds."""

    id: int
    metric_id: int | None  # None: an ad hoc query; of a deleted metric it stays
    version: int | None
    query: str
    variables: dict[str, Any]  # their values
    door: str  # page, api, feed, agent
    asked_by: str  # a user's address, or a key's hint and name
    status: str  # ok, or the code of the error
    message: str | None
    rows: int | None
    elapsed_ms: int
    cached: bool
    started_at: int


_COLUMNS = tuple(Run.__dataclass_fields__)
_INSERT = (
    f"INSERT INTO metric_runs (account_id, {', '.join(_COLUMNS)})"
    f" VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"
)
_FORGET = (
    "DELETE FROM metric_runs WHERE account_id = ? AND id <="
    f" (SELECT id FROM metric_runs WHERE account_id = ? ORDER BY id DESC LIMIT 1 OFFSET {KEPT})"
)
_LIST = f"SELECT {', '.join(_COLUMNS)} FROM metric_runs WHERE account_id = ?{{}} ORDER BY id DESC LIMIT ?"
_LAST = (
    "SELECT metric_id, max(started_at) FROM metric_runs WHERE account_id = ? AND metric_id IS NOT NULL"
    " GROUP BY metric_id"
)


def note_run(engine: Engine, account_id: int, run: Run) -> None:
    """Notes a query that was asked, and forgets the account's oldest beyond KEPT.

    Never fails and never waits: a database that is busy or gone leaves it out, and the log says so.
    """
    told = {
        "query": _storable(run.query[:MOST_TEXT]),
        "variables": _kept(run.variables),
        "asked_by": _storable(run.asked_by[:254]),
        "message": None if run.message is None else _storable(run.message[:MOST_TEXT]),
    }
    values = (account_id, *(told.get(column, getattr(run, column)) for column in _COLUMNS))
    try:
        _write_down(engine, account_id, values)
    except engine.dialect.loaded_dbapi.Error as error:
        log.warning("a query is left out of the history (%s)", type(error).__name__)


def list_runs(engine: Engine, account_id: int, metric_id: int | None = None, limit: int = 50) -> list[Run]:
    """The account's latest queries, or those of one metric, newest first."""
    if metric_id is None:
        rows = fetch(engine, _LIST.format(""), (account_id, limit))
    else:
        rows = fetch(engine, _LIST.format(" AND metric_id = ?"), (account_id, metric_id, limit))
    return [_run(row) for row in rows]


def last_runs(engine: Engine, account_id: int) -> dict[int, int]:
    """When each of the account's metrics was last asked, by its id."""
    return dict(fetch(engine, _LAST, (account_id,)))


def _write_down(engine: Engine, account_id: int, values: tuple[Any, ...]) -> None:
    """By hand, outside the engine's own BEGIN, which waits for its turn to write."""
    pooled = engine.raw_connection()
    try:
        cursor = pooled.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute(_INSERT, values)
            cursor.execute(_FORGET, (account_id, account_id))
        else:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE_MS}ms'")
            cursor.execute(_INSERT.replace("?", "%s"), values)
            cursor.execute(_FORGET.replace("?", "%s"), (account_id, account_id))
        pooled.commit()
    except engine.dialect.loaded_dbapi.Error:
        pooled.rollback()
        raise
    finally:
        if engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA busy_timeout=10000")
        pooled.close()


def _kept(variables: Mapping[str, Any]) -> str:
    text = _storable(json.dumps(dict(variables), default=str, ensure_ascii=False))
    return text if len(text) <= MOST_TEXT else json.dumps({"…": f"{len(text):,} characters, not kept"})


def _storable(text: str) -> str:
    """Whatever was sent, without what a database refuses: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def _run(row: Any) -> Run:
    values = dict(zip(_COLUMNS, row, strict=True))
    told = values["variables"]  # SQLite's driver hands JSON over as text
    values["variables"] = json.loads(told) if isinstance(told, str) else told
    values["cached"] = bool(values["cached"])
    return Run(**values)
