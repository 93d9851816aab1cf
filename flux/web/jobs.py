"""Imports asked for on a page: a small file is taken in at once, a large one by the worker.

Both are rows in `jobs`; how one ended is told by the record that the import left, which stays.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any

from flask import current_app

from flux import queue, uploads
from flux.catalog.query import Profile
from flux.extensions import engine
from flux.ids import internal_id, new_id, public_id
from flux.mistakes import NotFound
from flux.store.engine import writing
from flux.store.history import PastImport, find_import
from flux.store.jobs import Job, add_job, find_job, unfinished_jobs


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported: kept with the job, so that its page can tell and the file be taken in again."""

    profile_id: int
    profile: str  # public id
    profile_name: str
    file_name: str
    options: dict[str, Any]  # of the importer


@dataclass(frozen=True, slots=True)
class Import:
    """An import as its page shows it."""

    id: str
    order: Order
    status: str  # queued, running, completed, failed
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    details: dict[str, str] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    kept: bool = False  # whether the file is there still

    @property
    def unfinished(self) -> bool:
        """Whether there is more to come."""
        return self.status in ("queued", "running")


def start(content: IO[bytes], file_name: str, account_id: int, profile: Profile, options: Any) -> str:
    """Imports a file into a profile, now or soon; the import's public id."""
    name = file_name.replace("\\", "/").rpartition("/")[2][:255] or "file"
    return _start(content, account_id, Order(profile.id, profile.public_id, profile.name, name, options))


def again(account_id: int, import_id: str, options: dict[str, Any]) -> str:
    """Imports an earlier upload anew, with other options. Raises NotFound once the file is gone."""
    job = _job(account_id, import_id)
    path = uploads.path_of(current_app.config, account_id, job.id)
    if not path.exists():
        raise NotFound("The file is not kept any more: choose it again.")
    with path.open("rb") as content:
        return _start(content, account_id, Order(**{**job.options, "options": options}))


def find(account_id: int, import_id: str) -> Import:
    """One of the account's imports. Raises NotFound."""
    try:
        job = _job(account_id, import_id)
    except NotFound:
        return _past(find_import(engine, account_id, internal_id("imp", import_id) or 0))
    report = find_import(engine, account_id, job.id).report if job.status == "completed" else {}
    return replace(_shown(job), report=report)


def unfinished(account_id: int) -> list[Import]:
    """The account's imports that are queued or running, newest first."""
    return [_shown(job) for job in unfinished_jobs(engine, account_id, "import")]


def _start(content: IO[bytes], account_id: int, order: Order) -> str:
    number = new_id()
    path = uploads.save(current_app.config, account_id, number, content)
    with writing(engine) as connection:
        add_job(connection, account_id, number, "import", asdict(order))
    queue.set_off(number, path.stat().st_size)
    return public_id("imp", number)


def _job(account_id: int, import_id: str) -> Job:
    """The job of an import whose file may be kept. Raises NotFound."""
    job = find_job(engine, account_id, internal_id("imp", import_id) or 0)
    if job.kind != "import":
        raise NotFound("There is no such import.")
    return job


def _shown(job: Job) -> Import:
    return Import(
        public_id("imp", job.id), Order(**job.options), job.status, job.stage, job.done, job.total,
        job.message or "", job.details, kept=True,
    )  # fmt: skip


def _past(past: PastImport) -> Import:
    """An import whose job is forgotten, from the record that it left."""
    profile = public_id("prof", past.profile_id)
    order = Order(past.profile_id, profile, past.profile_name, past.file_name, {})
    status, message = "completed" if past.status == "done" else "failed", past.report.get("message", "")
    return Import(public_id("imp", past.id), order, status, message=message, report=past.report)
