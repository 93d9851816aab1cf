"""Two accounts with marker words on one database, the same on every database, and a way to ask as either."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select, update

from flux.accounts import create_user
from flux.catalog.query import Profile
from flux.ids import new_ids
from flux.sandbox.process import LIMITS, Limits
from flux.sandbox.run import Answer, run_query
from flux.store.data_sources import add_rows
from flux.store.engine import open_engine, writing
from flux.store.profiles import find_profiles
from flux.store.tables import accounts, data_sources, events, profiles, projects
from tests.tenants import DAY, NOON, PASSWORD, make_days, make_posts, post

FORMATS = ("text", "image", "video", None)
ZONES = ("Europe/Berlin", "America/New_York")
POSTS = 40  # of a profile


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
        **more: Any,
    ) -> Answer:
        """The person's query, answered or refused."""
        given = variables or {}
        return run_query(self.settings, self.engine, person.account_id, text, given, limits=limits, **more)


@contextmanager
def build(url: str, folder: Path) -> Iterator[House]:
    """A house on a database with tables and plans."""
    engine = open_engine(url)
    settings = {"FLUX_INSTANCE_PATH": str(folder), "FLUX_SANDBOX_MB": "100"}
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
    add_events(engine, account_id, [_event(n, marker) for n in range(1, 6)])
    return Person(account_id, marker, found)


def add_events(engine: Engine, account_id: int, rows: list[dict[str, Any]]) -> None:
    """Events as they are taken in: numbered on from the account's newest, which is noted."""
    mine = accounts.c.account_id == account_id
    with writing(engine) as connection:
        newest = connection.execute(select(accounts.c.last_event).where(mine)).scalar_one()
        made = [
            {"account_id": account_id, "number": number, "received_at": NOON} | row
            for number, row in enumerate(rows, newest + 1)
        ]
        connection.execute(insert(events), made)
        connection.execute(update(accounts).where(mine).values(last_event=newest + len(rows)))


def add_table(engine: Engine, account_id: int, name: str, columns: list[tuple[str, str]], rows: Any) -> int:
    """A data source that was read and kept as a table, in a project of its own; its id."""
    project, source = new_ids(2)
    told = {"account_id": account_id, "created_at": NOON, "updated_at": NOON, "name": name}
    kept = {"type": "csv", "rows": len(rows), "recognised": []}
    kept["columns"] = [{"name": column, "type": type} for column, type in columns]
    with writing(engine) as connection:
        connection.execute(insert(projects).values(told | {"id": project, "every_profile": True}))
        connection.execute(insert(data_sources).values(told | kept | {"id": source, "project_id": project}))
        add_rows(connection, account_id, source, rows, lambda _: None)
    return source


def event(at: int, name: str, properties: str | None = None, **more: Any) -> dict[str, Any]:
    """An event's row for `add_events`; `at`: Unix milliseconds, `properties`: JSON."""
    told = {"happened_at": at, "name": name, "properties": properties, "uf_properties": None}
    return told | {"event_id": None, "user_id": None, "anonymous_id": None} | more


def _event(number: int, marker: str) -> dict[str, Any]:
    """One of five, nested, of each account its own."""
    told = {"account": f"{marker} 0", "plan": {"seats": number}, "tags": ["a", "b"]}
    at = (NOON - 4 * 3_600 + (number - 1) * DAY) * 1_000
    page = json.dumps({"urlPath": f"/page/{number}"})
    name = "signup" if number % 2 else "page view"
    return event(at, name, json.dumps(told), user_id=f"user-{number}", uf_properties=page)


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
