"""Accounts, profiles, keys and posts for tests: made through Flux's own functions, posts in bulk."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, insert, update

from flux import keys
from flux.catalog.query import Profile
from flux.ids import new_id, new_ids
from flux.key_limits import Limits
from flux.store.accounts import User, add_user, seed_plans
from flux.store.engine import writing
from flux.store.profiles import create_profile
from flux.store.tables import daily_activity, posts, profiles

PEPPER = "a secret for tests only, as long as a real one: 0123456789abcdef"
PASSWORD = "correct horse battery staple"
DAY = 86_400
NOON = 1_767_268_800  # 2026-01-01 12:00 UTC

_numbers = itertools.count(1)

_POST: dict[str, Any] = {"alias": None, "url": None, "time_known": True, "text": None, "hashtags": None}
_POST |= {"format": None, "length": None, "likes": None, "comments": None, "shares": None, "engagement": None}
_POST |= {"impressions": None, "counts_read_at": None}


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with a user, one profile, and the text of a Data API key that may see all of it."""

    user: User
    profile: Profile
    key: str

    @property
    def account_id(self) -> int:
        """The account's internal id."""
        return self.user.account_id

    @property
    def header(self) -> dict[str, str]:
        """The key as a request's header."""
        return {"Authorization": f"Bearer {self.key}"}


def make_tenant(
    engine: Engine,
    email: str = "ada@example.org",
    plan: str = "edge",
    timezone: str | None = None,
    pepper: str = PEPPER,
) -> Tenant:
    """A tenant with an empty profile called after the address's name."""
    seed_plans(engine)
    user = add_user(engine, email, _hash(), plan)
    profile = create_profile(
        engine, user.account_id, email.split("@", maxsplit=1)[0].title(), timezone=timezone
    )
    return Tenant(user, profile, make_key(engine, user.account_id, pepper=pepper))


@cache
def _hash() -> str:
    """Argon2's for PASSWORD, at the least cost: tests make thousands of users."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_key(
    engine: Engine, account_id: int, limits: Limits | None = None, kind: str = "bi", pepper: str = PEPPER
) -> str:
    """The text of a new key."""
    _, text = keys.issue(engine, pepper, account_id, kind, "a key for tests", limits or Limits())
    return text


def make_posts(
    engine: Engine, profile: Profile, account_id: int, rows: Iterable[Mapping[str, Any]]
) -> list[int]:
    """Posts of a profile, as written: what a row leaves out is unknown, `published_at` is needed.

    `engagement` is the sum of likes, comments and shares where all three are given. The profile's
    version is raised, as an import would.
    """
    wanted = [dict(row) for row in rows]
    ids = list(new_ids(len(wanted)))
    made = [_post(row, id, profile.id, account_id) for row, id in zip(wanted, ids, strict=True)]
    first = min((row["published_at"] for row in made), default=None)
    with writing(engine) as connection:
        if made:
            connection.execute(insert(posts), made)
        _raise_version(connection, profile, account_id, first_post_at=first)
    return ids


def _post(row: dict[str, Any], id: int, profile_id: int, account_id: int) -> dict[str, Any]:
    counts = [row.get(name) for name in ("likes", "comments", "shares")]
    total = sum(c for c in counts if c is not None) if None not in counts else None
    text = row.get("text")
    told = {"urn": f"urn:li:share:{id}", "engagement": total, "length": None if text is None else len(text)}
    owner = {"account_id": account_id, "profile_id": profile_id}
    return _POST | {"id": id} | told | row | owner


def post(at: str | int, **more: Any) -> dict[str, Any]:
    """A post's row for `make_posts`, id and URN at hand; `at`: Unix seconds or ISO text, UTC by default."""
    if isinstance(at, str):
        moment = datetime.fromisoformat(at)
        at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    id = new_id()
    urn = f"urn:li:activity:{7_000_000_000_000_000_000 + next(_numbers)}"
    url = f"https://www.linkedin.com/feed/update/{urn}"
    return _post({"id": id, "urn": urn, "url": url, "published_at": at, **more}, id, 0, 0)


def make_days(engine: Engine, profile: Profile, account_id: int, *rows: Mapping[str, Any]) -> None:
    """Daily figures of a profile, as written; the version is raised, as an import would."""
    with writing(engine) as connection:
        for row in rows:
            connection.execute(
                insert(daily_activity).values(account_id=account_id, profile_id=profile.id, **row)
            )
        _raise_version(connection, profile, account_id, first_day=min(row["day"] for row in rows))


def _raise_version(connection: Connection, profile: Profile, account_id: int, **more: Any) -> None:
    where = (profiles.c.account_id == account_id, profiles.c.id == profile.id)
    connection.execute(update(profiles).where(*where).values(version=profiles.c.version + 1, **more))
