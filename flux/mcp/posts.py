"""search_posts, get_post, score_post: single posts, found by their words, read whole, and scored."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from flux import scores, search
from flux.catalog import CATALOG
from flux.catalog.kinds import FIRST_DAY, LAST_DAY, shown
from flux.catalog.parse import asked_profiles, parse
from flux.catalog.query import Profile
from flux.extensions import engine
from flux.mcp import cursors
from flux.mcp.plain import clean_all
from flux.mistakes import InvalidParameter
from flux.schemas.base import written
from flux.schemas.scores import Score
from flux.serve import Rights, find_dataset
from flux.store.profiles import find_profiles

Arguments = dict[str, Any]
Told = dict[str, Any]

USUAL_HITS = 20
WINDOW = ("from", "to", "range")
OF_DRAFTS = ("text", "profile_id", "format", "planned_at")


def search_posts(allowed: Rights, arguments: Arguments) -> Told:
    """A page of hits. Raises a Mistake."""
    find_dataset(allowed, "posts")
    asked = asked_profiles(_listed(arguments, "profile_id"))
    profiles = find_profiles(engine, allowed.account_id, asked, allowed.profiles)
    narrowed = bool(asked) or allowed.profiles is not None
    window = _window(arguments, profiles)
    days = window and [day.isoformat() for day in window]
    state = cursors.mark([allowed.account_id, days, [(p.id, p.version) for p in profiles]])
    begin = cursors.begin(arguments, state)
    found = search.search_posts(
        engine,
        allowed.account_id,
        arguments["query"],
        tuple(p.id for p in profiles) if narrowed else None,
        window,
        arguments.get("sort", "relevance"),
        arguments.get("limit", USUAL_HITS),
        begin,
    )
    hits = [clean_all(written(hit)) for hit in found.hits]
    page = cursors.page(arguments, state, begin, len(hits), found.more)
    return {"hits": hits, "total": found.total, "note": found.note, **page}


def _listed(arguments: Arguments, *names: str) -> dict[str, list[str]]:
    return {name: [arguments[name]] for name in names if arguments.get(name, "").strip()}


def _window(arguments: Arguments, profiles: Sequence[Profile]) -> tuple[date, date] | None:
    """First and last day, read as for every dataset; None, which is all time, unless a day is named."""
    asked = _listed(arguments, *WINDOW)
    if not asked:
        return None
    if "range" not in asked:
        asked.setdefault("from", [FIRST_DAY.isoformat()])
    # One of each zone tells which day it is; a search may be of more profiles than a dataset takes.
    zones = {profile.zone: profile for profile in profiles}
    window = parse(CATALOG["posts"], asked, zones.values(), datetime.now(UTC)).window
    return None if arguments.get("range") == "all" else (window.first, window.last)


def get_post(allowed: Rights, arguments: Arguments) -> Told:
    """One post, every column. Raises ResourceNotFound."""
    find_dataset(allowed, "posts")
    found = search.get_post(engine, allowed.account_id, arguments["post_id"], allowed.profiles)
    return {"post": clean_all(found)}


def score_post(allowed: Rights, arguments: Arguments) -> Told:
    """A post's or a draft's score. Raises a Mistake."""
    find_dataset(allowed, "posts")
    return clean_all(written(_score(allowed, arguments)))  # type: ignore[no-any-return]


def _score(allowed: Rights, arguments: Arguments) -> Score:
    if "post_id" in arguments:
        if clash := [name for name in OF_DRAFTS if name in arguments]:
            raise InvalidParameter(
                clash[0], shown(arguments[clash[0]]), "left out where 'post_id' names a stored post"
            )
        return scores.score_stored(engine, allowed.account_id, arguments["post_id"], allowed.profiles)
    for name, why in (("text", "or 'post_id' for a stored post"), ("profile_id", "whose draft it is")):
        if name not in arguments:
            raise InvalidParameter(name, "", f"given for a draft; {why}")
    return scores.score_draft(
        engine,
        allowed.account_id,
        arguments["profile_id"],
        arguments["text"],
        arguments.get("format"),
        _planned(arguments.get("planned_at")),
        allowed.profiles,
    )


def _planned(text: str | None) -> date | None:
    """The moment, or the day where only that is written."""
    if text is None:
        return None
    for read in (date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError):
            found = read(text)
            if FIRST_DAY.year <= found.year <= LAST_DAY.year:
                return found
    wanted = f"a moment from {FIRST_DAY.year} to {LAST_DAY.year}, such as 2026-03-31T09:00 or "
    raise InvalidParameter("planned_at", shown(text), wanted + "2026-03-31T09:00+02:00, or a day")
