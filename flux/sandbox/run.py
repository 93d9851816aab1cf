"""run_query: one user's statement answered, refused or given up, whatever it tries."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from flux.mistakes import InvalidQuery, RateLimited, Unavailable
from flux.sandbox import faults, worker
from flux.sandbox.compile import compile_query
from flux.sandbox.functions import FUNCTIONS
from flux.sandbox.snapshot import Settings, find_snapshot
from flux.sandbox.statement import Statement
from flux.store.exports import EXPORTS, Export


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take: seconds, rows, bytes of its answer as JSON, MiB of memory.

    `grace` are the seconds after which a worker that does not end by itself is ended from outside.
    """

    seconds: float = 5
    grace: float = 0.7
    rows: int = 10_000
    bytes: int = 8_000_000
    memory_mb: int = 512


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's rows. A column's type is integer, number or string, as its values are; empty: string."""

    columns: tuple[tuple[str, str], ...]  # name and type
    rows: list[list[Any]]
    truncated: bool  # there is more than the limits let through
    elapsed_ms: int


LIMITS = Limits()
AT_ONCE = 2  # queries of a process
_ROOM = 200_000  # bytes of an answer beside its rows: names of columns, commas
_TYPES = {int: "integer", float: "number", str: "string"}

_lock = threading.Lock()
_running: set[int] = set()  # accounts


def run_query(
    settings: Settings,
    engine: Engine,
    account_id: int,
    text: str,
    variables: Mapping[str, Any],
    exports: Sequence[Export] = EXPORTS,
    limits: Limits = LIMITS,
) -> Answer:
    """Runs SQL on the account's own rows, with `@{name}` bound to `variables`.

    Raises InvalidQuery for what cannot be run or asks for too much, RateLimited at once where the account has
    a query running or the process has two, and Unavailable where the rows cannot be made ready.
    """
    begin = time.monotonic()
    statement = compile_query(text, variables, _nested(exports))
    with _slot(account_id):
        found = _ask(settings, engine, account_id, statement, exports, limits)
    if "kind" in found:
        raise _refused(found, statement, exports, limits)
    columns = tuple(
        (statement.written(name), _type(found["rows"], n)) for n, name in enumerate(found["columns"])
    )
    return Answer(columns, found["rows"], found["truncated"], round((time.monotonic() - begin) * 1000))


def _nested(exports: Sequence[Export]) -> tuple[str, ...]:
    return tuple(field.name for export in exports for field in export.fields if field.type == "json")


@contextmanager
def _slot(account_id: int) -> Iterator[None]:
    """A place among the running queries. Nobody waits for one: who waits keeps a thread from others."""
    with _lock:
        if account_id in _running:
            raise RateLimited("A query of this account is running: ask again when it is done.", 1)
        if len(_running) >= AT_ONCE:
            raise RateLimited("Other queries are running: ask again in a second.", 1)
        _running.add(account_id)
    try:
        yield
    finally:
        with _lock:
            _running.discard(account_id)


def _ask(
    settings: Settings,
    engine: Engine,
    account_id: int,
    statement: Statement,
    exports: Sequence[Export],
    limits: Limits,
) -> dict[str, Any]:
    """The worker's answer; from a file made anew where the one at hand is gone or broken."""
    request = {
        "texts": statement.texts(),
        "parameters": statement.parameters,
        "tables": [export.name for export in exports],
        "functions": FUNCTIONS,
        "seconds": limits.seconds,
        "rows": limits.rows,
        "bytes": limits.bytes,
        "memory_mb": limits.memory_mb,
    }
    for _ in range(2):
        path = find_snapshot(settings, engine, account_id, exports)
        found = _work(orjson.dumps(request | {"file": path.as_uri()}), limits)
        if found.get("kind") != "file":
            return found
        path.unlink(missing_ok=True)
    raise Unavailable("The data cannot be read for queries just now.")


def _work(request: bytes, limits: Limits) -> dict[str, Any]:
    """Runs the worker to its end, or to its deadline. No more of its answer is read than there may be."""
    command = [sys.executable, "-I", "-S", str(Path(worker.__file__).absolute())]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - the command is constants only
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd="/", env={}
    ) as process:
        deadline = threading.Timer(limits.seconds + limits.grace, process.kill)
        deadline.start()
        try:
            output = _exchange(process, request, limits.bytes + _ROOM)
        finally:
            deadline.cancel()
            process.kill()
    return _unpack(output, process.returncode)


def _exchange(process: subprocess.Popen[bytes], request: bytes, most: int) -> bytes:
    """What the worker prints; it has ended then, but where it prints more than `most`."""
    if process.stdin is None or process.stdout is None:
        raise TypeError("both are pipes")
    with suppress(BrokenPipeError):
        process.stdin.write(request)
        process.stdin.close()
    output = process.stdout.read(most)
    if len(output) < most:
        process.wait()
    return output


def _unpack(output: bytes, status: int) -> dict[str, Any]:
    """The answer, checked: it comes from a process that has run hostile text."""
    try:
        found = orjson.loads(output)
        if "kind" in found:
            return dict(found)
        columns = [str(name) for name in found["columns"]]
        if any(len(row) != len(columns) for row in found["rows"]):
            raise ValueError("rows of another length")
        return {"columns": columns, "rows": found["rows"], "truncated": bool(found["truncated"])}
    except (ValueError, KeyError, TypeError):
        return {"kind": "time" if status in (-signal.SIGKILL, -signal.SIGXCPU) else "memory"}


def _refused(
    found: dict[str, Any], statement: Statement, exports: Sequence[Export], limits: Limits
) -> InvalidQuery:
    if found["kind"] == "time":
        problem = f"the query was ended: it takes more than {limits.seconds:g} seconds. Read less, or `daily`"
        return InvalidQuery(problem, constraint=f"at most {limits.seconds:g} seconds")
    if found["kind"] == "memory":
        problem = (
            f"the query was ended: it asks for more than {worker.HEAP_MB} MiB of memory. Read less at once"
        )
        return InvalidQuery(problem, constraint=f"at most {worker.HEAP_MB} MiB")
    return faults.told(found, statement, exports)


def _type(rows: list[list[Any]], place: int) -> str:
    kinds = {_TYPES.get(type(row[place]), "string") for row in rows if row[place] is not None}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "string"
