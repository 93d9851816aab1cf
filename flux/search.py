"""Posts found by the words in them, and one post by its URN: for every door that looks for posts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, Engine

from flux import formats
from flux.catalog import CATALOG
from flux.catalog.parse import parse
from flux.catalog.query import Profile, Query
from flux.mistakes import InvalidParameter, ResourceNotFound
from flux.schemas.search import Found, Hit, Sort
from flux.store.engine import reading
from flux.store.read import READERS
from flux.store.read.fits import figures_of, read_fits
from flux.store.search import (
    Search,
    find_most_engaging,
    find_newest,
    find_post,
    read_page,
    read_profiles,
)
from flux.store.search_index import refresh
from flux.store.search_snippets import snippet
from flux.store.search_terms import Terms, read_terms

MAX_HITS = 50
MAX_OFFSET = 100_000
RANKED = 2_000  # the newest hits, among which the order of relevance is made; the others follow
SORTS = ("relevance", "date", "engagement")
NOTE = (
    f"More than {RANKED:,} posts were found: the newest {RANKED:,} come in order of relevance, then the "
    "others, newest first. Add words, or ask for a window."
)


def search_posts(  # noqa: PLR0913, PLR0917 - the first three say what and where, the rest narrows it
    engine: Engine,
    account_id: int,
    text: str,
    profiles: Sequence[int] | None = None,
    window: tuple[date, date] | None = None,
    sort: Sort = "relevance",
    limit: int = 20,
    offset: int = 0,
) -> Found:
    """The account's posts that hold the words of `text`, the best first (or by `sort`).

    `profiles` are internal ids (None: all); `window` first and last day, each in a profile's own zone.
    Raises InvalidParameter for a text without a word to look for, a limit or offset out of bounds, or a sort
    that is none.
    """
    terms = read_terms(text)
    _check(sort, limit, offset)
    refresh(engine, account_id, profiles)
    with reading(engine) as connection:
        visible = read_profiles(connection, account_id, profiles)
        if not visible:
            return Found(hits=[], total=0, total_is_known=True, more=False)
        search = Search(account_id, terms, visible, profiles is None, window)
        ids, told = _order(connection, search, sort, offset + limit)
        page = read_page(connection, account_id, ids[offset : offset + limit])
        hits = _hits(connection, account_id, page, visible, terms, offset)
    return Found(hits=hits, more=len(ids) > offset + limit, **told)


def _check(sort: str, limit: int, offset: int) -> None:
    if sort not in SORTS:
        raise InvalidParameter("sort", str(sort)[:50], f"one of {', '.join(SORTS)}")
    if not 1 <= limit <= MAX_HITS:
        raise InvalidParameter("limit", str(limit), f"from 1 to {MAX_HITS}")
    if not 0 <= offset <= MAX_OFFSET:
        raise InvalidParameter("offset", str(offset), f"from 0 to {MAX_OFFSET:,}")


def _order(connection: Connection, search: Search, sort: Sort, end: int) -> tuple[list[int], dict[str, Any]]:
    """The ids of what was found, as far as the page's `end` and one more, and what is told of them all."""
    relevance = sort == "relevance"
    reach = max(end, RANKED) + 1
    if sort == "engagement":
        found = find_most_engaging(connection, search, reach)
    else:
        found = find_newest(connection, search, reach, ranked=relevance)
    total = len(found) if len(found) < reach else None
    if relevance:
        found = sorted(found[:RANKED], key=lambda each: each[1]) + found[RANKED:]
    note = NOTE if relevance and len(found) > RANKED else None
    return [id for id, _ in found], {"total": total, "total_is_known": total is not None, "note": note}


def _hits(
    connection: Connection,
    account_id: int,
    page: Sequence[Any],
    visible: Sequence[Profile],
    terms: Terms,
    offset: int,
) -> list[Hit]:
    profiles = {p.id: p for p in visible}
    fits = read_fits(connection, account_id, {profiles[row[0]] for row in page})
    hits = []
    for place, (row, (adjusted, _)) in enumerate(zip(page, figures_of(fits, page), strict=True), offset + 1):
        profile_id, _, urn, url, published_at, text, form, likes, comments, shares, engagement, shown = row
        moment = datetime.fromtimestamp(published_at, ZoneInfo(profiles[profile_id].zone)).isoformat()
        hits.append(
            Hit(
                rank=place, profile_id=profiles[profile_id].public_id, post_id=urn, url=url,
                published_at=moment, date=moment[:10], format=form,
                snippet=snippet(text or "", terms.wanted), likes=likes, comments=comments, shares=shares,
                engagement=engagement, adjusted_engagement=adjusted, impressions=shown,
            )
        )  # fmt: skip
    return hits


def get_post(
    engine: Engine, account_id: int, urn: str, profiles: Sequence[int] | None = None
) -> dict[str, Any]:
    """One post as the dataset `posts` tells it: every column, as JSON types. Raises ResourceNotFound."""
    with reading(engine) as connection:
        visible = read_profiles(connection, account_id, profiles)
        place = find_post(connection, account_id, urn, visible)
        if place is None:
            raise ResourceNotFound("post", urn)
        profile_id, known_as, published_at = place
        query = _day_of(next(p for p in visible if p.id == profile_id), published_at)
        rows = READERS["posts"](connection, account_id, query)
        told = b"".join(formats.write_json(query.columns(), rows, {}))
    return next(row for row in orjson.loads(told)["data"] if row["post_id"] == known_as)


def _day_of(profile: Profile, moment: int) -> Query:
    """The question for the profile's posts of the day on which the moment falls."""
    day = datetime.fromtimestamp(moment, ZoneInfo(profile.zone)).date().isoformat()
    return parse(CATALOG["posts"], {"from": [day], "to": [day]}, [profile], datetime.now(UTC))
