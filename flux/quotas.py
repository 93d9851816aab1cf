"""How often: a burst limit for all requests of a key, and the account's hour, exact across processes."""

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from flask import Flask, Response, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour, WindowStats
from limits.storage import MemoryStorage
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from flux.caller import known_caller
from flux.extensions import Breaker, limiter
from flux.mistakes import RateLimited
from flux.store.vault import Holder

T = TypeVar("T")

log = logging.getLogger("flux")

# The hour where there is no Redis, and while Redis does not answer: then each process grants the account its
# hour, until Redis is back. The library's memory counters lose a hit when two threads make the first one.
_local = SlidingWindowCounterRateLimiter(MemoryStorage())
_counting = threading.Lock()
_redis = Breaker()

# Requests by key in the present minute, in this process. By hand: the library starts a thread at each hit.
_burst: Counter[int] = Counter()
_minute = 0


def register(app: Flask) -> None:
    """Every response of a keyed route tells what is left."""
    app.after_request(_tell)


def check_burst(holder: Holder) -> None:
    """Counts one request of any kind. Raises RateLimited beyond FLUX_BURST_PER_MINUTE."""
    global _minute  # noqa: PLW0603 - the minute that the counter is of
    now, limit = time.time(), int(current_app.config["FLUX_BURST_PER_MINUTE"])
    if _minute != now // 60:
        _minute = int(now // 60)
        _burst.clear()
    _burst[holder.key.id] += 1
    if _burst[holder.key.id] > limit:
        raise RateLimited(
            f"More than {limit:,} requests in a minute with this key, free ones included. Ask less often.",
            _seconds((_minute + 1) * 60),
        )


def spend(holder: Holder) -> None:
    """Takes one request from the account's hour: test and count are one step. Raises RateLimited."""
    for hour in _hours(holder):
        if not _ask(partial(_hit, hour)):
            who = "This key's own cap" if hour.scope == "key" else f"The plan '{holder.plan}'"
            raise RateLimited(
                f"{who} allows {hour.item.amount:,} requests in an hour, and they are used up."
                " Unchanged data (304), HEAD and /status stay free.",
                _seconds(_ask(partial(_stats, hour)).reset_time),
            )


def standing(holder: Holder) -> tuple[int, int, int]:
    """(limit, remaining, Unix second of the reset) of the hour that is nearest to its end."""
    found = []
    for hour in _hours(holder):
        stats = _ask(partial(_stats, hour))
        found.append((stats.remaining, hour.item.amount, math.ceil(stats.reset_time)))
    remaining, limit, reset = min(found)
    return limit, remaining, reset


def account_standing(account_id: int, per_hour: int) -> tuple[int, int, int]:
    """The same for an account's hour, without a key: for the pages."""
    hour = Hour(RateLimitItemPerHour(per_hour), "account", str(account_id))
    stats = _ask(partial(_stats, hour))
    return per_hour, stats.remaining, math.ceil(stats.reset_time)


class Hour(NamedTuple):
    """A limit, and whose it is. The name never holds a key: it is written to Redis and to logs."""

    item: RateLimitItem
    scope: str
    owner: str


def _hours(holder: Holder) -> list[Hour]:
    """The hours that a request counts in: the key's own cap first, then the account's."""
    key, cap = holder.key, holder.key.rate_limit_per_hour
    own = [] if cap is None else [Hour(RateLimitItemPerHour(cap), "key", str(key.id))]
    return [*own, Hour(RateLimitItemPerHour(holder.rate_limit_per_hour), "account", str(key.account_id))]


def _hit(hour: Hour, strategy: RateLimiter) -> bool:
    return strategy.hit(hour.item, hour.scope, hour.owner)


def _stats(hour: Hour, strategy: RateLimiter) -> WindowStats:
    return strategy.get_window_stats(hour.item, hour.scope, hour.owner)


def _ask(question: Callable[[RateLimiter], T]) -> T:
    """The answer of the shared counters, or of this process's own while Redis does not answer."""
    if current_app.config["FLUX_REDIS_URL"] and _redis.usable():
        try:
            return question(SlidingWindowCounterRateLimiter(limiter.storage))
        except RedisError as error:
            _redis.trip()
            log.error(
                "redis does not answer (%s): quotas are counted in this process meanwhile",
                type(error).__name__,
            )
    return question(_local)


def _tell(response: Response) -> Response:
    holder = known_caller()
    if holder is None or request.blueprint != "api":
        return response
    limit, remaining, reset = standing(holder)
    wait = max(0, reset - math.floor(time.time()))
    response.headers.extend(
        {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(reset),
            "RateLimit-Policy": f'"hour";q={limit};w=3600',
            "RateLimit": f'"hour";r={remaining};t={wait}',
        }
    )
    return response


def _seconds(reset: float) -> int:
    return max(1, math.ceil(reset - time.time()))
