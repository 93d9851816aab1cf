"""Imports that run behind a page: the file under a random name, its progress in a small file beside it.

The progress file is replaced as a whole, so that a reader sees the old state or the new one. A worker that
dies stops touching that file: the import then counts as failed. Nothing is half done, for an import is one
transaction.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, current_app
from werkzeug.datastructures import FileStorage

from flux.catalog.query import Profile
from flux.ids import internal_id, new_id, public_id
from flux.importers.load import Limits, Options, UnreadableFile, load
from flux.mistakes import Mistake, NotFound

AT_ONCE = 2  # imports running in this process; others wait
BEAT_SECONDS = 5  # between two signs of life
PATIENCE = 30  # seconds without one, after which a worker counts as dead
KEPT_SECONDS = 86_400  # files stay a day, so that columns can be corrected without sending them again
TOLD_SECONDS = 0.2  # between two notes of progress
_turn = threading.Semaphore(AT_ONCE)

UNFINISHED = ("waiting", "running")
INTERRUPTED = "The import was interrupted, so nothing was changed. Import the file again."


@dataclass(frozen=True, slots=True)
class Job:
    """An import as its page shows it."""

    id: str
    account_id: int
    profile_id: int
    profile: str  # public id
    profile_name: str
    file_name: str
    options: dict[str, Any]
    status: str = "waiting"  # running, done, failed
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    details: dict[str, str] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def unfinished(self) -> bool:
        """Whether there is more to come."""
        return self.status in UNFINISHED


def start(upload: FileStorage, account_id: int, profile: Profile, options: dict[str, Any]) -> Job:
    """Saves an uploaded file and imports it in the background."""
    sweep()
    job = _new_job(account_id, profile, upload.filename or "file", options)
    folder = _folder(account_id, job.id)
    folder.mkdir(parents=True, mode=0o700)
    upload.save(folder / "file")
    return _launch(job)


def again(old: Job, options: dict[str, Any]) -> Job:
    """Imports an earlier upload anew, with other options. Raises NotFound once the file is gone."""
    source = _folder(old.account_id, old.id) / "file"
    if not source.exists():
        raise NotFound("The file is not kept any more: choose it again.")
    job = replace(
        old,
        id=public_id("imp", new_id()),
        options=options,
        status="waiting",
        stage="",
        done=0,
        total=0,
        message="",
        details={},
        report={},
    )
    folder = _folder(job.account_id, job.id)
    folder.mkdir(parents=True, mode=0o700)
    shutil.copyfile(source, folder / "file")
    return _launch(job)


def find(account_id: int, job_id: str) -> Job:
    """One of the account's jobs. Raises NotFound."""
    if internal_id("imp", job_id) is None:
        raise NotFound("There is no such import.")
    state = _folder(account_id, job_id) / "state"
    try:
        job, beat = Job(**orjson.loads(state.read_bytes())), state.stat().st_mtime
    except FileNotFoundError:
        raise NotFound("There is no such import.") from None
    if job.unfinished and time.time() - beat > PATIENCE:
        return replace(job, status="failed", message=INTERRUPTED)
    return job


def unfinished(account_id: int) -> list[Job]:
    """The account's jobs that are waiting or running, newest first."""
    ids = sorted((p.parent.name for p in _uploads(account_id).glob("*/state")), reverse=True)
    return [job for job in (find(account_id, job_id) for job_id in ids) if job.unfinished]


def sweep() -> None:
    """Removes what has been kept long enough."""
    for folder in (Path(current_app.config["FLUX_INSTANCE_PATH"]) / "uploads").glob("*/*"):
        if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _new_job(account_id: int, profile: Profile, file_name: str, options: dict[str, Any]) -> Job:
    name = file_name.replace("\\", "/").rpartition("/")[2][:255] or "file"
    return Job(
        public_id("imp", new_id()), account_id, profile.id, profile.public_id, profile.name, name, options
    )


def _uploads(account_id: int) -> Path:
    return Path(current_app.config["FLUX_INSTANCE_PATH"]) / "uploads" / str(account_id)


def _folder(account_id: int, job_id: str) -> Path:
    return _uploads(account_id) / job_id


def _launch(job: Job) -> Job:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    folder = _folder(job.account_id, job.id)
    _keeper(folder)(job)
    # Not a daemon: a server that is asked to stop lets the import finish.
    threading.Thread(target=_run, args=(app, job, folder), daemon=False).start()
    return job


def _keeper(folder: Path) -> Callable[[Job], None]:
    """Writes the state of a job into its folder, whole or not at all."""

    def note(job: Job) -> None:
        draft = folder / "draft"
        draft.write_bytes(orjson.dumps(asdict(job)))
        draft.replace(folder / "state")

    return note


def _run(app: Flask, job: Job, folder: Path) -> None:
    """Waits for its turn, imports, and notes how it ended, whatever happens."""
    note, ended = _keeper(folder), threading.Event()
    threading.Thread(target=_beat, args=(folder / "state", ended), daemon=True).start()
    try:
        with _turn:
            note(_outcome(app, replace(job, status="running", stage="reading"), folder / "file", note))
    finally:
        ended.set()


def _beat(state: Path, ended: threading.Event) -> None:
    """Signs of life, for as long as this process lives."""
    while not ended.wait(BEAT_SECONDS):
        with suppress(FileNotFoundError):
            os.utime(state)


def _outcome(app: Flask, job: Job, path: Path, note: Callable[[Job], None]) -> Job:
    last = 0.0

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > TOLD_SECONDS:
            last = time.monotonic()
            note(replace(job, stage=stage, done=done, total=total))

    note(job)
    try:
        report = load(
            app.extensions["flux_engine"], job.account_id, job.profile_id, path, job.file_name,
            options=Options(**job.options), limits=Limits.from_settings(app.config), progress=tell,
        )  # fmt: skip
    except (UnreadableFile, Mistake) as error:
        return replace(job, status="failed", message=error.message, details=error.details)
    except Exception:
        app.logger.exception("import %s failed", job.id)
        return replace(
            job,
            status="failed",
            message="Something went wrong inside, so nothing was changed. The server's log says what.",
        )
    return replace(job, status="done", report=report.as_json())
