"""Sums over posts, grouped in the database: one index-only statement per time zone asked for."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from flux.catalog.query import Profile, Query
from flux.catalog.ranges import DAY, Window
from flux.catalog.zones import midnight, offsets

Sums = tuple[int, int, int | None, int | None, int | None, int | None]
"""posts, posts_measured, engagement, likes, comments, shares; None: no post of the group has it measured."""

SUMS = "count(*), count(engagement), sum(engagement), sum(likes), sum(comments), sum(shares)"
EMPTY: Sums = (0, 0, 0, 0, 0, 0)
EPOCH = date(1970, 1, 1)


def run(connection: Connection, sql: str, parameters: Sequence[Any]) -> Any:
    """Executes SQL with `?` marks on either database; `sql` holds no other `?`."""
    if connection.dialect.name != "sqlite":
        sql = sql.replace("%", "%%").replace("?", "%s")
    return connection.exec_driver_sql(sql, tuple(parameters))


def by_zone(query: Query) -> Iterator[tuple[str, list[Profile]]]:
    """The profiles of a query, together with those that count their days in the same zone."""
    for zone, members in groupby(sorted(query.profiles, key=query.zone_of), key=query.zone_of):
        yield zone, list(members)


def local_seconds(zone: str, window: Window) -> str:
    """SQL for a post's local time as if it were UTC: Unix seconds plus the offset that holds then."""
    changes = offsets(zone, window.first, window.last)
    if len(changes) == 1:
        return f"(published_at + {changes[0][1]})"
    cases = " ".join(
        f"WHEN published_at >= {second} THEN {offset}" for second, offset in reversed(changes[1:])
    )
    return f"(published_at + CASE {cases} ELSE {changes[0][1]} END)"


def scope(account_id: int, zone: str, profiles: Sequence[Profile], window: Window) -> tuple[str, list[int]]:
    """The WHERE clause for these profiles' posts of the window's local days, and its parameters."""
    marks = ",".join("?" * len(profiles))
    clause = f"account_id = ? AND profile_id IN ({marks}) AND published_at >= ? AND published_at < ?"
    ids = [p.id for p in profiles]
    return clause, [account_id, *ids, midnight(zone, window.first), midnight(zone, window.last + DAY)]


def sum_by(
    connection: Connection, account_id: int, query: Query, window: Window, bucket: str
) -> Iterator[tuple[Any, ...]]:
    """(profile id, bucket, *Sums) for each bucket that has a post.

    `bucket` is an SQL expression in which `{local}` stands for the post's local seconds.
    """
    for zone, members in by_zone(query):
        clause, parameters = scope(account_id, zone, members, window)
        expression = bucket.format(local=local_seconds(zone, window))
        sql = f"SELECT profile_id, {expression} AS bucket, {SUMS} FROM posts WHERE {clause} GROUP BY 1, 2"
        yield from run(connection, sql, parameters)


def add(a: Sums, b: Sums) -> Sums:
    """The sums of two groups together: unknown only where no post of either is measured."""
    if not a[0]:
        return b
    if not b[0]:
        return a
    pairs = zip(a[2:], b[2:], strict=True)
    known = [y if x is None else x if y is None else x + y for x, y in pairs]
    return (a[0] + b[0], a[1] + b[1], *known)  # type: ignore[return-value]


def per_post(sums: Sums) -> float | None:
    """Engagement per measured post, 2 decimals; None where none is measured."""
    return round(sums[2] / sums[1], 2) if sums[1] and sums[2] is not None else None


def change(now: float | None, before: float | None) -> float | None:
    """Relative change as a fraction, 4 decimals: 0.25 is a quarter more. None where it has no meaning."""
    if now is None or before is None or before == 0:
        return None
    return round((now - before) / abs(before), 4)
