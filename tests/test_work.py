"""Jobs done: an import's rows and its end appear together, and whatever goes wrong leaves its reason."""

import io
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, text, update

from flux import uploads, work
from flux.config import read_settings
from flux.ids import new_id
from flux.mistakes import InvalidParameter
from flux.store.engine import writing
from flux.store.jobs import Job, add_job, complete, find_job, revive
from flux.store.profiles import delete_profile
from flux.store.search_tables import search_posts
from flux.store.tables import imports, jobs, posts, profiles
from tests.tenants import Tenant

ROWS = b"date,text,likes\n2026-01-05,First,10\n2026-01-06,Second,3\n"


@pytest.fixture
def told(settings: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The settings as the app has them."""
    return read_settings(settings, tmp_path)


def order(engine: Engine, told: dict[str, str], ada: Tenant, content: bytes = ROWS) -> int:
    """A queued import of a file into ada's profile; the job's id."""
    number = new_id()
    path = uploads.path_of(told, ada.account_id, number)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    options = {"profile_id": ada.profile.id, "file_name": "own.csv", "options": {"mapping": {}}}
    with writing(engine) as connection:
        add_job(connection, ada.account_id, number, "import", options)
    return number


def ask(engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch, runner: Callable[..., None]) -> int:
    """A queued job that `runner` does; the job's id."""
    monkeypatch.setitem(work.RUNNERS, "test", runner)
    number = new_id()
    with writing(engine) as connection:
        add_job(connection, ada.account_id, number, "test", {})
    return number


def lose(engine: Engine, job_id: int) -> None:
    """What happens to a job whose worker has died: after a while it is queued anew."""
    with writing(engine) as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(beat_at=0))
    assert revive(engine, 30) == [job_id]


def count(engine: Engine, table: Any = posts) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def records(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(imports.c.id, imports.c.status))]


def test_an_import_and_the_end_of_its_job_are_there_together(
    engine: Engine, told: dict[str, str], ada: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    number = order(engine, told, ada)
    with caplog.at_level(logging.INFO, logger="flux"):
        work.do(engine, told, number)
    job = find_job(engine, ada.account_id, number)
    assert (job.status, job.message) == ("completed", None)
    assert count(engine) == 2
    assert records(engine) == [(number, "done")]
    assert f"job {number} (import) done after" in caplog.text


def test_an_imports_posts_are_ready_for_search(engine: Engine, told: dict[str, str], ada: Tenant) -> None:
    work.do(engine, told, order(engine, told, ada))
    assert count(engine, search_posts) == 2, "nobody's first search waits for it"


def test_a_job_that_is_told_twice_is_done_once(engine: Engine, told: dict[str, str], ada: Tenant) -> None:
    number = order(engine, told, ada)
    work.do(engine, told, number)
    work.do(engine, told, number)
    work.do(engine, told, new_id())
    assert records(engine) == [(number, "done")]


def test_a_file_that_cannot_be_read_fails_with_the_reason(
    engine: Engine, told: dict[str, str], ada: Tenant
) -> None:
    number = order(engine, told, ada, b"a,b\n1,2\n")
    work.do(engine, told, number)
    job = find_job(engine, ada.account_id, number)
    assert job.status == "failed"
    assert "not a file that Flux knows" in (job.message or "")
    assert (job.details["code"], job.details["columns"]) == ("unreadable_file", "a, b")
    assert records(engine) == [(number, "failed")]


def test_a_file_that_is_gone_fails_with_the_reason(engine: Engine, told: dict[str, str], ada: Tenant) -> None:
    number = order(engine, told, ada)
    uploads.remove(told, ada.account_id, number)
    work.do(engine, told, number)
    assert "choose it again" in (find_job(engine, ada.account_id, number).message or "")


def test_a_profile_that_is_gone_fails_with_the_reason(
    engine: Engine, told: dict[str, str], ada: Tenant
) -> None:
    number = order(engine, told, ada)
    delete_profile(engine, ada.account_id, ada.profile.id)
    work.do(engine, told, number)
    job = find_job(engine, ada.account_id, number)
    assert (job.status, job.details["code"]) == ("failed", "not_found")
    assert "no such profile" in (job.message or "")


def test_a_mistake_is_told_to_who_asked(
    engine: Engine, told: dict[str, str], ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise InvalidParameter("from", "2030-01-01", "in the past")

    number = ask(engine, ada, monkeypatch, refuse)
    work.do(engine, told, number)
    job = find_job(engine, ada.account_id, number)
    assert (job.status, job.message) == (
        "failed",
        "The parameter 'from' is '2030-01-01': it must be in the past.",
    )
    assert job.details["code"] == "invalid_parameter" and job.details["parameter"] == "from"


def test_a_fault_is_told_in_the_log_alone(
    engine: Engine,
    told: dict[str, str],
    ada: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def break_down(*_: Any) -> None:
        raise ZeroDivisionError("an inner detail")

    number = ask(engine, ada, monkeypatch, break_down)
    work.do(engine, told, number)
    job = find_job(engine, ada.account_id, number)
    assert (job.status, job.message) == ("failed", work.FAULT)
    assert "inner detail" not in str(job) and "inner detail" in caplog.text


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_database_that_goes_away_leaves_the_job_to_the_next(
    engine: Engine,
    told: dict[str, str],
    ada: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def end_it(engine: Engine, _settings: Any, job: Job, _tell: Any) -> None:
        with writing(engine) as connection:
            if job.attempts == 1:
                connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            complete(connection, job)

    number = ask(engine, ada, monkeypatch, end_it)
    work.do(engine, told, number)
    assert find_job(engine, ada.account_id, number).status == "running"
    assert f"job {number} is left for later" in caplog.text
    lose(engine, number)
    work.do(engine, told, number)
    assert find_job(engine, ada.account_id, number).status == "completed"


def test_how_far_a_job_is_can_be_seen_while_it_runs(
    engine: Engine, told: dict[str, str], ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Job] = []
    monkeypatch.setattr(work, "BEAT_SECONDS", 0.05)

    def run(engine: Engine, _settings: Any, job: Job, tell: work.Tell) -> None:
        with writing(engine) as connection:
            connection.execute(update(jobs).values(beat_at=0))
        tell("counting", 3, 8)
        for _ in range(200):
            seen[:] = [find_job(engine, job.account_id, job.id)]
            if seen[0].stage and not revive(engine, 5):
                break
            time.sleep(0.02)
        with writing(engine) as connection:
            complete(connection, job)

    number = ask(engine, ada, monkeypatch, run)
    work.do(engine, told, number)
    assert [(j.status, j.stage, j.done, j.total) for j in seen] == [("running", "counting", 3, 8)]
    assert find_job(engine, ada.account_id, number).status == "completed"


def test_a_worker_that_wakes_up_late_writes_nothing(
    engine: Engine, told: dict[str, str], ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(engine: Engine, settings: Any, job: Job, _tell: Any) -> None:
        if job.attempts == 1:  # it was as good as dead for so long that another has done it all
            lose(engine, job.id)
            work.do(engine, settings, job.id)
        with writing(engine) as connection:
            connection.execute(update(profiles).values(name=f"Attempt {job.attempts}"))
            complete(connection, job)

    number = ask(engine, ada, monkeypatch, run)
    work.do(engine, told, number)
    job = find_job(engine, ada.account_id, number)
    assert (job.status, job.attempts) == ("completed", 2)
    with engine.connect() as connection:
        assert connection.scalar(select(profiles.c.name)) == "Attempt 2"


def test_an_import_whose_worker_wakes_up_late_is_not_there_twice(
    engine: Engine, told: dict[str, str], ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, done = order(engine, told, ada), work.complete

    def late(connection: Connection, job: Job) -> None:
        if job.attempts == 1:  # all is written but not committed: the row says that it is another's
            connection.execute(update(jobs).values(attempts=2))
        done(connection, job)

    monkeypatch.setattr(work, "complete", late)
    work.do(engine, told, number)
    assert (count(engine), records(engine)) == (0, [])
    lose(engine, number)
    work.do(engine, told, number)
    assert (count(engine), records(engine)) == (2, [(number, "done")])


def test_what_is_kept_is_forgotten_after_a_day(engine: Engine, told: dict[str, str], ada: Tenant) -> None:
    old, fresh, waiting = (order(engine, told, ada) for _ in range(3))
    for number in (old, fresh):
        work.do(engine, told, number)
    stray = uploads.path_of(told, ada.account_id, 7)
    stray.parent.mkdir()
    shutil.copy(uploads.path_of(told, ada.account_id, old), stray)
    with writing(engine) as connection:
        connection.execute(update(jobs).where(jobs.c.id == old).values(finished_at=1))
    for number in (old, waiting, 7):
        os.utime(uploads.path_of(told, ada.account_id, number).parent, (1, 1))
    work.tidy(engine, told)
    kept = [n for n in (old, fresh, waiting, 7) if uploads.path_of(told, ada.account_id, n).exists()]
    assert kept == [fresh, waiting]
    with engine.connect() as connection:
        assert set(connection.scalars(select(jobs.c.id))) == {fresh, waiting}
    assert records(engine)[0] == (old, "done")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_half_a_file_is_none(told: dict[str, str]) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise ConnectionResetError
            return super().read(3)

    with pytest.raises(ConnectionResetError):
        uploads.save(told, 1, 7, Interrupted(b"half a file"))
    assert not uploads.path_of(told, 1, 7).parent.exists()
    assert uploads.save(told, 1, 7, io.BytesIO(b"a file")).read_bytes() == b"a file"
