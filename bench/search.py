"""Milliseconds of a search and of a score over many posts, and seconds until they are indexed."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import accumulate

from sqlalchemy import Engine

from bench.data import LAST, POST_COLUMNS, bulk_load, lay_out
from bench.table import Figure
from flux import accounts, scores
from flux.ids import new_ids
from flux.search import search_posts
from flux.store.profiles import create_profile
from flux.store.read import fits
from flux.store.search_index import refresh

SEARCH_AIM, SCORE_AIM = 100.0, 300.0  # milliseconds
SCORED = 10_000
VOCABULARY = 30_000
FORMATS = ("text", "image", "video", "document")


def measure(where: str, url: str, count: int, rounds: int) -> Iterator[Figure]:
    """On `count` posts of some 100 words, whose frequencies fall as those of a language do."""
    engine = lay_out(url)
    user = accounts.create_user(engine, "bench@example.org", "correct horse battery staple")
    profile = create_profile(engine, user.account_id, "Ada")
    words = _fill(url, user.account_id, profile.id, count)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE posts")
    begin = time.perf_counter()
    refresh(engine, user.account_id)
    spent = time.perf_counter() - begin
    yield Figure(f"first search, index of {count:,} posts, {where}", spent, unit="s")
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE search_posts")
    asked = {"a word of most posts": words[0], "of one in ten": words[100], "of few": words[3_000]}
    for told, text in (asked | {"two words": f"{words[20]} {words[500]}"}).items():
        spent = _best(lambda text=text: search_posts(engine, user.account_id, text), rounds)  # type: ignore[misc]
        yield Figure(f"search, {told}, {count:,} posts, {where}", spent, SEARCH_AIM, "ms", True)
    yield from _score(engine, where, url, rounds)
    engine.dispose()


def _score(engine: Engine, where: str, url: str, rounds: int) -> Iterator[Figure]:
    user = accounts.create_user(engine, "scores@example.org", "correct horse battery staple")
    profile = create_profile(engine, user.account_id, "Bob")
    _fill(url, user.account_id, profile.id, SCORED)

    def cold() -> None:
        scores._kept.clear()
        fits._fits.clear()
        scores.score_draft(engine, user.account_id, profile.public_id, "A draft #bench", "video")

    spent = _best(cold, rounds)
    yield Figure(f"score of a draft, {SCORED:,} posts, nothing kept, {where}", spent, SCORE_AIM, "ms", True)


def _best(act: Callable[[], object], rounds: int) -> float:
    spent = []
    for _ in range(rounds + 1):  # the first one warms
        begin = time.perf_counter()
        act()
        spent.append(time.perf_counter() - begin)
    return min(spent[1:]) * 1000


def _fill(url: str, account_id: int, profile_id: int, count: int) -> list[str]:
    """Posts an hour apart, and the words that they are made of, the most frequent first."""
    dice = random.Random(1)
    words = [
        "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 9))) for _ in range(VOCABULARY)
    ]
    weights = list(accumulate(1 / (place + 5) for place in range(VOCABULARY)))
    end = int(time.mktime(LAST.timetuple()))
    rows = []
    for number, id in enumerate(new_ids(count)):
        text = " ".join(dice.choices(words, cum_weights=weights, k=100))
        likes, moment = int(dice.lognormvariate(4, 0.9)), end - (count - number) * 3_600
        told = {"account_id": account_id, "id": id, "profile_id": profile_id, "urn": f"urn:li:share:{id}",
                "published_at": moment, "time_known": True, "text": text, "hashtags": "",
                "format": dice.choice(FORMATS), "length": len(text), "likes": likes, "comments": 1,
                "shares": 0, "engagement": likes + 1, "counts_read_at": end + 604_800}  # fmt: skip
        rows.append(tuple(told.get(name) for name in POST_COLUMNS))
    bulk_load(url, POST_COLUMNS, rows)
    return words
