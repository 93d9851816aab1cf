"""Access tokens' rows: digests, and the two keys for which each was given."""

import time
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert

from flux.store.engine import fetch, writing
from flux.store.tables import access_tokens
from flux.store.vault import KEY, KEY_WIDTH, PLAN, Holder, Key, read_holder, read_key

TOLD_SECONDS = 3_600  # for so long a token that ran out is told from one that never was


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for: the holder of its environment key, its client secret, and when it ends."""

    holder: Holder
    secret: Key
    expires_at: int


_FIND = (
    f"SELECT t.expires_at, {KEY('s')}, {KEY('k')}, {PLAN} FROM access_tokens t"
    " JOIN api_keys k ON k.id = t.environment_key_id AND k.account_id = t.account_id"
    " JOIN api_keys s ON s.id = t.client_secret_id AND s.account_id = t.account_id"
    " JOIN accounts a ON a.account_id = t.account_id JOIN plans p ON p.name = a.plan"
    " WHERE t.digest = ?"
)


def find_grant(engine: Engine, digest: str) -> Grant | None:
    """What the token with that digest stands for, whatever the state of it and its keys: one look-up."""
    rows = fetch(engine, _FIND, (digest,))
    if not rows:
        return None
    expires_at, *row = rows[0]
    return Grant(read_holder(row[KEY_WIDTH:]), read_key(row[:KEY_WIDTH]), expires_at)


def add_token(engine: Engine, digest: str, environment: Key, secret: Key, expires_at: int) -> None:
    """Stores a token of two keys of one account, and forgets those of it that ran out a while ago."""
    table, now = access_tokens, int(time.time())
    of_old = (table.c.account_id == environment.account_id) & (table.c.expires_at <= now - TOLD_SECONDS)
    row = {
        "digest": digest,
        "account_id": environment.account_id,
        "environment_key_id": environment.id,
        "client_secret_id": secret.id,
        "created_at": now,
        "expires_at": expires_at,
    }
    with writing(engine) as connection:
        connection.execute(delete(table).where(of_old))
        connection.execute(insert(table).values(row))
