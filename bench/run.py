"""Every measurement, one after the other, and a table of figures and aims: `make bench`."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg2

from bench import growth, heavy, imports, mcp, model, not_modified, peers, search, sql
from bench.data import PER_PROFILE, fill
from bench.servers import Servers
from bench.table import Figure, Pace, show
from tests import services

FULL, QUICK = Pace(1.5, 5), Pace(0.3, 2)
POSTS = 75_000  # 50 profiles x 1,500


def main() -> int:
    """Prints the table; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", default=".venv-bench/bin/datasette", help="Datasette's program")
    parser.add_argument("--quick", action="store_true", help="shorter rounds, a smaller growth")
    parser.add_argument("--only", choices=PARTS, action="append", help="these parts alone")
    asked = parser.parse_args()
    begin = time.perf_counter()
    with ExitStack() as stack:
        figures = show(measure(_bench(stack, asked.peer, asked.quick), asked.only or list(PARTS)))
    missed = [figure.measure for figure in figures if not figure.met()]
    print(f"\n{time.perf_counter() - begin:.0f} s, {len(missed)} of the aims missed")
    return 1 if missed else 0


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts measure with; PostgreSQL and Redis where their programs are there."""

    folder: Path
    peer: str
    quick: bool
    postgres: "Postgres | None"
    redis: services.Redis | None

    @property
    def pace(self) -> Pace:
        """How long and how often."""
        return QUICK if self.quick else FULL

    def sqlite(self) -> str:
        """The URL of a new, empty SQLite file."""
        return f"sqlite:///{self.folder / f'fresh-{next(_numbers)}.db'}"

    @property
    def postgres_pids(self) -> list[int]:
        """The database's server, whose CPU counts."""
        return [self.postgres.pid] if self.postgres else []


def measure(bench: Bench, parts: list[str]) -> Iterator[Figure]:
    """The figures of the parts, in the order of PARTS."""
    for name, part in PARTS.items():
        if name in parts:
            yield from part(bench)


def _not_modified(bench: Bench) -> Iterator[Figure]:
    with Servers(bench.folder) as servers:
        yield from not_modified.measure(servers, fill(bench.sqlite(), PER_PROFILE), bench.pace)
        if bench.postgres and bench.redis:
            data, pids = (
                fill(bench.postgres.fresh(), PER_PROFILE),
                [*bench.postgres_pids, bench.redis.process.pid],
            )
            yield from not_modified.measure_shared(servers, data, bench.redis.url, pids, bench.pace)


def _peers(bench: Bench) -> Iterator[Figure]:
    file = bench.folder / "peers.db"
    data = fill(f"sqlite:///{file}", POSTS)
    shared = fill(bench.postgres.fresh(), POSTS) if bench.postgres else None
    with Servers(bench.folder) as servers:
        yield from peers.measure(servers, bench.peer, file, data, bench.pace, shared, bench.postgres_pids)


def _growth(bench: Bench) -> Iterator[Figure]:
    sizes = [10_000, 100_000] if bench.quick else [10_000, 100_000, 1_000_000]
    with Servers(bench.folder) as servers:
        yield from growth.measure(servers, sizes, lambda size: fill(bench.sqlite(), size, 80), bench.pace)


def _imports(bench: Bench) -> Iterator[Figure]:
    rows, rounds = (10_000, 1) if bench.quick else (50_000, 3)
    yield from imports.measure("SQLite", bench.folder, bench.sqlite, rows, rounds)
    if bench.postgres:
        yield from imports.measure("PostgreSQL", bench.folder, bench.postgres.fresh, rows, rounds)


def _model(bench: Bench) -> Iterator[Figure]:
    yield from model.measure(fill(bench.sqlite(), POSTS), 3 if bench.quick else 9)


def _sql(bench: Bench) -> Iterator[Figure]:
    count, rounds = (20_000, 2) if bench.quick else (100_000, 5)
    fresh = {"SQLite": bench.sqlite} | ({"PostgreSQL": bench.postgres.fresh} if bench.postgres else {})
    for where, new in fresh.items():
        for text in (80, 600):
            told = f"{count:,} posts of {text} characters"
            yield from sql.measure(where, bench.folder, fill(new(), count, text), told, rounds)


def _heavy(bench: Bench) -> Iterator[Figure]:
    fresh = {"SQLite": bench.sqlite} | ({"PostgreSQL": bench.postgres.fresh} if bench.postgres else {})
    for where, new in fresh.items():
        with Servers(bench.folder) as servers:
            yield from heavy.measure(servers, fill(new(), PER_PROFILE), bench.pace, where)


def _mcp(bench: Bench) -> Iterator[Figure]:
    with Servers(bench.folder) as servers:
        yield from mcp.measure("SQLite", servers, fill(bench.sqlite(), PER_PROFILE), [], bench.pace)
        if bench.postgres:
            data = fill(bench.postgres.fresh(), PER_PROFILE)
            yield from mcp.measure("PostgreSQL", servers, data, bench.postgres_pids, bench.pace)


def _search(bench: Bench) -> Iterator[Figure]:
    count, rounds = (10_000, 2) if bench.quick else (100_000, 5)
    yield from search.measure("SQLite", bench.sqlite(), count, rounds)
    if bench.postgres:
        yield from search.measure("PostgreSQL", bench.postgres.fresh(), count, rounds)


PARTS = {
    "304": _not_modified,
    "peers": _peers,
    "growth": _growth,
    "imports": _imports,
    "model": _model,
    "sql": _sql,
    "search": _search,
    "heavy": _heavy,
    "mcp": _mcp,
}


def _bench(stack: ExitStack, peer: str, quick: bool) -> Bench:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flux-bench-")))
    return Bench(folder, peer, quick, _start_postgres(stack), _start_redis(stack, folder))


_numbers = count(1)


class Postgres:
    """A private PostgreSQL, and empty databases on it."""

    def __init__(self, url: str, pid: int) -> None:
        self.url, self.pid = url, pid

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"bench_{next(_numbers)}"
        connection = psycopg2.connect(f"{self.url.replace('+psycopg2', '')}/postgres")
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
        connection.close()
        return f"{self.url}/{name}"


def _start_postgres(stack: ExitStack) -> Postgres | None:
    programs = services.postgres_programs()
    if programs is None:
        print("PostgreSQL is not installed: its figures are left out", file=sys.stderr)
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flux-bench-postgres-")))
    url = stack.enter_context(services.postgres(folder, programs))
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    return Postgres(url, pid)


def _start_redis(stack: ExitStack, folder: Path) -> services.Redis | None:
    program = shutil.which("redis-server")
    if program is None:
        print("redis-server is not installed: its figures are left out", file=sys.stderr)
        return None
    return stack.enter_context(services.redis_server(program, folder))


if __name__ == "__main__":
    sys.exit(main())
