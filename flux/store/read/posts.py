"""posts: one row per post, read in chunks so that a long history never stands in memory twice."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from flux.catalog.query import Query
from flux.detrend import MATURE
from flux.store.read.fits import figures_of, read_fits
from flux.store.read.measures import by_zone, run, scope

CHUNK = 1_000
_COLUMNS = (
    "profile_id, id, urn, url, published_at, text, hashtags, format, length,"
    " likes, comments, shares, engagement, impressions, counts_read_at"
)


def read_posts(connection: Connection, account_id: int, query: Query) -> Iterator[tuple[Any, ...]]:
    """One row per post, newest first unless asked otherwise, ties by id."""
    profiles = {p.id: (p.public_id, p.name, ZoneInfo(query.zone_of(p))) for p in query.profiles}
    fits = read_fits(connection, account_id, query.profiles)
    for rows in _chunks(connection, account_id, query):
        for row, (adjusted, expected) in zip(rows, figures_of(fits, rows), strict=True):
            profile_id, _, urn, url, published_at, text, hashtags, *counts, impressions, read_at = row
            public_id, name, zone = profiles[profile_id]
            moment = datetime.fromtimestamp(published_at, zone).isoformat()
            maturing = None if counts[-1] is None or read_at is None else read_at - published_at < MATURE
            yield (public_id, name, urn, url, moment, moment[:10], text, hashtags, *counts,
                   adjusted, impressions, expected, maturing)  # fmt: skip


def _chunks(connection: Connection, account_id: int, query: Query) -> Iterator[list[Any]]:
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
    result = run(streamed, sql, parameters)
    while rows := result.fetchmany(CHUNK):
        yield rows


def count_posts(connection: Connection, account_id: int, query: Query) -> int:
    """How many posts the window holds, whatever the page."""
    total = 0
    for zone, members in by_zone(query):
        clause, parameters = scope(account_id, zone, members, query.window)
        total += run(connection, f"SELECT count(*) FROM posts WHERE {clause}", parameters).scalar()
    return total
