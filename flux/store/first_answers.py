"""What a POST with an Idempotency-Key was answered: kept for a day, noted in the transaction that acts."""

import time
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, delete, select, text, update

from flux.store.engine import reading, writing
from flux.store.tables import first_answers

KEPT_SECONDS = 86_400
_CLAIM = text(
    "INSERT INTO first_answers (account_id, key, digest, made, created_at)"
    " VALUES (:account_id, :key, :digest, :made, :created_at) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """The first request with a key: what it was (a digest), what it made, and what it was answered."""

    digest: str
    made: str  # public id
    body: str | None  # None until the answer is known, and if the server died before


class AlreadyAnswered(Exception):
    """Another request with this key was first, a moment ago."""


def find_answer(engine: Engine, account_id: int, key: str) -> FirstAnswer | None:
    """The first request of the last day with that key."""
    table = first_answers
    with reading(engine) as connection:
        row: Row[str, str, str | None] | None = connection.execute(
            select(table.c.digest, table.c.made, table.c.body).where(
                table.c.account_id == account_id,
                table.c.key == key,
                table.c.created_at > time.time() - KEPT_SECONDS,
            )
        ).first()
    return FirstAnswer(*row) if row else None


def claim(connection: Connection, account_id: int, key: str, digest: str, made: str) -> None:
    """Notes in the transaction that makes something that the key is used. Raises AlreadyAnswered."""
    table, now = first_answers, int(time.time())
    old = (table.c.account_id == account_id) & (table.c.created_at <= now - KEPT_SECONDS)
    connection.execute(delete(table).where(old))
    row = {"account_id": account_id, "key": key, "digest": digest, "made": made, "created_at": now}
    if connection.execute(_CLAIM, row).rowcount != 1:
        raise AlreadyAnswered


def keep_body(engine: Engine, account_id: int, key: str, body: str) -> None:
    """Keeps the answer, to be given again."""
    table = first_answers
    with writing(engine) as connection:
        connection.execute(
            update(table).where(table.c.account_id == account_id, table.c.key == key).values(body=body)
        )


def forget(engine: Engine, account_id: int, key: str, made: str) -> None:
    """Frees a key: what it was to make (public id) could not be made. One that stands for another stays."""
    table = first_answers
    mine = (table.c.account_id == account_id) & (table.c.key == key) & (table.c.made == made)
    with writing(engine) as connection:
        connection.execute(delete(table).where(mine))
