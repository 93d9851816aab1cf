"""Who may run at once, who waits and for how long, and who is sent away."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from flux.mistakes import RateLimited
from flux.sandbox import slots
from flux.sandbox.slots import AT_ONCE, MOST_WAITING, slot

LONG = 20.0  # seconds that no test waits


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """Places that the test holds, given back at its end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MOST_WAITING + 2) as pool:
        yield pool


def test_an_account_runs_one_query_and_a_process_two(held: ExitStack) -> None:
    held.enter_context(slot(1))
    with pytest.raises(RateLimited, match="of this account is running") as caught, slot(1):
        pass
    assert caught.value.retry_after == 1
    held.enter_context(slot(2))
    assert AT_ONCE == 2
    with pytest.raises(RateLimited, match="Other queries are running"), slot(3):
        pass


def test_a_place_is_free_again_after_an_error() -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="x"), slot(1):
            raise ValueError("x")


def test_the_patient_get_the_place_that_comes_free(pool: ThreadPoolExecutor) -> None:
    with slot(1):
        waiting = pool.submit(_run, 1, LONG)
        _until(1)
        assert not waiting.done()
    assert waiting.result(LONG) == "ran"
    assert slots._waiting == 0


def test_the_patient_are_sent_away_in_the_end(held: ExitStack) -> None:
    held.enter_context(slot(1))
    begin = time.monotonic()
    assert _run(1, 0.1) == "refused"
    assert 0.1 <= time.monotonic() - begin < LONG
    assert slots._waiting == 0


def test_where_four_wait_a_fifth_is_sent_away_at_once(pool: ThreadPoolExecutor) -> None:
    with slot(1):
        waiting: list[Future[str]] = [pool.submit(_run, 1, LONG) for _ in range(MOST_WAITING)]
        _until(MOST_WAITING)
        begin = time.monotonic()
        assert _run(1, LONG) == "refused"
        assert time.monotonic() - begin < LONG / 2
    assert [found.result(LONG) for found in waiting] == ["ran"] * MOST_WAITING


def test_never_more_run_than_may(pool: ThreadPoolExecutor) -> None:
    running, most, lock = set[int](), list[int](), threading.Lock()

    def run(account: int) -> None:
        for _ in range(30):
            try:
                with slot(account, 0.05):
                    with lock:
                        assert account not in running
                        running.add(account)
                        most.append(len(running))
                    time.sleep(0.001)
                    with lock:
                        running.discard(account)
            except RateLimited:
                continue

    for done in [pool.submit(run, n % 3) for n in range(MOST_WAITING + 2)]:
        done.result(LONG)
    assert max(most) == AT_ONCE


def _run(account: int, patience: float) -> str:
    try:
        with slot(account, patience):
            return "ran"
    except RateLimited:
        return "refused"


def _until(count: int) -> None:
    """Until so many wait."""
    deadline = time.monotonic() + LONG
    while slots._waiting < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)
