"""posts: one row per post, read in chunks so that a long history never stands in memory twice."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from flux.catalog.query import Query
from flux.store.read.measures import by_zone, run, scope

CHUNK = 1_000
_COLUMNS = (
    "profile_id, urn, url, published_at, text, hashtags, format, length,"
    " likes, comments, shares, engagement, impressions"
)


def read_posts(connection: Connection, account_id: int, query: Query) -> Iterator[tuple[Any, ...]]:
    """One row per post, newest first unless asked otherwise, ties by id."""
    profiles = {p.id: (p.public_id, p.name, ZoneInfo(query.zone_of(p))) for p in query.profiles}
    for row in _in_chunks(connection, account_id, query):
        profile_id, urn, url, published_at, text, hashtags, *figures, engagement, impressions = row
        public_id, name, zone = profiles[profile_id]
        moment = datetime.fromtimestamp(published_at, zone).isoformat()
        yield (
            public_id,
            name,
            urn,
            url,
            moment,
            moment[:10],
            text,
            hashtags,
            *figures,
            engagement,
            None,
            impressions,
        )


def _in_chunks(connection: Connection, account_id: int, query: Query) -> Iterator[Any]:
    scopes = [scope(account_id, zone, members, query.window) for zone, members in by_zone(query)]
    if not scopes:
        return
    where = " OR ".join(f"({clause})" for clause, _ in scopes)
    parameters = [value for _, values in scopes for value in values]
    sql = f"SELECT {_COLUMNS} FROM posts WHERE {where} ORDER BY published_at {query.order}, id {query.order}"
    if query.limit is not None or query.offset:
        sql += " LIMIT ? OFFSET ?"
        parameters += [2**31 if query.limit is None else query.limit, query.offset]
    streamed = connection.execution_options(stream_results=True, max_row_buffer=CHUNK)
    cursor = run(streamed, sql, parameters).cursor  # the driver's own tuples, without SQLAlchemy's rows
    while rows := cursor.fetchmany(CHUNK):
        yield from rows


def count_posts(connection: Connection, account_id: int, query: Query) -> int:
    """How many posts the window holds, whatever the page."""
    total = 0
    for zone, members in by_zone(query):
        clause, parameters = scope(account_id, zone, members, query.window)
        total += run(connection, f"SELECT count(*) FROM posts WHERE {clause}", parameters).scalar()
    return total
