"""Requests and answers: the right key, another attempt where it may help, a body not sent twice."""

import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import IO, Any, NamedTuple

import requests

from flux_client.cache import Cache, Entry
from flux_client.errors import ConnectionFailed, FluxError, MissingKey, told

RETRIED = (429, 502, 503, 504)
BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
LONGEST_PAUSE = 8.0  # seconds between attempts, where the server does not say
PREFIXES = {"bi": "flux_bi_", "api": "flux_api_", "env": "flux_env_", "secret": "flux_cs_"}


class Answer(NamedTuple):
    """An answer of success: its body, and its Link header ("" where there is none)."""

    body: bytes
    link: str = ""

    def json(self) -> Any:
        """The body's value; None where there is no body."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Body:
    """What is sent: bytes or a file, and its media type."""

    content: bytes | IO[bytes]
    media_type: str = "application/json"


@dataclass(frozen=True)
class Manners:
    """How often a request is tried, and how long is waited: seconds."""

    attempts: int = 5
    max_wait: float = 90.0  # a quota by the minute is waited for; one by the hour is told
    timeout: float = 60.0


class Transport:
    """A server, the keys for it, and how it is asked. May be shared by threads."""

    def __init__(self, base_url: str, keys: Mapping[str, str], manners: Manners, cache: Cache) -> None:
        self._base_url = base_url
        self._keys = keys
        self._manners = manners
        self._cache = cache
        self.session = requests.Session()

    def get(self, kind: str, path: str, query: Mapping[str, object] | None = None) -> Answer:
        """The answer to GET with the key of this kind; from the cache if the server says that it still holds.

        Raises FluxError.
        """
        key = self.key(kind, path)
        url = requests.Request("GET", self._base_url + path, params=_sent(query)).prepare().url or ""
        place = hashlib.sha256(f"{key}\n{url}".encode()).hexdigest()
        kept = self._cache.get(place)
        answer = self._ask("GET", url, key, {"If-None-Match": kept.etag} if kept else {}, None)
        if kept and answer.status_code == 304:
            return Answer(kept.body, kept.link)
        link, etag = answer.headers.get("Link", ""), answer.headers.get("ETag")
        if etag:
            self._cache.set(place, Entry(etag, link, answer.content))
        return Answer(answer.content, link)

    def send(
        self, method: str, path: str, body: Body | None = None, query: Mapping[str, object] | None = None
    ) -> Answer:
        """The answer to a request that changes something, made once however often it is tried.

        Raises FluxError.
        """
        headers = {"Content-Type": body.media_type} if body else {}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        url = requests.Request(method, self._base_url + path, params=_sent(query)).prepare().url or ""
        return Answer(self._ask(method, url, self.key("api", path), headers, body).content)

    def post(self, path: str, value: Mapping[str, Any], token: str | None = None) -> Any:
        """The JSON value that answers a POST which only asks, and so may be tried again as it is.

        Raises FluxError.
        """
        body = Body(json.dumps(value).encode())
        headers = {"Content-Type": body.media_type}
        return json.loads(self._ask("POST", self._base_url + path, token, headers, body).content)

    def first_of(self, *kinds: str) -> str:
        """The first of these kinds of which there is a key; without any, the first."""
        return next((kind for kind in kinds if kind in self._keys), kinds[0])

    def key(self, kind: str, path: str) -> str:
        """The key of this kind. Raises MissingKey, naming the path that needs it."""
        if kind in self._keys:
            return self._keys[kind]
        raise MissingKey(
            f"{path} needs a key that begins with {PREFIXES[kind]}, and none was given: "
            f"Flux(base_url, '{PREFIXES[kind]}…'), or the environment's FLUX_KEYS."
        )

    def _ask(
        self, method: str, url: str, key: str | None, headers: Mapping[str, str], body: Body | None
    ) -> requests.Response:
        """An answer of success. Tries again after 429, 502, 503, 504 and broken connections."""
        for attempt in range(1, self._manners.attempts + 1):
            try:
                answer = self._once(method, url, key, headers, body)
            except BROKEN as error:
                wait, place = None, url.partition("?")[0]
                failed: FluxError = ConnectionFailed(f"{method} {place}: no answer ({_reason(error)}).")
            else:
                if answer.status_code < 300 or answer.status_code == 304:
                    return answer
                if method == "DELETE" and answer.status_code == 404 and attempt > 1:
                    return answer  # gone since the attempt whose answer was lost
                wait = _retry_after(answer.headers.get("Retry-After"))
                failed = told(answer.status_code, answer.content, answer.headers, wait)
                if answer.status_code not in RETRIED:
                    raise failed
            pause = _pause(attempt, wait)
            if attempt == self._manners.attempts or pause > self._manners.max_wait:
                raise failed
            time.sleep(pause)
        raise AssertionError("attempts is at least 1")

    def _once(
        self, method: str, url: str, key: str | None, headers: Mapping[str, str], body: Body | None
    ) -> requests.Response:
        if body and not isinstance(body.content, bytes):
            body.content.seek(0)
        return self.session.request(
            method,
            url,
            data=body.content if body else None,
            headers=headers,
            auth=_bearer(key),
            timeout=(min(10.0, self._manners.timeout), self._manners.timeout),
            allow_redirects=False,  # a redirected POST would arrive as GET
        )


def _bearer(key: str | None) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Puts the key into the header; as `auth`, because a .netrc would take the header's place otherwise."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if key is not None:
            request.headers["Authorization"] = f"Bearer {key}"
        return request

    return sign


def _sent(query: Mapping[str, object] | None) -> dict[str, str]:
    """Parameters as they are sent: lists separated by commas, None left out."""
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return {
        name: ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in given.items()
    }


def _pause(attempt: int, wait: float | None) -> float:
    """Seconds before the next attempt: as the server says, else doubled each time; spread a little."""
    spread = random.random()  # noqa: S311 - no secret
    if wait is not None:
        return wait + spread / 4
    return float(min(LONGEST_PAUSE, 2.0 ** (attempt - 2)) * (1 + spread) / 2)


def _retry_after(text: str | None) -> float | None:
    """Seconds, from a number or an HTTP date."""
    if not text:
        return None
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _reason(error: BaseException) -> str:
    """The innermost reason: the library wraps it thrice."""
    inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    return _reason(inner) if isinstance(inner, BaseException) else str(error) or type(error).__name__
