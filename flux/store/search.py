"""The statements of a search: which posts hold the words, in which order, and what is told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from flux.catalog.query import Profile
from flux.catalog.ranges import DAY
from flux.catalog.zones import midnight
from flux.store.read.measures import run
from flux.store.search_tables import numbered
from flux.store.search_terms import Terms, as_fts5, as_tsquery

MOST_SCOPES = 100  # profiles that the index itself is asked for: beyond, it is asked for the account

_PROFILES = (
    "SELECT id, name, coalesce(timezone, 'UTC'), version, updated_at, first_post_at, first_day, kind, url"
    " FROM profiles WHERE account_id = ? ORDER BY id"
)
_PAGE = (
    "SELECT profile_id, id, urn, url, published_at, text, format, likes, comments, shares, engagement,"
    " impressions FROM posts WHERE account_id = ? AND id IN ({})"
)
_NEWEST = {
    "sqlite": "SELECT s.post_id, {score} FROM search_words CROSS JOIN search_posts s"
    " ON s.account_id = ? AND s.number = +search_words.rowid"
    " WHERE search_words MATCH ? AND {where} ORDER BY search_words.rowid DESC LIMIT ?",
    "postgresql": "WITH newest AS MATERIALIZED (SELECT s.account_id, s.post_id, s.number FROM search_posts s"
    " WHERE s.account_id = ? AND s.words @@ ?::tsquery AND {where} ORDER BY s.number DESC LIMIT ?)"
    " SELECT newest.post_id, {score} FROM newest JOIN search_posts s USING (account_id, post_id)"
    " ORDER BY newest.number DESC",
}
_MOST_ENGAGING = {
    "sqlite": "SELECT s.post_id, 0 FROM search_words CROSS JOIN search_posts s"
    " ON s.account_id = ? AND s.number = +search_words.rowid"
    " JOIN posts p ON p.account_id = s.account_id AND p.id = s.post_id"
    " WHERE search_words MATCH ? AND {where}"
    " ORDER BY p.engagement DESC NULLS LAST, s.number DESC LIMIT ?",
    "postgresql": "SELECT s.post_id, 0 FROM search_posts s"
    " JOIN posts p ON p.account_id = s.account_id AND p.id = s.post_id"
    " WHERE s.account_id = ? AND s.words @@ ?::tsquery AND {where}"
    " ORDER BY p.engagement DESC NULLS LAST, s.number DESC LIMIT ?",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and among whose posts; `every`: the profiles are all of the account's."""

    account_id: int
    terms: Terms
    profiles: Sequence[Profile]
    every: bool
    window: tuple[date, date] | None  # first and last day, in each profile's zone


def read_profiles(connection: Connection, account_id: int, allowed: Sequence[int] | None) -> list[Profile]:
    """The account's profiles, or those of them that are allowed (internal ids)."""
    every = [Profile(*row) for row in run(connection, _PROFILES, (account_id,))]
    return [p for p in every if allowed is None or p.id in allowed]


def find_newest(
    connection: Connection, search: Search, count: int, ranked: bool = False
) -> list[tuple[int, float]]:
    """Id and score of the newest posts that fit, at most `count`, newest first.

    The lower a score, the better; 0 unless `ranked`: bm25 on SQLite, cover density (`ts_rank_cd`) on
    PostgreSQL. Their figures cannot be compared, and bm25 weighs a word by all that SQLite's index holds, so
    they order posts and are told to nobody.
    """
    score, asked = "0", []
    if ranked and connection.dialect.name == "sqlite":
        score = "bm25(search_words, 0.0, 1.0)"
    elif ranked:
        score, asked = "-ts_rank_cd(s.words, ?::tsquery, 1)", [as_tsquery(Terms(search.terms.wanted, ()))]
    sql, parameters = _statement(connection, search, _NEWEST)
    rows = run(connection, sql.replace("{score}", score), (*parameters, count, *asked))
    return [tuple(row) for row in rows]


def find_most_engaging(connection: Connection, search: Search, count: int) -> list[tuple[int, float]]:
    """The same of all posts that fit, those with the most engagement first; no score."""
    sql, parameters = _statement(connection, search, _MOST_ENGAGING)
    return [tuple(row) for row in run(connection, sql, (*parameters, count))]


def read_page(connection: Connection, account_id: int, ids: Sequence[int]) -> list[Any]:
    """Of each post, in this order: profile_id, id, urn, url, published_at, text, format, counts.

    The counts are likes, comments, shares, engagement, impressions.
    """
    if not ids:
        return []
    rows = run(connection, _PAGE.format(",".join("?" * len(ids))), (account_id, *ids))
    by_id = {row[1]: row for row in rows}
    return [by_id[id] for id in ids]


def find_post(
    connection: Connection, account_id: int, urn: str, profiles: Sequence[Profile]
) -> tuple[int, str, int] | None:
    """Profile, URN and moment of publication of the post that has this URN, be it as its other one."""
    if not profiles:
        return None
    marks = ",".join("?" * len(profiles))
    sql = (
        f"SELECT profile_id, urn, published_at FROM posts WHERE account_id = ? AND profile_id IN ({marks})"
        " AND {} = ? ORDER BY profile_id, id LIMIT 1"
    )
    owner = (account_id, *(p.id for p in profiles))
    for column in ("urn", "alias"):
        row = run(connection, sql.format(column), (*owner, urn)).first()
        if row is not None:
            return tuple(row)
    return None


def _statement(
    connection: Connection, search: Search, spelt: Mapping[str, str]
) -> tuple[str, tuple[Any, ...]]:
    """The statement for this database, and its parameters but for the limit."""
    sqlite = connection.dialect.name == "sqlite"
    ids = [p.id for p in search.profiles]
    own = [f"a{search.account_id}"] if search.every or len(ids) > MOST_SCOPES else [f"p{id}" for id in ids]
    asked = (as_fts5 if sqlite else as_tsquery)(search.terms, own)
    where, numbers = _where(search, sqlite)
    return spelt[connection.dialect.name].replace("{where}", where), (search.account_id, asked, *numbers)


def _where(search: Search, sqlite: bool) -> tuple[str, list[int]]:
    """The profiles, each with its own span of numbers where a window is asked for.

    The span of all of them comes first: SQLite's full-text index can use that one. The pluses keep SQLite to
    the index by number when it looks for the row of a hit; PostgreSQL would guess badly with them.
    """
    number, plus = ("search_words.rowid", "+") if sqlite else ("s.number", "")
    zones: dict[str, list[int]] = {}
    for profile in search.profiles:
        zones.setdefault(profile.zone if search.window else "", []).append(profile.id)
    clauses, spans, parameters = [], [], []
    for zone, ids in zones.items():
        spans.append(_span(zone, search.window))
        span = f"{plus}s.number >= ? AND {plus}s.number < ?"
        clauses.append(f"{plus}s.profile_id IN ({','.join('?' * len(ids))}) AND {span}")
        parameters += [*ids, *spans[-1]]
    widest = min(low for low, _ in spans), max(high for _, high in spans)
    return f"{number} >= ? AND {number} < ? AND ({' OR '.join(clauses)})", [*widest, *parameters]


def _span(zone: str, window: tuple[date, date] | None) -> tuple[int, int]:
    if window is None:
        return 0, 2**63 - 1
    first, last = window
    return numbered(midnight(zone, first)), numbered(midnight(zone, last + DAY))
