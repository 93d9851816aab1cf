"""What heavy SQL does to others: a feed's 304 beside eight programs, /healthz beside twelve attackers."""

import base64
import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from bench.data import PEPPER, WITHOUT_LIMIT, Filled
from bench.load import Connection, Target
from bench.not_modified import question
from bench.servers import CACHED, Servers
from bench.table import Figure, Pace
from flux import accounts, keys, tokens
from flux.key_limits import Limits
from flux.store.accounts import move_account
from flux.store.engine import open_engine

PROGRAMS = 8
MOST_RATIO = 2.0
ATTACKERS = 12  # of one account
BACK_AT_ONCE = 0.05  # seconds until an attacker who was told to wait for one asks again
MOST_HEALTHZ_MS = 50
HEAVY = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
SELECT count(*), sum(a.i * b.i % 7) FROM n a, n b
"""


def measure(servers: Servers, data: Filled, pace: Pace, where: str) -> Iterator[Figure]:
    """Rounds with and without take turns; a figure is the ratio of the medians of all answers' times."""
    flux = servers.flux(data, CACHED)
    target = question(data, flux.url, [flux.process.pid])
    access = list(_tokens(data))
    quiet, busy = list[float](), list[float]()
    asked = [0, 0]
    for _ in range(pace.rounds):
        quiet += _latencies(target, pace.seconds)
        with _heavy(flux.url, access, asked):
            busy += _latencies(target, pace.seconds)
    times = [statistics.median(found) * 1_000 for found in (quiet, busy)]
    last = [statistics.quantiles(found, n=100)[98] * 1_000 for found in (quiet, busy)]
    note = (
        f"{times[1]:.2f} and {times[0]:.2f} ms; p99 {last[1]:.1f} and {last[0]:.1f} ms; "
        f"{asked[0]} of their queries answered, {asked[1]} told to come back"
    )
    title = f"304 beside {PROGRAMS} programs with heavy SQL, {where}"
    yield Figure(title, times[1] / times[0], MOST_RATIO, less_is_better=True, note=note)
    yield _under_attack(flux.url, flux.process.pid, access, pace, where)


def _under_attack(url: str, pid: int, access: list[str], pace: Pace, where: str) -> Figure:
    """/healthz while one account's attackers ask and ask again; another account's query is answered."""
    asked = [0, 0]
    with _heavy(url, access[:1] * ATTACKERS, asked, BACK_AT_ONCE):
        found = _latencies(Target(f"{url}/healthz", [pid], {}), max(5.0, pace.seconds))
        begin = time.perf_counter()
        other = _ask(http.client.HTTPConnection(urlsplit(url).netloc, timeout=60), access[1], "SELECT 1")
        spent = (time.perf_counter() - begin) * 1_000
    times = statistics.quantiles(found, n=100)
    note = f"median {times[49] * 1_000:.1f} ms; {asked[0]} queries answered, {asked[1]} told to come back; "
    note += f"another account's query: {other.status} after {spent:.0f} ms"
    title = f"/healthz, p99, beside {ATTACKERS} attackers, {where}"
    return Figure(title, times[98] * 1_000, MOST_HEALTHZ_MS, "ms", less_is_better=True, note=note)


def _tokens(data: Filled) -> Iterator[str]:
    """An access token for each of so many accounts."""
    engine = open_engine(data.url)
    for number in range(PROGRAMS):
        user = accounts.create_user(engine, f"heavy-{number}@example.org", "correct horse battery staple")
        move_account(engine, user.account_id, user.plan, WITHOUT_LIMIT, WITHOUT_LIMIT)
        pair = keys.issue_pair(engine, PEPPER, user.account_id, "bench", Limits(permissions=("read", "sql")))
        (environment, _), (secret, _) = pair
        yield tokens.issue(engine, PEPPER, environment, secret)[0]
    engine.dispose()


def _latencies(target: Target, seconds: float) -> list[float]:
    """The seconds of each answer, one after the other."""
    connection, found = Connection(target), []
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        connection.ask()
        found.append(time.perf_counter() - begin)
    connection.close()
    return found


@contextmanager
def _heavy(url: str, access: list[str], asked: list[int], patience: float | None = None) -> Iterator[None]:
    """Every program asks again and again, after a second or `patience` where it is told to come back."""
    ended = threading.Event()

    def ask(token: str) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        while not ended.is_set():
            # Each another text: none is answered from the cache.
            answer = _ask(connection, token, f"{HEAVY} -- {time.time_ns()} {threading.get_ident()}")
            asked[answer.status == 429] += 1
            if answer.status == 429:
                ended.wait(float(answer.headers["Retry-After"]) if patience is None else patience)
        connection.close()

    threads = [threading.Thread(target=ask, args=(token,)) for token in access]
    for thread in threads:
        thread.start()
    time.sleep(0.5)  # they are at it
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _ask(connection: http.client.HTTPConnection, token: str, text: str) -> http.client.HTTPResponse:
    header = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"encodedQuery": base64.b64encode(text.encode()).decode()})
    connection.request("POST", "/metrics/query", body, header)
    answer = connection.getresponse()
    told = answer.read()
    if answer.status not in (200, 400, 429):
        raise RuntimeError(f"{answer.status}: {told[:300]!r}")
    return answer
