"""Answers kept in the memory of this process: bounded by bytes, and no account crowds out another."""

import time
from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask import Flask

OVERHEAD = 500  # bytes that an answer takes beside its body


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: tuple[bytes, Any]
    until: float  # on the monotonic clock

    @property
    def size(self) -> int:
        return len(self.answer[0]) + OVERHEAD


class Memory:
    """A backend of Flask-Caching for `ACCOUNT:NAME` → (body, more).

    Where all bodies together are more than `most` bytes, the account that holds most loses what it has not
    asked for longest.
    """

    def __init__(self, most: int, seconds: int) -> None:
        self.most, self.seconds = most, seconds
        self._kept: dict[str, OrderedDict[str, _Kept]] = defaultdict(OrderedDict)
        self._held: Counter[str] = Counter()  # bytes, by account
        self._lock = Lock()

    def get(self, key: str) -> tuple[bytes, Any] | None:
        """The answer under the key, or None."""
        with self._lock:
            kept = self._kept[_account(key)]
            found = kept.get(key)
            if found is None or found.until < time.monotonic():
                return None
            kept.move_to_end(key)
            return found.answer

    def set(self, key: str, answer: tuple[bytes, Any], timeout: int | None = None) -> None:
        """Keeps the answer for so many seconds, as long as there is room."""
        account, new = _account(key), _Kept(answer, time.monotonic() + (timeout or self.seconds))
        with self._lock:
            self._forget(account, key)
            self._kept[account][key] = new
            self._held[account] += new.size
            while self._held.total() > self.most:
                largest = max(self._held, key=self._held.__getitem__)
                self._forget(largest, next(iter(self._kept[largest])))

    def _forget(self, account: str, key: str) -> None:
        if old := self._kept[account].pop(key, None):
            self._held[account] -= old.size


def make_memory(_: Flask, config: dict[str, Any], *__: Any) -> Memory:
    """The backend by the app's settings, as Flask-Caching asks for it."""
    return Memory(config["CACHE_OPTIONS"]["most"], config["CACHE_DEFAULT_TIMEOUT"])


def _account(key: str) -> str:
    return key.partition(":")[0]
