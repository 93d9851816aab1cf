"""Whatever a query tries, it ends soon, in a clear mistake or in the account's own rows, and hurts nobody."""

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from flux.mistakes import InvalidQuery, Mistake, RateLimited
from flux.sandbox.process import LIMITS, Limits
from flux.sandbox.run import Answer
from flux.sandbox.snapshot import hold_snapshot
from tests.processes import below, held, is_query, watched
from tests.sandbox.house import House, Person

ATTACKS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "attacks.jsonl").read_text().splitlines()
]
KINDS = {
    *("tenant", "catalog", "statement", "stacked", "function", "time"),
    *("memory", "deep", "placeholder", "unicode", "broken", "number"),
}
HASTY = Limits(seconds=0.3, grace=0.2)  # the same ends, sooner; the real limits have a test of their own
MOST_SECONDS = 6.0
ME = Path("/proc/self")
MEBIBYTE = 2**20
MOST_CHILD, MOST_GROWTH = 512 * MEBIBYTE, 100 * MEBIBYTE
INNER = re.compile(
    r"Traceback|File \"|sqlite3\.|psycopg|sqlalchemy|site-packages|worker\.py|OperationalError", re.I
)
HONEST = "SELECT count(*) FROM posts"


def test_the_corpus_is_large_and_of_every_kind() -> None:
    assert len(ATTACKS) >= 150
    assert {attack["kind"] for attack in ATTACKS} == KINDS
    assert len({attack["id"] for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack["id"] for attack in ATTACKS])
def test_an_attack_hurts_nobody(house: House, attack: dict[str, Any]) -> None:
    limits = HASTY if attack["kind"] in ("time", "memory") else LIMITS
    pairs = ((house.ada, house.bob), (house.bob, house.ada))
    with _small(), ThreadPoolExecutor(2) as pool:  # both accounts at once: the two queries of a process
        ends = list(pool.map(lambda pair: _end(house, attack, *pair, limits), pairs))
    for (_, victim), (outcome, seconds) in zip(pairs, ends, strict=True):
        assert seconds < MOST_SECONDS
        _check(outcome, attack["ends"], victim, house)


WORST = ("time-01", "time-05", "time-07", "memory-04")


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a["id"] in WORST], ids=lambda attack: attack["id"])
def test_the_worst_end_within_the_real_limits(sqlite_house: House, attack: dict[str, Any]) -> None:
    with _small():
        outcome, seconds = _end(sqlite_house, attack, sqlite_house.ada, sqlite_house.bob, LIMITS)
    assert seconds < MOST_SECONDS
    assert isinstance(outcome, InvalidQuery)
    assert re.search(r"takes more than 5 seconds|more than 128 MiB of memory", outcome.message)
    assert sqlite_house.ask(sqlite_house.ada, HONEST).rows == [[80]]


def test_the_next_query_answers(house: House) -> None:
    """After all of the above, in this very process."""
    for person in (house.ada, house.bob):
        assert house.ask(person, HONEST).rows == [[80]]


def test_a_leak_would_be_seen(house: House) -> None:
    """Planted: a row of bob's in ada's answer, a path and a driver's name in a mistake."""
    told = house.ask(house.ada, "SELECT * FROM posts LIMIT 1")
    leak = Answer(told.columns, [[house.bob.marker]], False, 1, told.state, told.tables)
    for outcome in (
        leak,
        InvalidQuery(f"in {house.settings['FLUX_INSTANCE_PATH']}/x"),
        InvalidQuery("sqlite3.Error"),
    ):
        with pytest.raises(AssertionError):
            _check(outcome, "any", house.bob, house)


def test_twelve_attackers_do_not_keep_another_account_waiting(house: House) -> None:
    bomb = next(attack for attack in ATTACKS if attack["id"] == "time-01")
    gate = threading.Barrier(12)

    def attack(_: int) -> tuple[float, Answer | Mistake]:
        gate.wait(10)
        begin = time.monotonic()
        outcome, _seconds = _end(house, bomb, house.ada, house.bob, Limits(seconds=1, grace=0.5))
        return time.monotonic() - begin, outcome

    with ThreadPoolExecutor(12) as pool:
        attackers = pool.map(attack, range(12))
        time.sleep(0.2)  # they are at it
        assert house.ask(house.bob, HONEST).rows == [[80]]
        ends = list(attackers)
    refused = [(seconds, end) for seconds, end in ends if isinstance(end, RateLimited)]
    assert len(refused) == 11
    assert all(seconds < 0.5 and end.retry_after == 1 for seconds, end in refused), "at once, without waiting"
    assert house.ask(house.ada, HONEST).rows == [[80]]


def test_a_third_account_is_told_to_come_back(house: House) -> None:
    bomb = next(attack for attack in ATTACKS if attack["id"] == "time-01")
    with ThreadPoolExecutor(2) as pool:
        ends = [
            pool.submit(_end, house, bomb, person, person, Limits(seconds=1, grace=0.5))
            for person in (house.ada, house.bob)
        ]
        time.sleep(0.2)
        third = Person(3, "", [])
        with pytest.raises(RateLimited, match="ask again in a second"):
            house.ask(third, HONEST)
        assert all(isinstance(end.result()[0], InvalidQuery) for end in ends)


def _end(
    house: House, attack: dict[str, Any], attacker: Person, victim: Person, limits: Limits
) -> tuple[Answer | Mistake, float]:
    """How an attack ends, and after how many seconds."""
    with hold_snapshot(house.settings, house.engine, attacker.account_id):
        pass  # it is made: what follows is the attack alone
    begin = time.monotonic()
    try:
        outcome: Answer | Mistake = house.ask(
            attacker,
            _aim(attack["sql"], house, victim),
            {name: _aim(value, house, victim) for name, value in attack["variables"].items()},
            limits,
        )
    except Mistake as mistake:
        outcome = mistake
    return outcome, time.monotonic() - begin


def _aim(value: Any, house: House, victim: Person) -> Any:
    if not isinstance(value, str):
        return value
    for mark, real in (
        ("%OTHER_ACCOUNT%", str(victim.account_id)),
        ("%OTHER_PROFILE%", victim.profiles[0].public_id),
        ("%FOLDER%", "/var/lib/flux"),
    ):
        value = value.replace(mark, real)
    return value


def _check(outcome: Answer | Mistake, ends: str, victim: Person, house: House) -> None:
    if isinstance(outcome, Answer):
        assert ends != "refused", outcome
        names = [name for name, _ in outcome.columns]
        data = [dict(zip(names, row, strict=False)) for row in outcome.rows]
        shown = orjson.dumps([data, outcome.columns, outcome.tables, outcome.plan]).decode()
        assert len(outcome.rows) <= LIMITS.rows and len(shown) < LIMITS.bytes + 2 * MEBIBYTE
    else:
        assert isinstance(outcome, InvalidQuery | RateLimited), outcome
        assert ends != "own_rows", outcome
        shown = f"{outcome.message} {outcome.details}"
        assert not INNER.search(shown), shown
    assert victim.marker not in shown
    assert house.settings["FLUX_INSTANCE_PATH"] not in shown


@contextmanager
def _small() -> Iterator[None]:
    """Neither this process nor one that runs a query grows beyond what is allowed."""
    before = held(ME)
    with watched(os.getpid()) as seen:
        yield
    assert held(ME) - before < MOST_GROWTH
    assert seen.query < MOST_CHILD


@pytest.fixture(autouse=True, scope="module")
def _no_worker_is_left() -> Iterator[None]:
    yield
    left = [process for process in below(os.getpid()) if is_query(process)]
    assert left == [], "a worker outlived its query"
