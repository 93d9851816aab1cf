"""breakdown: sums by weekday, hour, format or length."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from flux.catalog.breakdown import ALWAYS_PRESENT, BUCKETS, LENGTH_STARTS
from flux.catalog.query import Query
from flux.store.read.measures import EMPTY, Sums, per_post, sum_by

_LENGTH_CASES = " ".join(
    f"WHEN length >= {start} THEN {place}" for place, start in reversed(list(enumerate(LENGTH_STARTS)))
)

# SQL for the place of a post's bucket from 0 (the name of it, for format); NULL where it is unknown.
_BUCKET_SQL = {
    "day_of_week": "({local} / 86400 + 3) % 7",  # 1970-01-01 was a Thursday
    "hour": "CASE WHEN time_known THEN {local} / 3600 % 24 END",
    "format": "format",
    "length": f"CASE {_LENGTH_CASES} END",
}


def read_breakdown(connection: Connection, account_id: int, query: Query) -> Iterator[tuple[Any, ...]]:
    """One row per profile and bucket, in the buckets' order, the unknown last."""
    names = BUCKETS[query.by]
    bucket_sql = _BUCKET_SQL[query.by]
    found: dict[tuple[int, str | None], Sums] = {}
    for profile_id, bucket, *sums in sum_by(connection, account_id, query, query.window, bucket_sql):
        found[profile_id, names[bucket] if isinstance(bucket, int) else bucket] = tuple(sums)
    for profile in query.profiles:
        head = (profile.public_id, profile.name, query.by)
        for order, name in enumerate((*names, None), 1):
            group = found.get((profile.id, name), EMPTY)
            if group[0] or (name is not None and query.by in ALWAYS_PRESENT):
                yield (*head, name, order, *group, per_post(group))
