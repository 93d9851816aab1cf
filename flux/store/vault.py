"""The key vault's rows: digests and rights, never a key."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, insert, select, update

from flux.mistakes import NotFound
from flux.store.engine import fetch, reading, writing
from flux.store.tables import api_keys


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored; instants in Unix seconds, None: without that limit."""

    id: int
    account_id: int
    kind: str
    name: str
    hint: str
    permissions: tuple[str, ...]
    datasets: tuple[str, ...] | None
    profiles: tuple[int, ...] | None
    allow: tuple[str, ...] | None
    rate_limit_per_hour: int | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    last_used_as: str | None
    replaced_by: int | None
    feed: str | None = None  # the one that a link opens: its name, and its parameters as in an address

    def state(self, now: float) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


@dataclass(frozen=True, slots=True)
class Holder:
    """A key together with what its account's plan allows: all that a request needs, from one look-up."""

    key: Key
    plan: str
    rate_limit_per_hour: int
    rate_limit_per_minute: int
    data_api: bool


_COLUMNS = tuple(Key.__dataclass_fields__)
_LISTS = ("permissions", "datasets", "profiles", "allow")

# What `read_key` and `read_holder` read, of a key that a statement calls by that name, and of its account.
KEY = ", ".join(f"{{0}}.{column}" for column in _COLUMNS).format
KEY_WIDTH = len(_COLUMNS)
PLAN = (
    "a.plan, coalesce(a.rate_limit_per_hour, p.rate_limit_per_hour),"
    " coalesce(a.rate_limit_per_minute, p.rate_limit_per_minute), p.data_api"
)
_FIND = (
    f"SELECT {KEY('k')}, {PLAN}"
    " FROM api_keys k JOIN accounts a ON a.account_id = k.account_id JOIN plans p ON p.name = a.plan"
    " WHERE k.digest = ?"
)


def find_holder(engine: Engine, digest: str) -> Holder | None:
    """The key with that digest, whatever its state, and its account's plan."""
    rows = fetch(engine, _FIND, (digest,))
    return read_holder(rows[0]) if rows else None


def read_holder(row: Any) -> Holder:
    """The holder in a row of KEY and PLAN."""
    plan, per_hour, per_minute, data_api = row[KEY_WIDTH:]
    return Holder(read_key(row[:KEY_WIDTH]), plan, per_hour, per_minute, bool(data_api))


def read_key(row: Any) -> Key:
    """The key in a row of KEY."""
    values = dict(zip(_COLUMNS, row, strict=True))
    for column in _LISTS:
        value = values[column]  # SQLite's driver hands JSON over as text
        value = json.loads(value) if isinstance(value, str) else value
        values[column] = None if value is None else tuple(value)
    return Key(**values)


def add_key(engine: Engine, key: Key, digest: str, created_by: int | None = None) -> None:
    """Stores a new key."""
    values = {c: getattr(key, c) for c in _COLUMNS}
    values |= {c: None if values[c] is None else list(values[c]) for c in _LISTS}
    with writing(engine) as connection:
        connection.execute(insert(api_keys).values(**values, digest=digest, created_by=created_by))


def list_keys(engine: Engine, account_id: int) -> list[Key]:
    """The account's keys, newest first."""
    columns = [api_keys.c[c] for c in _COLUMNS]
    statement = select(*columns).where(api_keys.c.account_id == account_id)
    with reading(engine) as connection:
        return [read_key(row) for row in connection.execute(statement.order_by(api_keys.c.id.desc()))]


def find_key(engine: Engine, key_id: int, account_id: int | None = None) -> Key:
    """One key; of that account, where one is named. Raises NotFound."""
    statement = select(*[api_keys.c[c] for c in _COLUMNS]).where(api_keys.c.id == key_id)
    if account_id is not None:
        statement = statement.where(api_keys.c.account_id == account_id)
    with reading(engine) as connection:
        row = connection.execute(statement).first()
    if row is None:
        raise NotFound("There is no such key.")
    return read_key(row)


def change_key(engine: Engine, key: Key, **values: int | None) -> None:
    """Sets `revoked_at`, `expires_at` or `replaced_by`."""
    chosen = (api_keys.c.id == key.id) & (api_keys.c.account_id == key.account_id)
    with writing(engine) as connection:
        connection.execute(update(api_keys).where(chosen).values(**values))


def touch(engine: Engine, key_ids: Sequence[int], used_as: str) -> None:
    """Notes that keys were used just now, unless the database is busy: a feed never waits for this."""
    marks = ", ".join("?" * len(key_ids))
    sql = f"UPDATE api_keys SET last_used_at = ?, last_used_as = ? WHERE id IN ({marks})"
    parameters = (int(time.time()), used_as, *sorted(key_ids))
    pooled = engine.raw_connection()
    cursor = pooled.cursor()
    try:
        if engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA busy_timeout=50")
            cursor.execute(sql, parameters)
        else:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            cursor.execute(sql.replace("?", "%s"), parameters)
        pooled.commit()
    except engine.dialect.loaded_dbapi.OperationalError:
        pooled.rollback()
    finally:
        if engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA busy_timeout=10000")
        pooled.close()
