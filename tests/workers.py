"""Workers in tests: the real process, started as an operator starts it, gone afterwards."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, func, select

from flux.store.jobs import Job
from flux.store.tables import imports, posts
from tests.services import ROOT, START_SECONDS, stop

READY = "the worker waits for jobs"


@dataclass(frozen=True, slots=True)
class Worker:
    """A running `flux worker`: its process and the file that takes its output and its errors."""

    process: subprocess.Popen[bytes]
    log: Path

    def told(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """Ends it without a warning."""
        self.process.kill()
        self.process.wait()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The test's own environment, with Flux's settings in place of whatever it says of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLUX_")}
    return {**kept, **settings}


@contextmanager
def working(folder: Path, settings: Mapping[str, str]) -> Iterator[Worker]:
    """A worker that waits for jobs."""
    log = folder / "worker.log"
    command = [sys.executable, "-m", "flask", "--app", "app", "flux", "worker"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=output, stderr=output)
    worker = Worker(process, log)
    try:
        until(lambda: READY in worker.told() or process.poll() is not None)
        assert process.poll() is None, worker.told()
        yield worker
    finally:
        stop(process)


def until(true: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Returns once something is true; fails if it does not come true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


def many_posts(rows: int) -> bytes:
    """A CSV file of so many posts, all different."""
    line = "2026-01-{:02}T08:{:02}:{:02},Post {},1\n"
    lines = (line.format(n % 28 + 1, n // 60 % 60, n % 60, n) for n in range(rows))
    return ("date,text,likes\n" + "".join(lines)).encode()


def all_or_nothing(engine: Engine, job: Job | None, profile_id: int, rows: int) -> None:
    """Asserts that an import's profile holds every row once and its record, if its job is completed.

    And else nothing at all.
    """
    whole = job is not None and job.status == "completed"
    stored = select(func.count(), func.count(posts.c.urn.distinct())).where(posts.c.profile_id == profile_id)
    with engine.connect() as connection:
        assert tuple(connection.execute(stored).one()) == ((rows, rows) if whole else (0, 0))
        records = connection.scalars(select(imports.c.id).where(imports.c.profile_id == profile_id)).all()
    assert records == ([job.id] if job and whole else [])
