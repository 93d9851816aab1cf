"""Login manager, CSRF, limiter and cache: made here, bound to an app in `bind`."""

import time
from typing import Any

from flask import Flask, Request, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_caching import Cache
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine
from werkzeug.local import LocalProxy

from flux.store.engine import open_engine

# A Redis that is gone or frozen costs a quarter of a second once, and is then left alone for a while.
REDIS_TIMEOUT = 0.25
REDIS_PAUSE = 5.0
REDIS_OPTIONS: dict[str, Any] = {
    "socket_timeout": REDIS_TIMEOUT,
    "socket_connect_timeout": REDIS_TIMEOUT,
    "retry": Retry(NoBackoff(), 0),
}
CACHED_BYTES = 32 * 2**20  # in the memory of a process, which must stay within 100 MB of where it began
CACHE_SECONDS = 86_400  # nothing is ever stale: this only bounds what an idle cache holds

login_manager = LoginManager()
csrf = CSRFProtect()
cache = Cache()
limiter = Limiter(
    key_func=lambda: request.remote_addr or "unknown",
    strategy="sliding-window-counter",
    in_memory_fallback_enabled=True,
)


# Addresses for programs: errors are JSON there, and no cookie opens or leaves them.
MACHINE_PATHS = (
    "/api/",
    "/v1/",
    "/mcp",
    "/metrics/",
    "/event/",
    "/odata",  # Excel users leave the last slash away
    "/.well-known/",
    "/healthz",
    "/readyz",
)


class PagesOnly(SecureCookieSessionInterface):
    """Sessions for the pages; a feed has none, so that no answer of it varies by a cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a page's request; None, which nothing can be written to, elsewhere."""
        return None if request.path.startswith(MACHINE_PATHS) else super().open_session(app, request)


@limiter.request_filter
def _counted_elsewhere() -> bool:
    """Flask-Limiter guards the pages by address; what a key may do, `flux.quotas` counts."""
    return request.path.startswith(MACHINE_PATHS)


class Breaker:
    """Remembers that a service did not answer, so that not every request waits for it again."""

    def __init__(self) -> None:
        self._closed_at = 0.0

    def usable(self) -> bool:
        """Whether to try the service."""
        return time.monotonic() >= self._closed_at

    def trip(self) -> None:
        """Leaves the service alone for a while."""
        self._closed_at = time.monotonic() + REDIS_PAUSE


def _engine() -> Engine:
    found: Engine = current_app.extensions["flux_engine"]
    return found


engine: Engine = LocalProxy(_engine)  # type: ignore[assignment]
pepper: str = LocalProxy(lambda: current_app.config["FLUX_SECRET_KEY"])  # type: ignore[assignment]


def bind(app: Flask) -> None:
    """Binds every extension to the app by its settings."""
    redis_url = app.config["FLUX_REDIS_URL"]
    app.extensions["flux_engine"] = open_engine(app.config["FLUX_DATABASE_URL"])
    app.config["RATELIMIT_STORAGE_URI"] = redis_url or "memory://"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = REDIS_OPTIONS if redis_url else {}
    app.config["RATELIMIT_HEADERS_ENABLED"] = False
    app.config["CACHE_DEFAULT_TIMEOUT"] = CACHE_SECONDS
    app.config["CACHE_TYPE"] = "RedisCache" if redis_url else "flux.memory.make_memory"
    app.config["CACHE_REDIS_URL"] = redis_url
    app.config["CACHE_KEY_PREFIX"] = "flux:"
    app.config["CACHE_OPTIONS"] = REDIS_OPTIONS if redis_url else {"most": CACHED_BYTES}
    app.session_interface = PagesOnly()
    limiter.init_app(app)
    cache.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
