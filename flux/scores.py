"""A post, or a draft, scored against its author's own history, for every door that is asked."""

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, Engine

from flux.analyses import score_words as words
from flux.analyses.expectation import INTERVAL, LEAST_POSTS, LEVELS, Codes, Expectation, fit
from flux.analyses.features import codes_of
from flux.analyses.statistics import Estimate
from flux.catalog.posts import FORMATS
from flux.catalog.query import Profile
from flux.ids import internal_id
from flux.importers.merge import hashtags
from flux.mistakes import InvalidParameter, ProfileNotFound, ResourceNotFound
from flux.schemas.scores import Factor, Score
from flux.store.engine import reading
from flux.store.score_history import Past, read_history
from flux.store.search import find_post, read_profiles

KEPT = 64  # histories


@dataclass(frozen=True, slots=True)
class _History:
    """A profile's posts, which of them the expectation is from, and their scale."""

    posts: dict[str, Past]  # by URN
    places: dict[str, int]  # of those that count, in the expectation
    expectation: Expectation | None  # None: too few
    typical: float

    def score(self, adjusted: float) -> float:
        return math.log(adjusted + 0.5) - math.log(self.typical + 0.5)

    def engagement(self, score: float) -> float:
        """In adjusted engagements; the half keeps zeros finite, as in flux.detrend."""
        return round(max(math.exp(score) * (self.typical + 0.5) - 0.5, 0.0), 2)


def score_stored(engine: Engine, account_id: int, urn: str, profiles: Sequence[int] | None = None) -> Score:
    """A stored post's place in its author's history. Raises ResourceNotFound.

    `profiles` are the internal ids that the caller may see; None: all of the account's.
    """
    with reading(engine) as connection:
        visible = read_profiles(connection, account_id, profiles)
        found = find_post(connection, account_id, urn, visible)
        if found is None:
            raise ResourceNotFound("post", urn)
        profile = next(p for p in visible if p.id == found[0])
        history = _history(connection, account_id, profile)
    post = history.posts[found[1]]
    told: dict[str, Any] = {"kind": "post", "value": post.adjusted}
    notes = [words.MATURING] if post.maturing else [] if post.adjusted is not None else [words.UNMEASURED]
    codes, model = _codes(post, profile), history.expectation
    if model is None:
        return _too_few(profile, history, told, notes)
    place = history.places.get(post.urn)
    range_ = model.predict(codes) if place is None else model.predict_own(place, codes)
    verdict, percentile = words.UNMEASURED, None
    if post.adjusted is not None:
        percentile = _percentile(model, history.score(post.adjusted))
        verdict = words.post_verdict(post.adjusted, percentile, *_ends(history, range_))
    told |= {"percentile": percentile, "verdict": verdict, "notes": [*notes, words.EXPERIMENT]}
    return _score(profile, history, model, codes, range_, told)


def score_draft(
    engine: Engine,
    account_id: int,
    profile: str,
    text: str,
    format: str | None = None,
    planned_at: date | None = None,
    profiles: Sequence[int] | None = None,
) -> Score:
    """What to expect of a draft by that profile (public id), one of those that the caller may see.

    `planned_at` is a moment, in the profile's own zone if it has none, or only a day, of which no hour is
    counted; from 1970 to 2100. Raises ProfileNotFound; InvalidParameter for a format that is none.
    """
    if format is not None and format not in FORMATS:
        raise InvalidParameter("format", format[:50], f"one of {', '.join(FORMATS)}")
    with reading(engine) as connection:
        visible = {p.id: p for p in read_profiles(connection, account_id, profiles)}
        author = visible.get(internal_id("prof", profile) or 0)
        if author is None:
            raise ProfileNotFound(profile[:50])
        history = _history(connection, account_id, author)
    told: dict[str, Any] = {"kind": "draft", "value": None}
    if history.expectation is None:
        return _too_few(author, history, told, [])
    local, timed = _local(planned_at, author.zone), isinstance(planned_at, datetime)
    codes = codes_of(format, local, timed, len(text), len(hashtags(text).split()))
    range_ = history.expectation.predict(codes)
    percentile = _percentile(history.expectation, range_.value)
    verdict = words.draft_verdict(history.engagement(range_.value), percentile, *_ends(history, range_))
    told |= {"percentile": percentile, "verdict": verdict, "notes": [words.DRAFT, words.EXPERIMENT]}
    return _score(author, history, history.expectation, codes, range_, told)


def _score(
    profile: Profile,
    history: _History,
    model: Expectation,
    codes: Codes,
    range_: Estimate,
    told: dict[str, Any],
) -> Score:
    low, high = _ends(history, range_)
    return Score(
        profile_id=profile.public_id, expected_low=low, expected=history.engagement(range_.value),
        expected_high=high, interval=INTERVAL, sample_size=len(history.places),
        factors=_factors(model, codes), enough=True, method=words.METHOD, **told,
    )  # fmt: skip


def _too_few(profile: Profile, history: _History, told: dict[str, Any], notes: list[str]) -> Score:
    posts = len(history.places)
    return Score(
        profile_id=profile.public_id, expected_low=None, expected=None, expected_high=None,
        interval=INTERVAL, percentile=None, sample_size=posts, factors=[], enough=False,
        verdict=words.too_few(posts), method=words.METHOD, notes=notes, **told,
    )  # fmt: skip


def _ends(history: _History, range_: Estimate) -> tuple[float, float]:
    return history.engagement(range_.low), history.engagement(range_.high)


def _percentile(model: Expectation, score: float) -> float:
    return round(100 * model.surpassed(score), 1)


def _factors(model: Expectation, codes: Codes) -> list[Factor]:
    """Those that are known of the post: the clear ones first, then by size."""
    found = []
    for group, (name, levels) in enumerate(LEVELS.items()):
        level = int(codes[group])
        if level >= 0:
            effect = model.effect(group, level)
            made = words.factor(name, levels[level], effect, model.posts_of(group, level))  # type: ignore[arg-type]
            found.append((not made.clear, -abs(effect.value), made))
    return [made for _, _, made in sorted(found, key=lambda each: each[:2])]


def _local(planned: date | None, zone: str) -> datetime | None:
    """The moment by the clock of `zone`; of a day, its midnight."""
    if isinstance(planned, datetime):
        return planned.astimezone(ZoneInfo(zone)) if planned.tzinfo else planned
    return None if planned is None else datetime.combine(planned, time())


def _codes(post: Past, profile: Profile) -> Codes:
    local = datetime.fromtimestamp(post.published_at, ZoneInfo(profile.zone))
    return codes_of(post.format, local, post.time_known, post.length, post.hashtags)


_kept: OrderedDict[tuple[int, int, int], _History] = OrderedDict()
_lock = threading.Lock()


def _history(connection: Connection, account_id: int, profile: Profile) -> _History:
    """The profile's history, fitted once for each state of its data."""
    key = account_id, profile.id, profile.version
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = _fit(connection, account_id, profile)
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _fit(connection: Connection, account_id: int, profile: Profile) -> _History:
    every, known = read_history(connection, account_id, profile)
    counted = [post for post in every if post.adjusted is not None and not post.maturing]
    history = _History(
        {post.urn: post for post in every},
        {post.urn: place for place, post in enumerate(counted)},
        None,
        known.typical,
    )
    if len(counted) < LEAST_POSTS:
        return history
    scores = np.array([history.score(post.adjusted or 0.0) for post in counted])
    model = fit(np.stack([_codes(post, profile) for post in counted]), scores)
    return _History(history.posts, history.places, model, history.typical)
