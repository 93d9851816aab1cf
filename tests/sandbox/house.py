"""Two accounts with marker words on one database, the same on every database, and a way to ask as either."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from flux.accounts import create_user
from flux.catalog.query import Profile
from flux.sandbox.run import LIMITS, Answer, Limits, run_query
from flux.store.engine import open_engine, writing
from flux.store.exports import EVENTS, EXPORTS, Export
from flux.store.profiles import find_profiles
from flux.store.tables import profiles
from tests.tenants import DAY, NOON, PASSWORD, make_days, make_posts, post

FORMATS = ("text", "image", "video", None)
ZONES = ("Europe/Berlin", "America/New_York")
POSTS = 40  # of a profile

# Until Flux keeps events, these stand in for them: nested ones, of each account its own.
_EVENTS = Export(
    name="eventsTable",
    help="Events made for tests.",
    fields=EVENTS.fields,
    derive="SELECT '2026-01-0' || column1 || 'T08:00:00Z', 'user-' || column1, NULL,"
    " iif(column1 % 2, 'signup', 'page view'), json_object('account', name, 'plan', json_object('seats',"
    " column1), 'tags', json_array('a', 'b')), json_object('urlPath', '/page/' || column1)"
    " FROM (VALUES (1), (2), (3), (4), (5)), profiles WHERE timezone = 'Europe/Berlin'",
)
WITH_EVENTS = (*(export for export in EXPORTS if export != EVENTS), _EVENTS)


@dataclass(frozen=True, slots=True)
class Person:
    """An account, the word that stands in all of its rows, and its profiles."""

    account_id: int
    marker: str
    profiles: list[Profile]


@dataclass(frozen=True, slots=True)
class House:
    """A database with two accounts."""

    engine: Engine
    settings: dict[str, str]
    ada: Person
    bob: Person

    def ask(
        self,
        person: Person,
        text: str,
        variables: Mapping[str, Any] | None = None,
        limits: Limits = LIMITS,
        exports: tuple[Export, ...] = WITH_EVENTS,
    ) -> Answer:
        """The person's query, answered or refused."""
        return run_query(
            self.settings, self.engine, person.account_id, text, variables or {}, exports, limits
        )


@contextmanager
def build(url: str, folder: Path) -> Iterator[House]:
    """A house on a database with tables and plans."""
    engine = open_engine(url)
    settings = {"FLUX_INSTANCE_PATH": str(folder)}
    yield House(engine, settings, move_in(engine, "ada", "ZXADAZX", 1), move_in(engine, "bob", "ZXBOBZX", 2))
    engine.dispose()
    shutil.rmtree(folder, ignore_errors=True)


def move_in(engine: Engine, name: str, marker: str, number: int) -> Person:
    """An account with two profiles; ids, moments and counts hang on `number` alone."""
    account_id = create_user(engine, f"{name}@example.org", PASSWORD, "edge").account_id
    told = {"account_id": account_id, "kind": "personal", "url": None, "version": 1, "updated_at": NOON}
    told |= {"first_post_at": None, "first_day": None, "created_at": NOON}
    rows = [
        {"id": number * 10 + n, "name": f"{marker} {n}", "timezone": zone} for n, zone in enumerate(ZONES)
    ]
    with writing(engine) as connection:
        connection.execute(insert(profiles), [told | row for row in rows])
    found = find_profiles(engine, account_id)
    for profile in found:
        make_posts(engine, profile, account_id, list(_posts(profile, marker)))
        days = [_day(n, profile.id) for n in range(10)]
        make_days(engine, profile, account_id, *days)
    return Person(account_id, marker, found)


def _posts(profile: Profile, marker: str) -> Iterator[dict[str, Any]]:
    for n in range(POSTS):
        counts = {} if n % 7 == 3 else {"likes": n * 3 % 17, "comments": n % 5, "shares": n % 3}
        words = {"text": f"{marker} says hällo {n}", "hashtags": "#data #growth" if n % 2 else None}
        made = post(NOON + n * 31 * 3_600, **words, **counts, format=FORMATS[n % 4], impressions=n * 100)
        id = profile.id * 1_000 + n
        yield made | {"id": id, "urn": f"urn:li:share:{id}", "url": f"https://example.org/{id}"}


def _day(number: int, profile_id: int) -> dict[str, Any]:
    from datetime import UTC, datetime

    day = datetime.fromtimestamp(NOON + number * DAY, UTC).date().isoformat()
    told = {"day": day, "impressions": number * 10, "engagements": None, "new_followers": number % 3}
    return told | {"followers": 1_000 + number * profile_id}
