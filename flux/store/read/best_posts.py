"""The posts that did best for their author, for the pages: found in the index, only then read."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from flux.catalog.query import Query
from flux.store.read.fits import figures_of, read_fits
from flux.store.read.measures import by_zone, run, scope

_COLUMNS = "id, profile_id, url, published_at, time_known, text, format, engagement"


def read_best_posts(
    connection: Connection, account_id: int, query: Query, count: int
) -> list[dict[str, Any]]:
    """The `count` posts of the window with the most adjusted engagement, the newest first of equals.

    Adjusted values of two authors are on different scales: they are compared as multiples of what is typical
    for each.
    """
    fits = read_fits(connection, account_id, query.profiles)
    measured = _measured(connection, account_id, query)
    ranked = []
    for (profile_id, post_id, published_at), (adjusted, _) in zip(
        measured, figures_of(fits, measured), strict=True
    ):
        multiple = (adjusted or 0) / max(fits[profile_id].typical, 0.5)
        ranked.append((multiple, published_at, post_id, adjusted))
    best = {
        post_id: (adjusted, multiple) for multiple, _, post_id, adjusted in sorted(ranked)[: -count - 1 : -1]
    }
    if not best:
        return []
    marks = ",".join("?" * len(best))
    sql = f"SELECT {_COLUMNS} FROM posts WHERE account_id = ? AND id IN ({marks})"
    names = {p.id: (p.name, ZoneInfo(query.zone_of(p))) for p in query.profiles}
    found = {row[0]: _post(row, *names[row[1]]) for row in run(connection, sql, [account_id, *best])}
    return [
        {**found[i], "adjusted": adjusted, "multiple": multiple} for i, (adjusted, multiple) in best.items()
    ]


def _measured(connection: Connection, account_id: int, query: Query) -> list[Any]:
    """(profile id, post id, moment) of the window's measured posts, from the index alone."""
    found = []
    for zone, members in by_zone(query):
        clause, parameters = scope(account_id, zone, members, query.window)
        sql = f"SELECT profile_id, id, published_at FROM posts WHERE {clause} AND engagement IS NOT NULL"
        found += run(connection, sql, parameters).fetchall()
    return found


def _post(row: Any, name: str, zone: ZoneInfo) -> dict[str, Any]:
    _, _, url, published_at, time_known, text, format, engagement = row
    day = datetime.fromtimestamp(published_at, zone if time_known else UTC).date()
    told = {"profile_name": name, "url": url, "date": day.isoformat(), "text": text}
    return {**told, "format": format, "engagement": engagement}
