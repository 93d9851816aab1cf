"""daily-activity: the exports' daily figures, with every day of the window in its place."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from flux.catalog.query import Query
from flux.store.read.measures import run

_NOTHING = (None, None, None, None)


def read_daily_activity(connection: Connection, account_id: int, query: Query) -> Iterator[tuple[Any, ...]]:
    """One row per profile and day, in order of profile and day."""
    window = query.window
    marks = ",".join("?" * len(query.profiles)) or "NULL"
    sql = (
        "SELECT profile_id, day, impressions, engagements, new_followers, followers FROM daily_activity"
        f" WHERE account_id = ? AND profile_id IN ({marks}) AND day BETWEEN ? AND ?"
    )
    parameters = (
        account_id,
        *(p.id for p in query.profiles),
        window.first.isoformat(),
        window.last.isoformat(),
    )
    known = {(profile, day): tuple(figures) for profile, day, *figures in run(connection, sql, parameters)}
    days = [(window.first + timedelta(days=n)).isoformat() for n in range(window.days)]
    for profile in query.profiles:
        for day in days:
            yield (profile.public_id, profile.name, day, *known.get((profile.id, day), _NOTHING))
