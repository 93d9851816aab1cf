"""Jobs as rows: claimed by one, ended once, taken over from whoever shows no sign of life."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from flux.ids import new_id
from flux.mistakes import NotFound
from flux.store.engine import writing
from flux.store.jobs import (
    ATTEMPTS,
    Job,
    Superseded,
    add_job,
    beat,
    claim,
    complete,
    fail,
    find_job,
    forget_jobs,
    needed_ids,
    revive,
    unfinished_jobs,
)
from flux.store.tables import jobs, plans, profiles
from tests.tenants import Tenant

PATIENCE = 30


def queue(engine: Engine, account_id: int, kind: str = "import") -> int:
    """A new job's id."""
    number = new_id()
    with writing(engine) as connection:
        add_job(connection, account_id, number, kind, {"file_name": "ä.csv"})
    return number


def age(engine: Engine, job_id: int, seconds: int) -> None:
    """Makes a job's last sign of life older, as if its worker had been killed then."""
    with writing(engine) as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(beat_at=int(time.time()) - seconds))


def take(engine: Engine, job_id: int) -> Job:
    job = claim(engine, job_id)
    assert job is not None
    return job


def test_a_job_is_queued_with_what_it_is_about(engine: Engine, ada: Tenant) -> None:
    job = find_job(engine, ada.account_id, queue(engine, ada.account_id))
    assert (job.status, job.attempts, job.options) == ("queued", 0, {"file_name": "ä.csv"})
    assert job.unfinished and job.finished_at is None and job.details == {}


def test_a_job_is_not_there_if_what_it_is_about_is_not(engine: Engine, ada: Tenant) -> None:
    number = new_id()

    def make_both() -> None:
        with writing(engine) as connection:
            add_job(connection, ada.account_id, number, "import", {})
            connection.execute(insert(plans).values(name="edge"))  # there is one of that name

    with pytest.raises(IntegrityError):
        make_both()
    with pytest.raises(NotFound):
        find_job(engine, ada.account_id, number)


def test_another_accounts_job_is_not_found(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    number = queue(engine, ada.account_id)
    with pytest.raises(NotFound):
        find_job(engine, bob.account_id, number)
    assert unfinished_jobs(engine, bob.account_id, "import") == []


def test_unfinished_jobs_are_told_newest_first(engine: Engine, ada: Tenant) -> None:
    first, second, third, _other = (queue(engine, ada.account_id, k) for k in ("import",) * 3 + ("analysis",))
    take(engine, first)
    job = take(engine, second)
    with writing(engine) as connection:
        complete(connection, job)
    assert [j.id for j in unfinished_jobs(engine, ada.account_id, "import")] == [third, first]


def test_of_sixteen_who_claim_a_job_at_once_one_has_it(engine: Engine, ada: Tenant) -> None:
    number, start = queue(engine, ada.account_id), threading.Barrier(16)

    def try_it(_: int) -> Job | None:
        start.wait()
        return claim(engine, number)

    with ThreadPoolExecutor(16) as pool:
        winners = [job for job in pool.map(try_it, range(16)) if job]
    assert [(job.status, job.attempts) for job in winners] == [("running", 1)]


def test_a_job_that_has_ended_is_not_claimed(engine: Engine, ada: Tenant) -> None:
    number = queue(engine, ada.account_id)
    job = take(engine, number)
    with writing(engine) as connection:
        fail(connection, job, "It is damaged.", {"sheet": "POSTS"})
    assert claim(engine, number) is None
    failed = find_job(engine, ada.account_id, number)
    assert (failed.status, failed.message, failed.details) == ("failed", "It is damaged.", {"sheet": "POSTS"})
    assert failed.finished_at


def test_signs_of_life_tell_how_far_a_job_is(engine: Engine, ada: Tenant) -> None:
    number = queue(engine, ada.account_id)
    job = take(engine, number)
    age(engine, number, 2 * PATIENCE)
    beat(engine, job, "writing", 3, 8)
    found = find_job(engine, ada.account_id, number)
    assert (found.stage, found.done, found.total) == ("writing", 3, 8)
    assert revive(engine, PATIENCE) == []


def test_only_what_shows_no_sign_of_life_is_queued_anew_and_once(engine: Engine, ada: Tenant) -> None:
    lost, untold, busy, waiting, ended = (queue(engine, ada.account_id) for _ in range(5))
    take(engine, lost)
    take(engine, busy)
    job = take(engine, ended)
    with writing(engine) as connection:
        complete(connection, job)
    for number in (lost, untold, ended):
        age(engine, number, PATIENCE + 1)
    assert revive(engine, PATIENCE) == sorted([lost, untold])
    assert revive(engine, PATIENCE) == []
    states = [find_job(engine, ada.account_id, n).status for n in (lost, untold, busy, waiting, ended)]
    assert states == ["queued", "queued", "running", "queued", "completed"]
    assert take(engine, lost).attempts == 2


def test_a_job_that_loses_its_third_worker_fails_with_the_reason(engine: Engine, ada: Tenant) -> None:
    number = queue(engine, ada.account_id)
    for _ in range(ATTEMPTS):
        assert find_job(engine, ada.account_id, number).unfinished
        take(engine, number)
        age(engine, number, PATIENCE + 1)
        revive(engine, PATIENCE)
    job = find_job(engine, ada.account_id, number)
    assert (job.status, job.attempts) == ("failed", 3)
    assert "interrupted three times" in (job.message or "")
    assert claim(engine, number) is None


@pytest.mark.parametrize("claimed", [True, False], ids=["taken over", "queued anew"])
def test_a_superseded_worker_changes_nothing(engine: Engine, ada: Tenant, claimed: bool) -> None:
    number = queue(engine, ada.account_id)
    late = take(engine, number)
    age(engine, number, PATIENCE + 1)
    revive(engine, PATIENCE)
    successor = take(engine, number) if claimed else None
    before = find_job(engine, ada.account_id, number)
    with pytest.raises(Superseded):
        beat(engine, late, "writing", 1, 1)
    with pytest.raises(Superseded), writing(engine) as connection:
        fail(connection, late, "late", {})
    with pytest.raises(Superseded):
        _rename_and_complete(engine, late)
    assert find_job(engine, ada.account_id, number) == before
    with engine.connect() as connection:
        assert connection.scalars(select(profiles.c.name)).all() == ["Ada"]
    successor = successor or take(engine, number)
    with writing(engine) as connection:
        complete(connection, successor)
    assert find_job(engine, ada.account_id, number).status == "completed"


def _rename_and_complete(engine: Engine, job: Job) -> None:
    with writing(engine) as connection:
        connection.execute(update(profiles).values(name="Written by the late one"))
        complete(connection, job)


def test_a_job_ends_once(engine: Engine, ada: Tenant) -> None:
    job = take(engine, queue(engine, ada.account_id))
    with writing(engine) as connection:
        complete(connection, job)
    with pytest.raises(Superseded), writing(engine) as connection:
        fail(connection, job, "too late", {})


def test_what_ended_long_ago_is_forgotten(engine: Engine, ada: Tenant) -> None:
    waiting, ended, other = (queue(engine, ada.account_id, k) for k in ("import", "import", "analysis"))
    for number in (ended, other):
        job = take(engine, number)
        with writing(engine) as connection:
            complete(connection, job)
    now = int(time.time())
    forget_jobs(engine, "import", now - 5)
    assert find_job(engine, ada.account_id, ended).status == "completed"
    forget_jobs(engine, "import", now + 5)
    with pytest.raises(NotFound):
        find_job(engine, ada.account_id, ended)
    assert find_job(engine, ada.account_id, other).status == "completed"
    assert needed_ids(engine) == {waiting}
