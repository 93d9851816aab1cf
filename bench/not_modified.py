"""A feed's 304 against a bare Flask's, under the same gunicorn: what key, version and tag cost."""

from collections.abc import Iterator
from urllib.parse import urlencode

from bench.bare import TAG
from bench.data import FIRST, LAST, Filled
from bench.load import Connection, Target, get
from bench.servers import CACHED, Servers
from bench.table import Figure, Pace, alternate, milliseconds

QUESTION = urlencode({"from": FIRST.isoformat(), "to": LAST.isoformat()})


def measure(servers: Servers, data: Filled, pace: Pace) -> Iterator[Figure]:
    """SQLite, one process."""
    flux, bare = servers.flux(data, CACHED), servers.bare()
    alone = question(data, flux.url, [flux.process.pid])
    yield _figure("304 of a bare Flask 304, SQLite", 0.6, alone, bare.url, [bare.process.pid], pace)


def measure_shared(
    servers: Servers, data: Filled, redis_url: str, services: list[int], pace: Pace
) -> Iterator[Figure]:
    """PostgreSQL and Redis, two processes; what those servers burn counts too."""
    flux = servers.flux(data, CACHED | {"FLUX_REDIS_URL": redis_url}, workers=2)
    bare = servers.bare(workers=2, redis_url=redis_url)
    alone = question(data, flux.url, [flux.process.pid])
    measure = "304 of a bare Flask 304, PostgreSQL + Redis"
    yield _figure(measure, 0.4, alone, bare.url, [bare.process.pid], pace)
    whole = question(data, flux.url, [flux.process.pid, *services])
    yield _figure(
        "… the CPU of PostgreSQL and Redis included", None, whole, bare.url, [bare.process.pid], pace
    )


def question(data: Filled, url: str, pids: list[int]) -> Target:
    """The feed of a profile's three years, by whoever has it already."""
    address = f"{url}/api/v1/datasets/engagement-trends.csv?profile_id={data.public(0)}&{QUESTION}"
    return Target(
        address, pids, data.header | {"If-None-Match": _tag(Target(address, pids, data.header))}, 304
    )


def _tag(target: Target) -> str:
    connection = Connection(target)
    connection.ask()
    connection.close()
    return connection.tag


def _figure(
    measure: str, aim: float | None, flux: Target, bare_url: str, bare_pids: list[int], pace: Pace
) -> Figure:
    bare = Target(bare_url + "/", bare_pids, {"If-None-Match": TAG}, 304)
    assert get(bare) == b""
    costs = alternate({"flux": flux, "bare": bare}, pace)
    note = milliseconds(flux=costs["flux"].cpu, bare=costs["bare"].cpu) + " of CPU"
    rates = f"{1 / costs['flux'].wall:,.0f} and {1 / costs['bare'].wall:,.0f} a second"
    return Figure(measure, costs["bare"].cpu / costs["flux"].cpu, aim, note=f"{note}; {rates}")
