"""What processes hold, read from /proc: those of a server, and those that a query runs in."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

QUERY = b"sandbox/worker.py"  # in the command of a process that runs a query


@dataclass(slots=True)
class Watch:
    """The most bytes that any query's process held, and any other below the one that is watched."""

    query: int = 0
    other: int = 0


@contextmanager
def watched(pid: int) -> Iterator[Watch]:
    """Looks at every process below `pid`, again and again.

    Not by what the system tells of ended children: that counts the copy of its parent which a child is until
    it begins its own program.
    """
    seen, over = Watch(), threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for process in below(pid):
                with suppress(OSError):
                    if is_query(process):
                        seen.query = max(seen.query, held(process, "VmHWM"))
                    else:
                        seen.other = max(seen.other, held(process))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def is_query(process: Path) -> bool:
    """Whether it runs a query now; not where it has ended meanwhile."""
    with suppress(OSError):
        return QUERY in (process / "cmdline").read_bytes()
    return False


def held(process: Path, what: str = "VmRSS") -> int:
    """The bytes that a process holds now, or with VmHWM held at most. Raises OSError where it has ended."""
    told = re.search(rf"{what}:\s+(\d+) kB", (process / "status").read_text())
    return int(told[1]) * 1_024 if told else 0


def below(pid: int) -> list[Path]:
    """Every process that this one started, and those that they started, as folders of /proc."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, left = [], [pid]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return [Path(f"/proc/{child}") for child in found]
