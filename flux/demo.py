"""Sample data: a person and a page, two years, every format; the same seed and day give the same rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from flux.catalog.query import Profile
from flux.importers.load import take_in
from flux.importers.records import DayRecord, Extract, PostRecord
from flux.mistakes import Conflict
from flux.store.profiles import create_profile, find_named

DAYS = 730
HALF_LIFE_HOURS = 24.0

_TOPICS = (
    "onboarding",
    "pricing",
    "hiring",
    "customer interviews",
    "remote work",
    "product analytics",
    "public speaking",
    "code review",
    "negotiation",
    "writing",
)
_OPENINGS = (
    "Three things I got wrong about {topic} this year.",
    "Nobody told me this about {topic}:",
    "We changed how we do {topic}. Here is what happened.",
    "A short note on {topic}, after a long week.",
    "The best advice on {topic} that I ever had fits on a napkin.",
    "{Topic} is a habit, not a project.",
)
_SENTENCES = (
    "First we measured, then we argued, and only then did we change anything.",
    "The numbers were flat for a month and then they were not.",
    "It cost us two weekends and saved us a quarter.",
    "Ask the person who does the work; they know.",
    "Small steps, written down, every Friday.",
    "What looked like a tool problem was a trust problem.",
    "I would do it again, but I would start with the boring part.",
    "A customer said it better than any of our slides.",
    "If it needs a meeting every week, it is not finished.",
    "Simple beats clever, most of all on a Monday morning.",
)
_ENDINGS = (
    "What is your experience?",
    "How do you do it?",
    "Curious what works for you.",
    "Save this for your next planning day.",
    "",
)


@dataclass(frozen=True, slots=True)
class Author:
    """How a sample profile publishes and how it is received."""

    name: str
    kind: str
    timezone: str
    posts_per_week: float
    level: float  # engagement of a typical post at the beginning
    growth: float  # factor over the two years
    followers: int  # at the end
    formats: dict[str, float]  # share of posts
    hours: tuple[int, ...]  # local hours of publication


AUTHORS = (
    Author(
        "Sample person",
        "personal",
        "Europe/Berlin",
        3.2,
        45,
        2.6,
        8_400,
        {"text": 0.38, "image": 0.3, "document": 0.14, "video": 0.1, "article": 0.05, "poll": 0.03},
        (7, 8, 8, 9, 12, 17),
    ),
    Author(
        "Sample company page",
        "company",
        "America/New_York",
        2.1,
        28,
        1.5,
        23_000,
        {"image": 0.42, "video": 0.24, "article": 0.16, "document": 0.1, "text": 0.06, "other": 0.02},
        (9, 10, 11, 13, 15),
    ),
)
_RECEPTION = {
    "text": 1.0,
    "image": 1.15,
    "document": 1.5,
    "video": 1.1,
    "article": 0.6,
    "poll": 0.9,
    "other": 0.7,
}
_WEEKDAYS = (1.0, 1.2, 1.15, 1.1, 0.8, 0.35, 0.4)  # Monday first: how readily people publish and react


def make_demo(engine: Engine, account_id: int, seed: int = 1, today: date | None = None) -> list[Profile]:
    """Both sample profiles with their data; those that are there already get the same rows again."""
    made = []
    for author, extract in samples(seed, today or datetime.now(UTC).date()):
        try:
            profile = create_profile(engine, account_id, author.name, author.kind, author.timezone)
        except Conflict:
            profile = find_named(engine, account_id, author.name)
        take_in(engine, account_id, profile.id, extract, "sample data")
        made.append(find_named(engine, account_id, author.name))
    return made


def samples(seed: int, today: date) -> list[tuple[Author, Extract]]:
    """Every author with their two years."""
    return [(author, sample(author, Random(f"{seed}-{n}"), today)) for n, author in enumerate(AUTHORS)]


def sample(author: Author, random: Random, today: date) -> Extract:
    """Two years of an author, up to the day before `today`."""
    read_at = int(datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp())
    posts = tuple(_posts(author, random, today, read_at))
    return Extract(
        "sample",
        (f"{len(posts)} sample posts", f"{DAYS} sample days"),
        posts,
        tuple(_days(author, random, today, posts)),
        read_at=read_at,
    )


def _posts(author: Author, random: Random, today: date, read_at: int) -> Iterator[PostRecord]:
    zone = ZoneInfo(author.timezone)
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        if random.random() < author.posts_per_week / 7 * _WEEKDAYS[day.weekday()]:
            hour = random.choice(author.hours)
            moment = datetime(
                day.year, day.month, day.day, hour, random.randrange(60), random.randrange(60), tzinfo=zone
            )
            yield _post(author, random, moment, 1 - back / DAYS, read_at)


def _post(author: Author, random: Random, moment: datetime, elapsed: float, read_at: int) -> PostRecord:
    kind = random.choices(list(author.formats), list(author.formats.values()))[0]
    level = author.level * author.growth**elapsed * _RECEPTION[kind] * _WEEKDAYS[moment.weekday()]
    age = (read_at - moment.timestamp()) / 3600
    grown = age / (age + HALF_LIFE_HOURS)
    total = level * random.lognormvariate(0, 0.8) * (8 if random.random() < 0.015 else 1) * grown
    seconds = int(moment.timestamp())
    number = seconds * 1000 << 22 | random.getrandbits(22)  # LinkedIn's ids carry their time in the same way
    urn = f"urn:li:activity:{number}"
    return PostRecord(
        urn=urn,
        published_at=seconds,
        url=f"https://www.linkedin.com/feed/update/{urn}",
        text=_text(random),
        format=kind,
        likes=round(total * 0.8),
        comments=round(total * random.uniform(0.08, 0.2)),
        shares=round(total * random.uniform(0.01, 0.07)),
        impressions=round(total * random.uniform(25, 60)) + random.randrange(40),
    )


def _text(random: Random) -> str:
    topic = random.choice(_TOPICS)
    body = random.sample(_SENTENCES, random.choice((1, 2, 3, 5, 8)))
    if random.random() < 0.12:
        body *= 4
    tags = " ".join(
        "#" + tag.title().replace(" ", "") for tag in random.sample(_TOPICS, random.choice((0, 1, 2, 3)))
    )
    opening = random.choice(_OPENINGS).format(topic=topic, Topic=topic.capitalize())
    return "\n\n".join(part for part in (opening, "\n".join(body), random.choice(_ENDINGS), tags) if part)


def _days(author: Author, random: Random, today: date, posts: tuple[PostRecord, ...]) -> Iterator[DayRecord]:
    """Each day earns from the posts of the week before it; followers grow to the stated total."""
    earned: dict[int, float] = {}
    for post in posts:
        for later in range(7):
            share = math.exp(-later) * (1 - math.exp(-1))
            number = post.published_at // 86_400 + later
            earned[number] = earned.get(number, 0) + share * (post.impressions or 0)
    gained = [max(0, round(random.gauss(author.followers / DAYS / 2, 2.5))) for _ in range(DAYS)]
    followers = author.followers - sum(gained)
    for back, new in zip(range(DAYS, 0, -1), gained, strict=True):
        day = today - timedelta(days=back)
        followers += new
        impressions = round(earned.get((day - date(1970, 1, 1)).days, 0) + random.randrange(30))
        yield DayRecord(
            day.isoformat(), impressions, round(impressions * random.uniform(0.02, 0.04)), new, followers
        )
