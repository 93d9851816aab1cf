"""slot: a place among the running queries. A process has few, an account has one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flux.mistakes import RateLimited

AT_ONCE = 2  # queries of a process
MOST_WAITING = 4  # calls of a process: who waits keeps a thread from others

_changed = threading.Condition()
_running: set[int] = set()  # accounts
_waiting = 0


@contextmanager
def slot(account_id: int, patience: float = 0.0) -> Iterator[None]:
    """A place, held until the end; waited for `patience` seconds at most.

    Raises RateLimited where none comes free, at once where enough others wait.
    """
    with _changed:
        _wait(account_id, patience)
        _running.add(account_id)
    try:
        yield
    finally:
        with _changed:
            _running.discard(account_id)
            _changed.notify_all()


def _wait(account_id: int, patience: float) -> None:
    global _waiting  # noqa: PLW0603 - the one count, under the lock of `_changed`
    if _is_free(account_id):
        return
    if _waiting < MOST_WAITING:
        _waiting += 1
        try:
            if _changed.wait_for(lambda: _is_free(account_id), patience):
                return
        finally:
            _waiting -= 1
    if account_id in _running:
        raise RateLimited("A query of this account is running: ask again when it is done.", 1)
    raise RateLimited("Other queries are running: ask again in a second.", 1)


def _is_free(account_id: int) -> bool:
    return account_id not in _running and len(_running) < AT_ONCE
