"""How often: a burst limit for each key, and the account's hour or minute, exact across processes."""

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from flask import Flask, Response, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, WindowStats
from limits.storage import MemoryStorage
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from flux.caller import BY_MINUTE, COUNTED, known_caller
from flux.extensions import Breaker, limiter
from flux.mistakes import RateLimited
from flux.store.vault import Holder

T = TypeVar("T")
HOUR = 3_600
TOLD = ("api", "rest", "rest_v1", "metrics_api", "mcp", "odata")  # blueprints whose answers tell what is left

FREE = {
    "bi": " Unchanged data (304), HEAD and /status stay free.",
    "link": " Unchanged data (304) and HEAD stay free.",
    "mcp": " Listing the tools stays free.",
}

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
    """Takes one request from the account's hour or minute, in one step. Raises RateLimited.

    The feed doctor's requests of one examination count as one: each window is hit once.
    """
    counted = request.environ.get(COUNTED, set())
    for window in _windows(holder):
        if window in counted:
            continue
        if not _ask(partial(_hit, window)):
            who = "This key's own cap" if window.scope == "key" else f"The plan '{holder.plan}'"
            free = FREE.get(holder.key.kind, "")
            raise RateLimited(
                f"{who} allows {window.item.amount:,} requests {_per(window)}, and they are used up.{free}",
                _seconds(_ask(partial(_stats, window)).reset_time),
            )
        counted.add(window)


def standing(holder: Holder) -> "Standing":
    """How much is left of the hour or minute that is nearest to its end."""
    return min((_standing(window) for window in _windows(holder)), key=lambda s: s.remaining)


def account_standing(account_id: int, per_hour: int) -> "Standing":
    """The same for an account's hour, without a key: for the pages."""
    return _standing(Window(RateLimitItemPerHour(per_hour), "account", str(account_id)))


class Standing(NamedTuple):
    """What is left of a window, and the Unix second of its end."""

    limit: int
    remaining: int
    reset: int
    policy: str  # "hour" or "minute"
    seconds: int  # its length


class Window(NamedTuple):
    """A limit, and whose it is. The name never holds a key: it is written to Redis and to logs."""

    item: RateLimitItem
    scope: str
    owner: str


def _windows(holder: Holder) -> list[Window]:
    """What a request counts in: the key's own cap first, then the account's minute or hour."""
    key, cap = holder.key, holder.key.rate_limit_per_hour
    own = [] if cap is None else [Window(RateLimitItemPerHour(cap), "key", str(key.id))]
    item = (
        RateLimitItemPerMinute(holder.rate_limit_per_minute)
        if key.kind in BY_MINUTE
        else RateLimitItemPerHour(holder.rate_limit_per_hour)
    )
    return [*own, Window(item, "account", str(key.account_id))]


def _per(window: Window) -> str:
    return "in an hour" if window.item.get_expiry() == HOUR else "in a minute"


def _standing(window: Window) -> Standing:
    stats, seconds = _ask(partial(_stats, window)), window.item.get_expiry()
    policy = "hour" if seconds == HOUR else "minute"
    return Standing(window.item.amount, stats.remaining, math.ceil(stats.reset_time), policy, seconds)


def _hit(window: Window, strategy: RateLimiter) -> bool:
    return strategy.hit(window.item, window.scope, window.owner)


def _stats(window: Window, strategy: RateLimiter) -> WindowStats:
    return strategy.get_window_stats(window.item, window.scope, window.owner)


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
    with _counting:
        return question(_local)


def _tell(response: Response) -> Response:
    holder = known_caller()
    if holder is None or request.blueprint not in TOLD:
        return response
    limit, remaining, reset, policy, seconds = standing(holder)
    wait = max(0, reset - math.floor(time.time()))
    response.headers.extend(
        {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(reset),
            "RateLimit-Policy": f'"{policy}";q={limit};w={seconds}',
            "RateLimit": f'"{policy}";r={remaining};t={wait}',
        }
    )
    return response


def _seconds(reset: float) -> int:
    return max(1, math.ceil(reset - time.time()))
