"""Answers in memory: bounded by bytes, shared among accounts, forgotten in time."""

import pytest

from flux import memory
from flux.memory import OVERHEAD, Memory

BODY = b"x" * (1_000 - OVERHEAD)


@pytest.fixture
def ten() -> Memory:
    """Room for ten of the bodies."""
    return Memory(10_000, 60)


def kept(memory: Memory, account: int, count: int = 20) -> list[int]:
    """Which of the account's answers are there; being asked for, they count as used."""
    return [n for n in range(count) if memory.get(f"{account}:{n}")]


def test_what_was_not_asked_for_longest_goes_first(ten: Memory) -> None:
    for n in range(10):
        ten.set(f"1:{n}", (BODY, n))
    assert ten.get("1:0") == (BODY, 0)
    ten.set("1:10", (BODY, 10))
    assert kept(ten, 1) == [0, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_an_account_that_asks_for_much_makes_room_itself(ten: Memory) -> None:
    for n in range(3):
        ten.set(f"2:{n}", (BODY, None))
    for n in range(100):
        ten.set(f"1:{n}", (BODY, None))
    assert kept(ten, 2) == [0, 1, 2]
    assert len(kept(ten, 1, 100)) == 7


def test_large_answers_make_room_for_themselves_or_are_not_kept(ten: Memory) -> None:
    for n in range(10):
        ten.set(f"1:{n}", (BODY, None))
    ten.set("1:0", (BODY * 8, None))
    assert len(kept(ten, 1)) == 6
    ten.set("1:1", (BODY * 100, None))
    ten.set("2:1", (b"", None))
    assert (kept(ten, 1), kept(ten, 2)) == ([], [1])


def test_an_answer_is_forgotten_when_its_time_is_over(ten: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(memory.time, "monotonic", lambda: now[0])
    ten.set("1:0", (BODY, None), 300)
    ten.set("1:1", (BODY, None))
    now[0] = 299
    assert kept(ten, 1) == [0]
    now[0] = 301
    assert kept(ten, 1) == []
