"""Believable data straight into the tables: profiles with posts in order of time across all of them."""

import csv
import io
import random
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg2
from sqlalchemy import Engine, insert, make_url

from flux import accounts, keys
from flux.ids import new_ids, public_id
from flux.store.accounts import move_account, seed_plans
from flux.store.engine import open_engine, writing
from flux.store.tables import daily_activity, metadata, posts, profiles

FIRST, LAST = date(2023, 7, 1), date(2026, 6, 30)  # three years
PER_PROFILE = 1_500
PEPPER = "a secret for the bench only: 0123456789abcdef0123456789abcdef"
WITHOUT_LIMIT = 2_000_000_000
FORMATS = ("text", "image", "video", "document", "article", "poll", None)
POST_COLUMNS = [c.name for c in posts.columns]


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled database, its account, its profiles (internal ids) and a key that sees them all."""

    url: str
    account_id: int
    profiles: list[int]
    key: str

    @property
    def header(self) -> dict[str, str]:
        """The key as a request's header."""
        return {"Authorization": f"Bearer {self.key}"}

    def public(self, place: int) -> str:
        """The public id of a profile."""
        return public_id("prof", self.profiles[place])


def lay_out(url: str) -> Engine:
    """The tables and the plans in an empty database."""
    engine = open_engine(url)
    metadata.create_all(engine)
    seed_plans(engine)
    return engine


def fill(url: str, count: int, text: int = 600) -> Filled:
    """An account of `count` posts, 1,500 a profile, with texts of about so many characters."""
    engine = lay_out(url)
    user = accounts.create_user(engine, "bench@example.org", "correct horse battery staple")
    move_account(engine, user.account_id, user.plan, WITHOUT_LIMIT, WITHOUT_LIMIT)
    ids = list(new_ids(max(1, count // PER_PROFILE)))
    with writing(engine) as connection:
        connection.execute(insert(profiles), list(_profiles(user.account_id, ids)))
        connection.execute(insert(daily_activity), list(_days(user.account_id, ids[:50])))
    bulk_load(url, POST_COLUMNS, _posts(user.account_id, ids, count, text))
    _, key = keys.issue(engine, PEPPER, user.account_id, "bi", "bench")
    engine.dispose()
    return Filled(url, user.account_id, ids, key)


def bulk_load(url: str, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows into `posts` the fastest way that the database itself has: executemany, COPY."""
    if url.startswith("sqlite"):
        marks = ",".join("?" * len(columns))
        with sqlite3.connect(make_url(url).database or "") as connection:
            connection.executemany(f"INSERT INTO posts ({','.join(columns)}) VALUES ({marks})", rows)
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        buffer.seek(0)
        cursor.copy_expert(f"COPY posts ({','.join(columns)}) FROM STDIN WITH (FORMAT csv)", buffer)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def _profiles(account_id: int, ids: list[int]) -> Iterator[dict[str, Any]]:
    told = {"account_id": account_id, "kind": "personal", "url": None, "timezone": None, "version": 1}
    told |= {"updated_at": _second(LAST), "first_post_at": _second(FIRST), "created_at": _second(FIRST)}
    for number, id in enumerate(ids):
        yield {**told, "id": id, "name": f"Profile {number:03d}", "first_day": FIRST.isoformat()}


def _days(account_id: int, ids: list[int]) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)
    for place in range(365):
        day = (LAST - timedelta(days=place)).isoformat()
        for id in ids:
            told = {"impressions": chance.randrange(5_000), "engagements": chance.randrange(90)}
            told |= {"new_followers": chance.randrange(9), "followers": 20_000 - place * 5}
            read = {"activity_read_at": _second(LAST), "followers_read_at": _second(LAST)}
            yield {"account_id": account_id, "profile_id": id, "day": day, **told, **read}


def _posts(account_id: int, ids: list[int], count: int, text: int) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of POST_COLUMNS."""
    chance = random.Random(7)
    words = [
        "growth",
        "the team",
        "we learned,",
        'a "small" step',
        "data\n\n",
        "LinkedIn",
        "an hour",
        "ship it!",
    ]
    corpus = " ".join(chance.choices(words, k=20_000))
    begin, span = _second(FIRST), _second(LAST) + 86_400 - _second(FIRST)
    for number, id in enumerate(new_ids(count)):
        at = begin + number * span // count
        size = min(3_000, int(chance.expovariate(1 / text)) + 1)
        start = chance.randrange(len(corpus) - size)
        counts = [None] * 3 if number % 13 == 0 else [chance.randrange(limit) for limit in (300, 40, 20)]
        total = None if None in counts else sum(counts)  # type: ignore[arg-type]
        row = {
            "account_id": account_id, "id": id, "profile_id": ids[number % len(ids)],
            "urn": f"urn:li:share:{id}", "alias": None, "url": f"https://example.org/posts/{id}",
            "published_at": at, "time_known": True, "text": corpus[start : start + size],
            "hashtags": "#data #growth", "format": FORMATS[number % 7], "length": size,
            "likes": counts[0], "comments": counts[1], "shares": counts[2],
            "engagement": total, "impressions": chance.randrange(50_000),
            "counts_read_at": begin,
        }  # fmt: skip
        yield tuple(row.get(name) for name in POST_COLUMNS)  # what is left out may be unknown


def _second(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
