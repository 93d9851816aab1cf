"""Jobs: work behind a request. A row is the truth of a job: queued, running, then completed or failed.

One worker at a time has a job: who claims it holds its row's `attempts`. A worker that showed no sign of life
is given up and its job queued again; should it wake up after all, nothing that it then writes is kept.
"""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from flux.mistakes import NotFound
from flux.store.engine import reading, writing
from flux.store.tables import jobs

ATTEMPTS = 3
INTERRUPTED = "It was interrupted three times, so it was given up, and nothing was changed."
UNFINISHED = ("queued", "running")

NO_ANSWER = (OperationalError, InterfaceError)
"""What is raised where the database does not answer: the job stays as it is, for whoever comes next."""


class Superseded(Exception):
    """The job is another worker's by now, or was deleted: what this one did must not be kept."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its row stood when it was read; instants in Unix seconds."""

    id: int
    account_id: int
    kind: str
    status: str  # queued, running, completed, failed
    options: dict[str, Any]
    attempts: int
    stage: str  # what is being done, in a word
    done: int
    total: int
    message: str | None  # why it failed
    details: dict[str, str]
    created_at: int
    finished_at: int | None

    @property
    def unfinished(self) -> bool:
        """Whether there is more to come."""
        return self.status in UNFINISHED


_COLUMNS = (
    jobs.c.id, jobs.c.account_id, jobs.c.kind, jobs.c.status, jobs.c.options, jobs.c.attempts, jobs.c.stage,
    jobs.c.done, jobs.c.total, jobs.c.message, jobs.c.details, jobs.c.created_at, jobs.c.finished_at,
)  # fmt: skip


def add_job(connection: Connection, account_id: int, job_id: int, kind: str, options: dict[str, Any]) -> None:
    """Queues a job, in the transaction that makes what it is about. Whoever calls tells the queue then."""
    now = int(time.time())
    connection.execute(
        insert(jobs).values(
            id=job_id, account_id=account_id, kind=kind, status="queued", options=options, attempts=0,
            beat_at=now, stage="", done=0, total=0, created_at=now,
        )
    )  # fmt: skip


def find_job(engine: Engine, account_id: int, job_id: int) -> Job:
    """One of the account's jobs. Raises NotFound."""
    with reading(engine) as connection:
        statement = select(*_COLUMNS).where(jobs.c.account_id == account_id, jobs.c.id == job_id)
        row = connection.execute(statement).first()
    if row is None:
        raise NotFound("There is no such job.")
    return _job(row)


def unfinished_jobs(engine: Engine, account_id: int, kind: str) -> list[Job]:
    """The account's jobs of a kind that are queued or running, newest first."""
    statement = select(*_COLUMNS).where(
        jobs.c.account_id == account_id, jobs.c.kind == kind, jobs.c.status.in_(UNFINISHED)
    )
    with reading(engine) as connection:
        return [_job(row) for row in connection.execute(statement.order_by(jobs.c.id.desc()))]


def claim(engine: Engine, job_id: int) -> Job | None:
    """The job, which is now the caller's and running; None where somebody else has or had it."""
    taken = {"status": "running", "attempts": jobs.c.attempts + 1, "beat_at": int(time.time())}
    statement = update(jobs).where(jobs.c.id == job_id, jobs.c.status == "queued").values(taken)
    with writing(engine) as connection:
        row = connection.execute(statement.returning(*_COLUMNS)).first()
    return _job(row) if row else None


def beat(engine: Engine, job: Job, stage: str, done: int, total: int) -> None:
    """A sign of life, and how far the job is: in what stage, with how many of how many. Raises Superseded."""
    with writing(engine) as connection:
        _change(connection, job, beat_at=int(time.time()), stage=stage, done=done, total=total)


def complete(connection: Connection, job: Job) -> None:
    """Ends a job well, in the transaction that writes its result. Raises Superseded, which undoes both."""
    _change(connection, job, status="completed", finished_at=int(time.time()))


def fail(connection: Connection, job: Job, message: str, details: dict[str, str]) -> None:
    """Ends a job with the reason why it failed. Raises Superseded."""
    ended = {"status": "failed", "finished_at": int(time.time())}
    _change(connection, job, **ended, message=message, details=details)


def revive(engine: Engine, patience: int) -> list[int]:
    """Queues anew what showed no sign of life for more than `patience` seconds; gives the jobs' ids.

    A job that lost its worker for the third time fails instead: it may be what kills them.
    """
    now = int(time.time())
    lost = jobs.c.status.in_(UNFINISHED) & (jobs.c.beat_at < now - patience)
    with reading(engine) as connection:
        if connection.execute(select(jobs.c.id).where(lost).limit(1)).first() is None:
            return []  # most of the time; a look does not hold up who writes
    ended = {"status": "failed", "message": INTERRUPTED, "details": {}, "finished_at": now}
    again = {"status": "queued", "beat_at": now, "stage": "", "done": 0, "total": 0}
    with writing(engine) as connection:
        # A row that is locked is being ended just now, or taken over: there is life in it.
        ids = connection.scalars(select(jobs.c.id).where(lost).with_for_update(skip_locked=True)).all()
        hopeless = (jobs.c.status == "running") & (jobs.c.attempts >= ATTEMPTS)
        connection.execute(update(jobs).where(jobs.c.id.in_(ids), hopeless).values(ended))
        revived = update(jobs).where(jobs.c.id.in_(ids), jobs.c.status.in_(UNFINISHED)).values(again)
        return sorted(connection.scalars(revived.returning(jobs.c.id)))


def forget_jobs(engine: Engine, kind: str, before: int) -> None:
    """Removes the rows of a kind's jobs that were finished before a moment."""
    old = (jobs.c.kind == kind) & (jobs.c.finished_at < before)
    with writing(engine) as connection:
        connection.execute(delete(jobs).where(old))


def needed_ids(engine: Engine) -> set[int]:
    """The ids of every account's jobs that are queued or running: their files are needed still."""
    with reading(engine) as connection:
        return set(connection.scalars(select(jobs.c.id).where(jobs.c.status.in_(UNFINISHED))))


def _change(connection: Connection, job: Job, **values: Any) -> None:
    """Changes the row of a job that is still the caller's. Raises Superseded."""
    mine = (jobs.c.id == job.id) & (jobs.c.attempts == job.attempts) & (jobs.c.status == "running")
    if connection.execute(update(jobs).where(mine).values(values)).rowcount != 1:
        raise Superseded


def _job(row: Any) -> Job:
    fields: dict[str, Any] = row._asdict()
    return Job(**fields | {"details": fields["details"] or {}})
