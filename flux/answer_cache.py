"""Answers kept under a name that says what was asked of which data: none of them is ever stale."""

import logging
from collections.abc import Callable
from typing import Any

from flask import current_app
from redis.exceptions import RedisError

from flux.extensions import Breaker, cache

log = logging.getLogger("flux")

_redis = Breaker()


def find(account_id: int, name: str) -> tuple[bytes, Any] | None:
    """What is kept for the account under the name, or None. A cache that does not answer is passed by."""
    found: tuple[bytes, Any] | None = _try(lambda: cache.get(f"{account_id}:{name}"))
    return found


def keep(account_id: int, name: str, body: bytes, more: Any = None, seconds: int | None = None) -> None:
    """Keeps `(body, more)` for the account, unless the body is large; for good, or for so many seconds."""
    if len(body) <= int(current_app.config["FLUX_CACHE_BODY_KB"]) * 1024:
        _try(lambda: cache.set(f"{account_id}:{name}", (body, more), timeout=seconds))


def _try(question: Callable[[], Any]) -> Any:
    if not _redis.usable():
        return None
    try:
        return question()
    except RedisError as error:
        _redis.trip()
        log.error("redis does not answer (%s): answers are made anew meanwhile", type(error).__name__)
        return None
