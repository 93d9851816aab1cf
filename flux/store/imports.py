"""The statements of an import: what is stored already, what is written, and the record of it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from flux.ids import new_id
from flux.store.bulk import CHUNK, insert_rows, upsert_rows
from flux.store.tables import daily_activity, imports, post_snapshots, posts, profiles

Tell = Callable[[int], None]
_OF_PROFILE = ("account_id", "profile_id")


def find_zone(
    connection: Connection, account_id: int, profile_id: int, lock: bool = False
) -> Row[Any] | None:
    """The profile's timezone; with `lock`, held against other imports until the transaction ends."""
    statement = select(profiles.c.timezone).where(_is_profile(account_id, profile_id))
    return connection.execute(statement.with_for_update() if lock else statement).one_or_none()


def read_identities(
    connection: Connection, account_id: int, profile_id: int
) -> Sequence[Row[int, str, str | None]]:
    """Id, URN and alias of every post of the profile."""
    return connection.execute(
        select(posts.c.id, posts.c.urn, posts.c.alias).where(
            posts.c.account_id == account_id, posts.c.profile_id == profile_id
        )
    ).all()


def read_posts(
    connection: Connection, account_id: int, ids: Sequence[int], columns: Sequence[str]
) -> Iterator[Row[Any]]:
    """The posts of these ids."""
    for part in _parts(ids):
        wanted = posts.c.id.in_(part)
        yield from connection.execute(
            select(*_named(posts, columns)).where(posts.c.account_id == account_id, wanted)
        )


def read_snapshots(
    connection: Connection, account_id: int, ids: Sequence[int], columns: Sequence[str]
) -> Iterator[Row[Any]]:
    """Every snapshot of the posts of these ids."""
    table = post_snapshots
    for part in _parts(ids):
        wanted = table.c.post_id.in_(part)
        yield from connection.execute(
            select(*_named(table, columns)).where(table.c.account_id == account_id, wanted)
        )


def read_days(
    connection: Connection, account_id: int, profile_id: int, first: str, last: str, columns: Sequence[str]
) -> Sequence[Row[Any]]:
    """The profile's days from `first` to `last`, both included."""
    table = daily_activity
    return connection.execute(
        select(*_named(table, columns)).where(
            table.c.account_id == account_id,
            table.c.profile_id == profile_id,
            table.c.day.between(first, last),
        )
    ).all()


def first_reading(
    connection: Connection, account_id: int, profile_id: int, sha256: str, options: Mapping[str, Any]
) -> int | None:
    """When the same bytes were first taken in with the same options; None if they never were."""
    table = imports
    rows = connection.execute(
        select(table.c.read_at, table.c.report).where(
            table.c.account_id == account_id,
            table.c.profile_id == profile_id,
            table.c.sha256 == sha256,
            table.c.status == "done",
        )
    )
    return min(
        (row.read_at for row in rows if (row.report or {}).get("options") == dict(options)), default=None
    )


def remove_posts(connection: Connection, account_id: int, ids: Sequence[int]) -> None:
    """Removes posts that turned out to be others; their snapshots go with them."""
    for part in _parts(ids):
        connection.execute(delete(posts).where(posts.c.account_id == account_id, posts.c.id.in_(part)))


def write_rows(
    connection: Connection,
    table: Table,
    tenant: Sequence[int],
    columns: Sequence[str],
    rows: tuple[Sequence[tuple[Any, ...]], Sequence[tuple[Any, ...]]],
    tell: Tell,
) -> None:
    """`rows` are new ones and ones to be replaced; `tenant` the account and, if any, the profile."""
    names = (*_OF_PROFILE[: len(tenant)], *columns)
    new, known = ([(*tenant, *row) for row in part] for part in rows)
    insert_rows(connection, table, names, new, tell)
    upsert_rows(connection, table, names, known, tell)


def raise_version(connection: Connection, account_id: int, profile_id: int) -> None:
    """The profile's data has changed: its version moves, and its first post and day are looked up anew."""
    first_post = select(func.min(posts.c.published_at)).where(
        posts.c.account_id == account_id, posts.c.profile_id == profile_id
    )
    first_day = select(func.min(daily_activity.c.day)).where(
        daily_activity.c.account_id == account_id, daily_activity.c.profile_id == profile_id
    )
    connection.execute(
        update(profiles)
        .where(_is_profile(account_id, profile_id))
        .values(
            version=profiles.c.version + 1,
            updated_at=int(time.time()),
            first_post_at=connection.scalar(first_post),
            first_day=connection.scalar(first_day),
        )
    )


def add_import(
    connection: Connection, account_id: int, profile_id: int, import_id: int | None = None, **values: Any
) -> None:
    """The record of an import: file_name, sha256, status, report, created_at, read_at."""
    row = {
        "account_id": account_id,
        "profile_id": profile_id,
        "id": import_id or new_id(),
        "finished_at": int(time.time()),
    }
    connection.execute(insert(imports).values({**row, **values}))


def _is_profile(account_id: int, profile_id: int) -> Any:
    return (profiles.c.account_id == account_id) & (profiles.c.id == profile_id)


def _named(table: Table, columns: Sequence[str]) -> list[Any]:
    return [table.c[name] for name in columns]


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
