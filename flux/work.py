"""Jobs done: claimed, run with signs of life, and ended with a result or with a reason, whatever happens.

A job that is killed anywhere is run again from its beginning: what a runner writes, it writes in one
transaction, the one in which it completes the job.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine

from flux import uploads
from flux.importers.load import Limits, Options, Report, UnreadableFile, load
from flux.mistakes import Mistake, NotFound
from flux.sources import run_source
from flux.store.engine import writing
from flux.store.jobs import (
    NO_ANSWER,
    Job,
    Superseded,
    beat,
    claim,
    complete,
    fail,
    forget_jobs,
    needed_ids,
)
from flux.store.search_index import refresh
from flux.studies import run_analysis

log = logging.getLogger("flux")

Tell = Callable[[str, int, int], None]  # stage, how many are done, of how many
Runner = Callable[[Engine, Mapping[str, Any], Job, Tell], None]

FAULT = "Something went wrong inside, so nothing was changed. The server's log says what."
BEAT_SECONDS = 1.0  # between two notes of progress, which are signs of life as well
BRING_POSTS = ("import", "data_source")  # kinds of jobs after which there may be posts to be indexed
KEPT_SECONDS = 86_400  # imports and their files stay a day, so that columns can be corrected on the page


def do(engine: Engine, settings: Mapping[str, Any], job_id: int) -> None:
    """Does a job, unless somebody else does or did it. Raises nothing: how it ended is in its row.

    Where the database does not answer, the job stays as it is, to be found and done later.
    """
    started = time.monotonic()
    try:
        job = claim(engine, job_id)
        if job is None:
            return
        outcome = _run(engine, settings, job)
        log.info("job %d (%s) %s after %.1f s", job.id, job.kind, outcome, time.monotonic() - started)
        if job.kind in BRING_POSTS:
            refresh(engine, job.account_id)  # else somebody's first search would wait for it
    except NO_ANSWER as error:
        log.warning("job %d is left for later: %s", job_id, str(error).splitlines()[0])


def tidy(engine: Engine, settings: Mapping[str, Any]) -> None:
    """Forgets the imports that ended a day ago, and removes old files that no job needs."""
    forget_jobs(engine, "import", int(time.time()) - KEPT_SECONDS)
    uploads.sweep(settings, KEPT_SECONDS, needed_ids(engine))


def patience(settings: Mapping[str, Any]) -> int:
    """Seconds without a sign of life after which a job's worker counts as dead."""
    return max(1, int(settings["FLUX_JOB_PATIENCE"]))


def _run(engine: Engine, settings: Mapping[str, Any], job: Job) -> str:
    """Runs a job that is ours, and says in a word how it ended."""
    try:
        with _signs_of_life(engine, job, patience(settings)) as tell:
            failure = _failure(engine, settings, job, tell)
        if failure is None:
            return "done"
        with writing(engine) as connection:
            fail(connection, job, *failure)
        return "failed"
    except Superseded:
        return "taken over by another worker, or deleted,"


def _failure(
    engine: Engine, settings: Mapping[str, Any], job: Job, tell: Tell
) -> tuple[str, dict[str, str]] | None:
    """Why a runner failed: a message for whoever asked, and its details; None if it did not."""
    try:
        RUNNERS[job.kind](engine, settings, job, tell)
    except (Superseded, *NO_ANSWER):
        raise
    except (UnreadableFile, Mistake) as error:
        return _reason(error)
    except Exception:
        log.exception("job %d (%s)", job.id, job.kind)
        return FAULT, {"code": "server_error"}
    return None


def _reason(error: UnreadableFile | Mistake) -> tuple[str, dict[str, str]]:
    code = error.code if isinstance(error, Mistake) else "unreadable_file"
    return error.message, {"code": code, **error.details}


@contextmanager
def _signs_of_life(engine: Engine, job: Job, patience: int) -> Iterator[Tell]:
    """Shows that a job is worked on, and how far it is, from a thread of its own.

    So whoever works never waits for it: on SQLite the job's own transaction holds every other writer up. It
    holds up as well whoever would take the job over.
    """
    told, ended = ("", 0, 0), threading.Event()

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal told
        told = stage, done, total

    def keep() -> None:
        with suppress(Superseded):
            while not ended.wait(min(BEAT_SECONDS, patience / 6)):
                with suppress(*NO_ANSWER):
                    beat(engine, job, *told)

    thread = threading.Thread(target=keep, name=f"job {job.id}", daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        ended.set()
        thread.join(BEAT_SECONDS)


def run_import(engine: Engine, settings: Mapping[str, Any], job: Job, tell: Tell) -> None:
    """Takes an uploaded file into a profile. Options: profile_id, file_name, `options` for the importer."""
    path = uploads.path_of(settings, job.account_id, job.id)
    if not path.exists():
        raise NotFound("The file is not kept any more: choose it again.")

    def settle(connection: Connection, outcome: Report | UnreadableFile) -> None:
        if isinstance(outcome, Report):
            complete(connection, job)
        else:
            fail(connection, job, *_reason(outcome))

    with suppress(UnreadableFile):  # the job has failed by then, in the transaction of the import's record
        load(
            engine, job.account_id, job.options["profile_id"], path, job.options["file_name"],
            options=Options(**job.options["options"]), limits=Limits.from_settings(settings),
            progress=tell, import_id=job.id, at_end=settle,
        )  # fmt: skip


RUNNERS: dict[str, Runner] = {
    "import": run_import,
    "data_source": run_source,
    "analysis": run_analysis,
}
