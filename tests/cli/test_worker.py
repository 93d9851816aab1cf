"""`flux worker`: it starts, stops and dies as operators make it do."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux import queue, uploads
from flux.ids import new_id
from flux.store.engine import writing
from flux.store.jobs import INTERRUPTED, add_job, find_job
from flux.store.profiles import create_profile
from tests.services import ROOT, free_port
from tests.tenants import Tenant
from tests.workers import READY, all_or_nothing, environment, many_posts, until, working

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@SQLITE
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_well_when_it_is_asked_to(settings: dict[str, str], tmp_path: Path, how: int) -> None:
    with working(tmp_path, settings) as worker:
        worker.process.send_signal(how)
        assert worker.process.wait(10) == 0
        lines = [line.partition("flux: ")[2] for line in worker.told().splitlines()]
    assert lines == [READY, "the worker has stopped"]


def test_a_database_that_is_not_set_up_is_told_in_one_line(empty_database_url: str, tmp_path: Path) -> None:
    settings = {"FLUX_DATABASE_URL": empty_database_url, "FLUX_INSTANCE_PATH": str(tmp_path)}
    command = [sys.executable, "-m", "flask", "--app", "app", "flux", "worker"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1 and "flux init" in ended.stderr


@SQLITE
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind_however_the_server_ends(
    settings: dict[str, str], tmp_path: Path, how: int
) -> None:
    log = tmp_path / "both.log"
    recipe = recipe_of_make_run().replace("$(BIN)", sys.executable).replace("$$", "$")
    env = environment({**settings, "PORT": str(free_port())})
    with log.open("wb") as output:
        server = subprocess.Popen(["/bin/sh", "-c", recipe], cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        until(lambda: READY in log.read_text() and "Listening at" in log.read_text())
        until(lambda: len(below(server.pid)) == 2)  # the worker, and gunicorn's own
        started = below(server.pid)
    finally:
        server.send_signal(how)
        server.wait(10)
    until(lambda: not any(map(alive, started)), 10)
    assert "the worker has stopped" in log.read_text()


def recipe_of_make_run() -> str:
    lines = [line for line in (ROOT / "Makefile").read_text().splitlines() if "flux worker" in line]
    assert len(lines) == 1
    return lines[0].strip().removeprefix("@")


def below(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@SQLITE
def test_a_parent_that_has_gone_already_is_noticed(settings: dict[str, str], engine: Engine) -> None:
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "app",
        "flux",
        "worker",
        "--with-parent",
        gone.stdout.strip(),
    ]
    assert (
        subprocess.run(command, cwd=ROOT, env=environment(settings), timeout=30, check=False).returncode == 0
    )


KILLS = 10  # on each database
ROWS = 15_000


def test_a_worker_that_is_killed_anywhere_leaves_all_or_nothing(
    settings: dict[str, str], app: Flask, engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    settings["FLUX_JOB_PATIENCE"] = "1"
    chance = random.Random(4)
    ordered: dict[int, int] = {}  # the job, and the profile that it fills

    def at_work() -> bool:
        states = {find_job(engine, ada.account_id, number).status for number in ordered}
        return "running" in states or "queued" not in states

    for _ in range(KILLS):
        if not any(find_job(engine, ada.account_id, number).unfinished for number in ordered):
            ordered |= [order(app, engine, ada, len(ordered))]
        with working(tmp_path, settings) as worker:
            until(at_work, 10)
            time.sleep(chance.uniform(0, 1.5))
            worker.kill()
        for number, profile in ordered.items():
            all_or_nothing(engine, find_job(engine, ada.account_id, number), profile, ROWS)
    with working(tmp_path, settings):
        until(lambda: not any(find_job(engine, ada.account_id, n).unfinished for n in ordered))
    ended = [find_job(engine, ada.account_id, number) for number in ordered]
    for job in ended:
        all_or_nothing(engine, job, ordered[job.id], ROWS)
        assert job.status == "completed" or job.message == INTERRUPTED
    assert any(job.attempts > 1 for job in ended), "none was killed at work"


def order(app: Flask, engine: Engine, ada: Tenant, index: int) -> tuple[int, int]:
    """A large import into a profile of its own: the job's id and the profile's."""
    number, profile = new_id(), create_profile(engine, ada.account_id, f"Profile {index}").id
    path = uploads.path_of(app.config, ada.account_id, number)
    path.parent.mkdir(parents=True)
    path.write_bytes(many_posts(ROWS))
    options = {"profile_id": profile, "file_name": "big.csv", "options": {"mapping": {}}}
    with writing(engine) as connection:
        add_job(connection, ada.account_id, number, "import", options)
    with app.app_context():
        assert queue.put(number)
    return number, profile
