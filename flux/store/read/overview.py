"""overview: one row per profile, its best post and its followers."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from flux.catalog.query import Query
from flux.catalog.ranges import Window
from flux.store.read.measures import EMPTY, SUMS, Sums, by_zone, change, per_post, run, scope

# The most engaging post, the newest of equals, as one number that a plain max() finds in the same scan.
_SECONDS = 2**32
_BEST = f"max(engagement * {_SECONDS} + published_at)"

Totals = dict[int, tuple[Sums, int | None]]


def read_overview(connection: Connection, account_id: int, query: Query) -> Iterator[tuple[Any, ...]]:
    """One row per profile, in order of profile."""
    totals = _totals(connection, account_id, query, query.window)
    before = _totals(connection, account_id, query, query.previous) if query.previous else {}
    urls = _best_urls(connection, account_id, totals)
    followers = _followers(connection, account_id, query)
    window = (query.window.first.isoformat(), query.window.last.isoformat())
    for profile in query.profiles:
        sums, _ = totals.get(profile.id, (EMPTY, None))
        values = _measures(sums, query.window)
        row = (
            profile.public_id,
            profile.name,
            *window,
            *values,
            urls.get(profile.id),
            followers.get(profile.id),
        )
        if query.previous is not None:
            past = _measures(before.get(profile.id, (EMPTY, None))[0], query.previous)
            changes = (change(now, then) for now, then in zip(values, past, strict=True))
            row += (query.previous.first.isoformat(), query.previous.last.isoformat(), *past, *changes)
        yield row


def _measures(sums: Sums, window: Window) -> tuple[float | None, ...]:
    return (*sums, per_post(sums), round(sums[0] * 7 / window.days, 2))


def _totals(connection: Connection, account_id: int, query: Query, window: Window) -> Totals:
    found: Totals = {}
    for zone, members in by_zone(query):
        clause, parameters = scope(account_id, zone, members, window)
        sql = f"SELECT profile_id, {SUMS}, {_BEST} FROM posts WHERE {clause} GROUP BY 1"
        for profile_id, *sums, best in run(connection, sql, parameters):
            found[profile_id] = (tuple(sums), best)
    return found


def _best_urls(connection: Connection, account_id: int, totals: Totals) -> dict[int, str | None]:
    best = {profile: divmod(code, _SECONDS) for profile, (_, code) in totals.items() if code is not None}
    if not best:
        return {}
    # Each alternative names the whole of the index's beginning, or SQLite reads every post of the account.
    which = " OR ".join(
        ["(account_id = ? AND profile_id = ? AND published_at = ? AND engagement = ?)"] * len(best)
    )
    parameters = [
        n for profile, (engagement, at) in best.items() for n in (account_id, profile, at, engagement)
    ]
    found = run(connection, f"SELECT profile_id, id, url FROM posts WHERE {which}", parameters)
    return {profile: url for profile, _, url in sorted((tuple(row) for row in found), key=itemgetter(1))}


def _followers(connection: Connection, account_id: int, query: Query) -> dict[int, int | None]:
    """Each profile's last stated total of followers up to the window's end."""
    if not query.profiles:
        return {}
    marks = ",".join("?" * len(query.profiles))
    sql = (
        "SELECT id, (SELECT followers FROM daily_activity d WHERE d.account_id = p.account_id AND "
        "d.profile_id = p.id"
        " AND day <= ? AND followers IS NOT NULL ORDER BY day DESC LIMIT 1)"
        f" FROM profiles p WHERE account_id = ? AND id IN ({marks})"
    )
    parameters = (query.window.last.isoformat(), account_id, *(p.id for p in query.profiles))
    return dict(tuple(row) for row in run(connection, sql, parameters))
