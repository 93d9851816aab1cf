"""The datasets' rows, held against a naive count of the same posts, one by one, with the standard library."""

import itertools
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.catalog.breakdown import BUCKETS
from flux.catalog.parse import parse
from flux.catalog.periods import PERIODS
from flux.catalog.query import Profile, Query
from flux.serve import Rights, rows
from flux.store.accounts import add_user
from flux.store.profiles import create_profile, find_profiles
from tests.tenants import make_days, make_posts, post

_numbers = itertools.count()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]
COUNTS = ("engagement", "likes", "comments", "shares")


def new_account(engine: Engine) -> int:
    return add_user(engine, f"user{next(_numbers)}@example.org", None, "edge").account_id


def add_posts(engine: Engine, account: int, profile: Profile, *some: dict[str, Any]) -> None:
    make_posts(engine, profile, account, some)


def random_posts(seed: int, count: int = 150) -> list[dict[str, Any]]:
    """Two years of posts, some unmeasured or with a total only, many at the edges of days and hours."""
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        at = int(datetime(2024, 11, 1, tzinfo=UTC).timestamp()) + dice.randrange(750 * 24) * 3600
        at += dice.choice((0, 0, 1, -1, 1799, 1800, 2700))
        counts: dict[str, Any] = {name: dice.randrange(40) for name in ("likes", "comments", "shares")}
        kind = dice.random()
        if kind < 0.15:
            counts = {}
        elif kind < 0.3:
            counts = {"engagement": dice.randrange(200)}
        more = {
            "format": dice.choice([None, "text", "video"]),
            "length": dice.choice([None, 0, 299, 300, 899, 900, 1999, 2000]),
        }
        made.append(post(at, **counts, **more))
    return made


def ask(engine: Engine, account: int, name: str, **arguments: str) -> tuple[Query, list[dict[str, Any]]]:
    """The query and its rows as dictionaries."""
    query = parse(
        CATALOG[name], {k.rstrip("_"): [v] for k, v in arguments.items()}, find_profiles(engine, account), NOW
    )
    names = [c.name for c in query.columns()]
    return query, [dict(zip(names, row, strict=True)) for row in rows(engine, Rights(account), query)]


def local(row: dict[str, Any], zone: str) -> datetime:
    return datetime.fromtimestamp(row["published_at"], ZoneInfo(zone))


def total(group: list[dict[str, Any]], name: str) -> int | None:
    """0 where there was no post, None where none was measured, else the sum over those that were."""
    known = [row[name] for row in group if row.get(name) is not None]
    return sum(known) if known or not group else None


def measured(group: list[dict[str, Any]]) -> int:
    return sum(row.get("engagement") is not None for row in group)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("granularity", list(PERIODS))
def test_trends_are_the_naive_count(engine: Engine, zone: str, granularity: str) -> None:
    account = new_account(engine)
    made = {name: random_posts(seed) for seed, name in enumerate(("Ada", "Bob"))}
    for name, some in made.items():
        add_posts(engine, account, create_profile(engine, account, name, timezone=zone), *some)
    query, found = ask(
        engine, account, "engagement-trends", granularity=granularity, from_="2025-02-13", to="2026-11-20"
    )
    period = PERIODS[granularity]
    expected = []
    for profile in query.profiles:
        groups = defaultdict(list)
        for row in made[profile.name]:
            if query.window.first <= local(row, zone).date() <= query.window.last:
                groups[period.start(local(row, zone).date())].append(row)
        for start in period.starts(query.window.first, query.window.last):
            group = groups[start]
            sums = {name: total(group, name) for name in COUNTS}
            expected.append(
                {
                    "profile_id": profile.public_id,
                    "profile_name": profile.name,
                    "date": start.isoformat(),
                    **sums,
                    "posts": len(group),
                    "posts_measured": measured(group),
                }
            )
    assert found == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("by", list(BUCKETS))
def test_a_breakdown_is_the_naive_count(engine: Engine, zone: str, by: str) -> None:
    account = new_account(engine)
    some = random_posts(7)
    some[0]["time_known"] = False
    add_posts(engine, account, create_profile(engine, account, "Ada"), *some)
    query, found = ask(engine, account, "breakdown", by=by, tz=zone, range="all")
    groups = defaultdict(list)
    for row in some:
        moment = local(row, zone)
        if moment.date() > query.window.last:
            continue
        length = row["length"]
        bucket = {
            "day_of_week": moment.strftime("%A"),
            "hour": moment.strftime("%H:00") if row["time_known"] else None,
            "format": row["format"],
            "length": None
            if length is None
            else "short"
            if length < 300
            else "medium"
            if length < 900
            else "long"
            if length < 2000
            else "very_long",
        }[by]
        groups[bucket].append(row)
    by_bucket = {row["bucket"]: row for row in found}
    assert [row["bucket_order"] for row in found] == sorted(row["bucket_order"] for row in found)
    assert set(groups) <= set(by_bucket)
    if by in ("day_of_week", "hour"):
        assert {b for b in by_bucket if b is not None} == set(BUCKETS[by])
    for bucket, row in by_bucket.items():
        group = groups[bucket]
        assert (row["posts"], row["posts_measured"]) == (len(group), measured(group))
        assert {name: row[name] for name in COUNTS} == {name: total(group, name) for name in COUNTS}


@pytest.mark.parametrize("zone", ZONES)
def test_an_overview_is_the_naive_count(engine: Engine, zone: str) -> None:
    account = new_account(engine)
    some = random_posts(3)
    add_posts(engine, account, create_profile(engine, account, "Ada", timezone=zone), *some)
    query, (row,) = ask(engine, account, "overview", from_="2026-01-01", to="2026-06-30", compare="previous")
    for window, prefix in ((query.window, ""), (query.previous, "previous_")):
        group = [r for r in some if window.first <= local(r, zone).date() <= window.last]
        assert row[prefix + "posts"] == len(group)
        assert row[prefix + "posts_measured"] == measured(group)
        assert {n: row[prefix + n] for n in COUNTS} == {n: total(group, n) for n in COUNTS}
        if not prefix:
            best = max(
                (r for r in group if r.get("engagement") is not None),
                key=lambda r: (r["engagement"], r["published_at"], r["id"]),
            )
            assert row["best_post_url"] == best["url"]
    assert row["change_engagement"] == round(
        (row["engagement"] - row["previous_engagement"]) / row["previous_engagement"], 4
    )
    assert (row["previous_from"], row["previous_to"]) == ("2025-07-04", "2025-12-31")


def test_trends_compare_each_period_with_the_stretch_of_equal_length_before(engine: Engine) -> None:
    account = new_account(engine)
    some = random_posts(5, 600)
    add_posts(engine, account, create_profile(engine, account, "Ada"), *some)
    query, found = ask(
        engine,
        account,
        "engagement-trends",
        granularity="monthly",
        from_="2026-01-01",
        to="2026-03-31",
        compare="previous",
    )
    slices = PERIODS["monthly"].slices(query.window.first, query.window.last)
    for row, (_, first, last) in zip(found, slices, strict=True):
        before = [r for r in some if first <= local(r, "UTC").date() + timedelta(days=90) <= last]
        assert row["previous_date"] == (first - timedelta(days=90)).isoformat()
        assert row["previous_posts"] == len(before)
        assert row["previous_engagement"] == total(before, "engagement")


def test_a_day_without_a_like_in_a_shorter_month_is_compared_with_nothing(engine: Engine) -> None:
    account = new_account(engine)
    add_posts(
        engine,
        account,
        create_profile(engine, account, "Ada"),
        post("2026-02-28", likes=5, comments=0, shares=0),
        post("2026-03-01", likes=7, comments=0, shares=0),
    )
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    query = parse(
        CATALOG["engagement-trends"],
        {"range": ["this_month"], "compare": ["previous"]},
        find_profiles(engine, account),
        now,
    )
    names = [c.name for c in query.columns()]
    found = [dict(zip(names, row, strict=True)) for row in rows(engine, Rights(account), query)]
    assert (found[27]["previous_date"], found[27]["previous_likes"]) == ("2026-02-28", 5)
    assert {(row["previous_date"], row["previous_likes"], row["change_likes"]) for row in found[28:]} == {
        (None, None, None)
    }


def test_a_day_of_23_and_of_25_hours_holds_its_posts(engine: Engine) -> None:
    account = new_account(engine)
    edges = [
        "2026-03-28T22:59:59",
        "2026-03-28T23:00:00",
        "2026-03-29T21:59:59",
        "2026-03-29T22:00:00",
        "2026-10-24T21:59:59",
        "2026-10-24T22:00:00",
        "2026-10-25T22:59:59",
        "2026-10-25T23:00:00",
    ]
    add_posts(
        engine,
        account,
        create_profile(engine, account, "Ada", timezone="Europe/Berlin"),
        *[post(at) for at in edges],
    )
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        _, (row,) = ask(engine, account, "engagement-trends", from_=day, to=day)
        assert row["posts"] == 2, f"a day of {hours} hours"


def test_unknown_is_not_zero(engine: Engine) -> None:
    account = new_account(engine)
    profile = create_profile(engine, account, "Ada")
    add_posts(
        engine,
        account,
        profile,
        post("2026-11-10"),
        post("2026-11-11", likes=0, comments=0, shares=0),
        post("2026-11-12", engagement=9),
        post("2026-11-12", likes=1, comments=2, shares=3),
        post("2026-11-12"),
    )
    _, found = ask(engine, account, "engagement-trends", from_="2026-11-09", to="2026-11-12")
    figures = [tuple(row.values())[3:] for row in found]
    assert figures == [
        (0, 0, 0, 0, 0, 0),
        (None, None, None, None, 1, 0),
        (0, 0, 0, 0, 1, 1),
        (15, 1, 2, 3, 3, 2),
    ]


def test_an_empty_profile_has_its_rows(engine: Engine) -> None:
    account = new_account(engine)
    create_profile(engine, account, "Ada")
    _, trend = ask(engine, account, "engagement-trends", from_="-6d")
    assert [row["engagement"] for row in trend] == [0] * 7
    _, (card,) = ask(engine, account, "overview")
    assert (
        card["posts"],
        card["engagement"],
        card["engagement_per_post"],
        card["best_post_url"],
        card["followers"],
    ) == (0, 0, None, None, None)
    _, days = ask(engine, account, "daily-activity", from_="-6d")
    assert [row["impressions"] for row in days] == [None] * 7
    assert ask(engine, account, "posts")[1] == []
    assert len(ask(engine, account, "breakdown", by="hour")[1]) == 24
    assert ask(engine, account, "breakdown", by="format")[1] == []


def test_daily_activity_and_followers(engine: Engine) -> None:
    account = new_account(engine)
    profile = create_profile(engine, account, "Ada")
    make_days(
        engine,
        profile,
        account,
        {"day": "2026-11-01", "followers": 100},
        {"day": "2026-11-03", "impressions": -2, "engagements": 0},
        {"day": "2026-11-20", "followers": 120},
    )
    _, found = ask(engine, account, "daily-activity", from_="2026-11-01", to="2026-11-03")
    assert [tuple(row.values())[2:] for row in found] == [
        ("2026-11-01", None, None, None, 100),
        ("2026-11-02", None, None, None, None),
        ("2026-11-03", -2, 0, None, None),
    ]
    assert ask(engine, account, "overview", from_="2026-11-01", to="2026-11-19")[1][0]["followers"] == 100
    assert ask(engine, account, "overview", from_="2026-11-01", to="2026-11-20")[1][0]["followers"] == 120


def test_posts_come_newest_first_with_ties_by_id_and_page_without_gap_or_repeat(engine: Engine) -> None:
    account = new_account(engine)
    some = [*random_posts(11, 40), *(post("2026-11-01T10:00:00") for _ in range(5))]
    add_posts(engine, account, create_profile(engine, account, "Ada", timezone="Asia/Kolkata"), *some)
    _, found = ask(engine, account, "posts", range="all")
    expected = sorted(
        (r for r in some if r["published_at"] < NOW.timestamp()),
        key=lambda r: (r["published_at"], r["id"]),
        reverse=True,
    )
    assert [row["post_id"] for row in found] == [
        r["urn"] for r in expected if local(r, "Asia/Kolkata").date() <= date(2026, 11, 21)
    ]
    pages = [
        row
        for page in range(0, 60, 7)
        for row in ask(engine, account, "posts", range="all", limit="7", offset=str(page))[1]
    ]
    assert pages == found
    assert ask(engine, account, "posts", range="all", order="asc")[1] == found[::-1]
    assert all(
        row["published_at"].endswith("+05:30") and row["date"] == row["published_at"][:10] for row in found
    )


def test_accounts_never_meet(engine: Engine) -> None:
    ada, eve = new_account(engine), new_account(engine)
    add_posts(engine, ada, create_profile(engine, ada, "Secret"), *random_posts(1, 20))
    add_posts(engine, eve, create_profile(engine, eve, "Mine"), *random_posts(2, 20))
    for name in CATALOG:
        _, found = ask(engine, eve, name, range="all")
        assert {row["profile_name"] for row in found} == {"Mine"}
