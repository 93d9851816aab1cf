"""Sample events: visitors of a site, some of whom come from a post and sign up."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import orjson

from flux.importers.records import PostRecord
from flux.schemas.events import Event

DAYS = 120
VISITS = 14  # of an ordinary day
RECENT_DAYS = 7  # for which a post brings visitors

_PATHS = {"/": 0.42, "/pricing": 0.2, "/blog/onboarding-checklist": 0.16, "/customers": 0.12, "/docs": 0.1}
_SIGN_UP = {"/": 0.07, "/pricing": 0.16, "/blog/onboarding-checklist": 0.04, "/customers": 0.1, "/docs": 0.05}
_SOURCES = ("search", "newsletter", "direct")
_BUSY = (1.0, 1.15, 1.2, 1.1, 0.9, 0.45, 0.5)  # Monday first
_MINUTE = 60_000  # milliseconds


def sample_events(posts: Sequence[PostRecord], seed: int, today: date) -> Iterator[Event]:
    """The visits of DAYS days up to the day before `today`; the same day and seed give the same ids."""
    ordered = sorted(posts, key=lambda post: post.published_at)
    moments = [post.published_at for post in ordered]
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        recent = ordered[bisect_left(moments, start - RECENT_DAYS * 86_400) : bisect_left(moments, start)]
        random = Random(f"{seed}-{day}")  # noqa: S311 - sample data
        for number in range(round(VISITS * _BUSY[day.weekday()] * random.uniform(0.7, 1.3))):
            yield from _visit(random, f"sample-{seed}-{day}-{number}", start * 1000, recent)


def _visit(random: Random, id: str, start: int, recent: Sequence[PostRecord]) -> Iterator[Event]:
    """The pages that a visitor sees, and perhaps a signup at the end."""
    at = start + random.randrange(6 * 60, 22 * 60) * _MINUTE
    post = random.choice(recent) if recent and random.random() < 0.45 else None
    told = {"source": "linkedin", "post": post.urn} if post else {"source": random.choice(_SOURCES)}
    landing = random.choices(list(_PATHS), list(_PATHS.values()))[0]
    for step in range(random.choice((1, 1, 2, 3))):
        path = landing if step == 0 else random.choice(list(_PATHS))
        yield _event(f"{id}-{step}", at + step * _MINUTE, "page_view", id, told, path)
    if random.random() < _SIGN_UP[landing] * (1.6 if post else 1):
        told |= {"plan": random.choice(("free", "free", "team"))}
        yield _event(f"{id}-signup", at + 5 * _MINUTE, "signup", id, told, "/signup", f"user-{id}")


def _event(
    id: str, at: int, name: str, visitor: str, told: dict[str, str], path: str, user: str | None = None
) -> Event:
    return Event(
        event_id=id,
        happened_at=at,
        user_id=user,
        anonymous_id=visitor,
        name=name,
        properties=orjson.dumps(told).decode(),
        uf_properties=orjson.dumps({"urlPath": path}).decode(),
    )
