"""kill -9 anywhere: of the worker in an analysis, of the server in an upload. Nothing is half done."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
import requests
from sqlalchemy import Engine, func, select

from flux.store.analyses import Analysis, list_analyses
from flux.store.data_sources import DataSource, list_sources
from flux.store.projects import Page, Project, create_project
from flux.store.tables import first_answers, jobs, source_rows
from tests.services import ROOT, Server
from tests.tenants import Tenant, make_key, make_posts, post

KILLS = 20
PATIENCE = {"FLUX_JOB_PATIENCE": "1"}
SECONDS = 60  # in which everything is finished, once nobody kills any more
EVERY = Page(limit=1_000)
ROWS = 20_000
TABLE = b"day,spend,note\n" + b"".join(b"2026-01-%02d,%d.5,row\n" % (n % 28 + 1, n) for n in range(ROWS))


@contextmanager
def worker(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`flux worker`, started as an operator would."""
    command = [sys.executable, "-m", "flask", "--app", "app", "flux", "worker"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end, f"{what} after {SECONDS} s"
        time.sleep(0.1)


def started(log: Path, times: int) -> Callable[[], bool]:
    return lambda: log.read_text().count("waits for jobs") >= times


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_killed_in_an_analysis(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    rows = [post(f"2026-{m:02d}-{d:02d}T09:00:00", likes=d, comments=0, shares=0)
            for m in range(1, 12) for d in range(1, 28)]  # fmt: skip
    make_posts(engine, ada.profile, ada.account_id, rows)
    project = create_project(engine, ada.account_id, {"name": "Killed"})
    key = make_key(engine, ada.account_id, kind="api")
    server, log, chance = serve(env=PATIENCE), tmp_path / "worker.log", random.Random(4)
    log.touch()
    address, header = (
        f"{server.url}/v1/projects/{project.public_id}/analyses",
        {"Authorization": f"Bearer {key}"},
    )
    for number in range(KILLS):
        kind = ("summary", "trend", "best_time")[number % 3]
        made = requests.post(address, json={"kind": kind}, headers=header, timeout=10)
        assert made.status_code == 201, made.text
        with worker(server.environment | PATIENCE | inherited(), log):
            wait_for(started(log, number + 1), "no worker")
            time.sleep(chance.random() * 1.2)
    assert_whole(engine, project)
    with worker(server.environment | PATIENCE | inherited(), log):
        wait_for(lambda: all(not a.unfinished for a in analyses(engine, project)), "unfinished analyses")
    assert_whole(engine, project)
    found = analyses(engine, project)
    assert len(found) == KILLS
    for analysis in found:
        if analysis.status == "failed":
            assert analysis.message and "interrupted" in analysis.message
    assert sum(a.status == "completed" for a in found) > KILLS // 2
    assert interrupted(engine) > 0, "no kill came in the middle of anything"


def inherited() -> dict[str, str]:
    """What a program needs of this one's environment."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FLUX_")}


def analyses(engine: Engine, project: Project) -> list[Analysis]:
    return list_analyses(engine, project, EVERY)[0]


def interrupted(engine: Engine) -> int:
    """How many jobs were begun more than once."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(jobs).where(jobs.c.attempts > 1)) or 0


def assert_whole(engine: Engine, project: Project) -> None:
    """A result is there exactly where an analysis is completed."""
    for analysis in analyses(engine, project):
        assert (analysis.result is not None) == (analysis.status == "completed"), analysis


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_server_killed_in_an_upload(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    project = create_project(engine, ada.account_id, {"name": "Killed"})
    key = make_key(engine, ada.account_id, kind="api")
    chance, log = random.Random(5), tmp_path / "worker.log"
    log.touch()
    answers: list[int] = []
    for number in range(KILLS):
        server = serve(env=PATIENCE)
        sender = Thread(target=send, args=(server.url, project.public_id, key, f"once-{number}", answers))
        sender.start()
        time.sleep(chance.random() * 1.0)
        kill(server)
        sender.join()
    server = serve(env=PATIENCE)
    with worker(server.environment | PATIENCE | inherited(), log):
        wait_for(lambda: all(not s.unfinished for s in sources(engine, project)), "unfinished uploads")
    found = sources(engine, project)
    assert_rows(engine, found)
    for number in range(
        KILLS
    ):  # whoever got no answer asks again with the same key, and nothing is made twice
        send(server.url, project.public_id, key, f"once-{number}", answers)
    again = sources(engine, project)
    assert_rows(engine, again)
    assert {s.id for s in found} <= {s.id for s in again} and len(again) == KILLS
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(first_answers)) == KILLS
    assert answers.count(201) >= KILLS
    assert interrupted(engine) > 0, "no kill came in the middle of anything"


def send(url: str, project: str, key: str, once: str, answers: list[int]) -> None:
    header = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv", "Idempotency-Key": once}
    address = f"{url}/v1/projects/{project}/data-sources?name=spend.csv&kind=table"
    with suppress(requests.RequestException):
        answers.append(requests.post(address, data=TABLE, headers=header, timeout=30).status_code)


def kill(server: Server) -> None:
    """The master and its workers, without a word."""
    master = server.process.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    for pid in (master, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    server.process.wait()


def sources(engine: Engine, project: Project) -> list[DataSource]:
    return list_sources(engine, project, EVERY)[0]


def assert_rows(engine: Engine, found: list[DataSource]) -> None:
    """Each file is there with all of its rows, or has failed with a reason and none."""
    with engine.connect() as connection:
        table = source_rows.c
        statement = select(table.data_source_id, func.count()).group_by(table.data_source_id)
        counts = {row[0]: row[1] for row in connection.execute(statement)}
    for source in found:
        if source.status == "completed":
            assert (source.rows, counts.get(source.id)) == (ROWS, ROWS)
        else:
            assert source.status == "failed" and source.message
            assert source.id not in counts
    assert set(counts) <= {s.id for s in found}
