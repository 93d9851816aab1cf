"""Each dataset cold and cached against Datasette, which answers the same rows from the same SQLite file."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bench.data import Filled
from bench.load import Target, forget_peak, get, memory
from bench.questions import Question, questions
from bench.servers import CACHED, COLD, Servers
from bench.table import Figure, Pace, alternate, milliseconds
from tests.services import Server

MEGABYTE = 1 << 20
PEAK_ALLOWED = 200  # MB over idle
MODEL = ("adjusted_engagement", "expected_engagement", "maturing")


def measure(
    servers: Servers,
    program: str,
    file: Path,
    data: Filled,
    pace: Pace,
    shared: Filled | None,
    database_pids: list[int],
) -> Iterator[Figure]:
    """All questions; `shared` is the same data in PostgreSQL, `database_pids` its server."""
    _name_public_ids(file, data)
    asked = questions(data)
    cold, cached = servers.flux(data, COLD), servers.flux(data, CACHED)
    peer, peer_pid = servers.datasette(program, file, {q.name: q.sql for q in asked})
    postgres = servers.flux(shared, COLD) if shared else None
    in_postgres = {q.name: q for q in questions(shared)} if shared else {}
    for question in asked:
        targets = {
            "cold": _target(question, cold, data),
            "cached": _target(question, cached, data),
            "datasette": Target(question.datasette(peer), [peer_pid]),
        }
        if postgres and shared:
            target = _target(in_postgres[question.name], postgres, shared)
            targets["postgres"] = Target(target.url, [*target.pids, *database_pids], target.headers)
        _check_same_rows(question, targets)
        if question.wall:
            yield from _whole_export(question, targets, cold, pace)
        else:
            yield from _ratios(question, targets, pace)


def _name_public_ids(file: Path, data: Filled) -> None:
    """Datasette has no base 62: it joins the public ids."""
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE bench_ids (id INTEGER PRIMARY KEY, public_id TEXT)")
        ids = [(id, data.public(place)) for place, id in enumerate(data.profiles)]
        connection.executemany("INSERT INTO bench_ids VALUES (?, ?)", ids)
    connection.close()


def _target(question: Question, server: Server, data: Filled) -> Target:
    return Target(question.flux(server.url), [server.process.pid], data.header)


def _check_same_rows(question: Question, targets: dict[str, Target]) -> None:
    """The comparison is of the same work only if the rows are the same."""
    ours, theirs = (_rows(get(targets[name])) for name in ("cold", "datasette"))
    for mine, other in zip(ours, theirs, strict=True):
        if not all(map(_same, mine, other)):
            raise RuntimeError(f"{question.name}: Flux has {mine}, Datasette {other}")


def _rows(body: bytes) -> list[list[str]]:
    """The records, header first, without the columns of a model that no other tool computes."""
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    kept = [place for place, name in enumerate(rows[0]) if name not in MODEL]
    return [[row[place] for place in kept] for row in rows]


def _same(mine: str, other: str) -> bool:
    """`6` and `6.0` are the same, and so are 0.125 rounded to the even 0.12 and to 0.13."""
    if mine == other:
        return True
    try:
        return abs(float(mine) - float(other)) < 0.0101
    except ValueError:
        return False


def _ratios(question: Question, targets: dict[str, Target], pace: Pace) -> Iterator[Figure]:
    costs = alternate(targets, pace)
    cpu = {name: cost.cpu for name, cost in costs.items()}
    note = f"{milliseconds(**{k: v for k, v in cpu.items() if k in ('cold', 'datasette')})} of CPU"
    yield Figure(f"{question.title}: cold", cpu["datasette"] / cpu["cold"], question.cold, note=note)
    if "postgres" in cpu:
        aim = question.cold if question.name == "posts" else None
        note = f"{milliseconds(postgres=cpu['postgres'])} of CPU, the database's included"
        yield Figure(
            f"{question.title}: cold, PostgreSQL", cpu["datasette"] / cpu["postgres"], aim, note=note
        )
    note = milliseconds(cached=cpu["cached"])
    yield Figure(f"{question.title}: cached", cpu["datasette"] / cpu["cached"], question.cached, note=note)


def _whole_export(
    question: Question, targets: dict[str, Target], server: Server, pace: Pace
) -> Iterator[Figure]:
    idle = memory([server.process.pid])
    forget_peak([server.process.pid])
    get(targets["cold"])
    peak = memory([server.process.pid], peak=True)
    once = Pace(0, min(3, pace.rounds))
    wall = {name: cost.wall for name, cost in alternate(_but_cached(targets), once, connections=1).items()}
    for name in (name for name in wall if name != "datasette"):
        ratio = wall["datasette"] / wall[name]
        note = f"{milliseconds(flux=wall[name], datasette=wall['datasette'])} of wall time"
        where = "" if name == "cold" else ", PostgreSQL"
        yield Figure(f"{question.title}: cold, wall{where}", ratio, question.wall, note=note)
    over = (peak - idle) / MEGABYTE
    note = f"idle {idle / MEGABYTE:.0f} MB"
    yield Figure("… peak memory over idle", over, PEAK_ALLOWED, "MB", less_is_better=True, note=note)


def _but_cached(targets: dict[str, Target]) -> dict[str, Target]:
    return {name: target for name, target in targets.items() if name != "cached"}
