"""The posts with the most engagement, for the pages: found in the index, only then read."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from flux.catalog.query import Query
from flux.store.read.measures import by_zone, run, scope

_COLUMNS = "profile_id, url, published_at, time_known, text, format, engagement"


def read_best_posts(
    connection: Connection, account_id: int, query: Query, count: int
) -> list[dict[str, Any]]:
    """The `count` best measured posts of the query's window, the newest first of equals."""
    scopes = [scope(account_id, zone, members, query.window) for zone, members in by_zone(query)]
    if not scopes:
        return []
    where = " OR ".join(f"({clause})" for clause, _ in scopes)
    parameters = [value for _, values in scopes for value in values]
    order = "ORDER BY engagement DESC, published_at DESC, id DESC"
    ids = f"SELECT id FROM posts WHERE ({where}) AND engagement IS NOT NULL {order} LIMIT ?"
    found = [row[0] for row in run(connection, ids, [*parameters, count])]
    if not found:
        return []
    marks = ",".join("?" * len(found))
    sql = f"SELECT {_COLUMNS} FROM posts WHERE account_id = ? AND id IN ({marks}) {order}"
    names = {p.id: (p.name, ZoneInfo(query.zone_of(p))) for p in query.profiles}
    return [_post(row, *names[row[0]]) for row in run(connection, sql, [account_id, *found])]


def _post(row: Any, name: str, zone: ZoneInfo) -> dict[str, Any]:
    _, url, published_at, time_known, text, format, engagement = row
    day = datetime.fromtimestamp(published_at, zone if time_known else UTC).date()
    told = {"profile_name": name, "url": url, "date": day.isoformat(), "text": text}
    return {**told, "format": format, "engagement": engagement}
