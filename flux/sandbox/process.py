"""work: one request to a throw-away worker, which ends within its limits or is ended."""

import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from flux.sandbox import worker


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take: seconds, rows, bytes of them as JSON, MiB of memory.

    `grace` are the seconds after which a worker that does not end by itself is ended from outside.
    """

    seconds: float = 5
    grace: float = 0.7
    rows: int = 10_000
    bytes: int = 8_000_000
    memory_mb: int = 512


LIMITS = Limits()
_ROOM = 6_000_000  # bytes of an answer beside its rows: 200 names of columns, commas, the plan, all escaped


def work(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """The worker's answer to a request: see its docstring. `kind` time or memory: it was ended."""
    command = [sys.executable, "-I", "-S", str(Path(worker.__file__).absolute())]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - the command is constants only
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd="/", env={}
    ) as process:
        deadline = threading.Timer(limits.seconds + limits.grace, process.kill)
        deadline.start()
        try:
            output = _exchange(process, orjson.dumps(request), limits.bytes + _ROOM)
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
        answer: dict[str, Any] = {
            name: [str(text) for text in found[name]] for name in ("columns", "tables", "plan")
        }
        if any(len(row) != len(answer["columns"]) for row in found["rows"]):
            raise ValueError("rows of another length")
        return answer | {"rows": found["rows"], "truncated": bool(found["truncated"])}
    except (ValueError, KeyError, TypeError):
        return {"kind": "time" if status in (-signal.SIGKILL, -signal.SIGXCPU) else "memory"}
