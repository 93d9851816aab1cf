"""The queue: whichever it is, it carries the numbers of jobs; and where it fails, no job is lost."""

import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest
import redis
from flask import Flask
from sqlalchemy import Engine, update

from flux import queue, uploads
from flux.ids import new_id
from flux.store.engine import writing
from flux.store.jobs import add_job, find_job
from flux.store.tables import jobs
from tests.services import Redis, free_port
from tests.tenants import Tenant
from tests.workers import until, working

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KEY = "huey.redis.flux"


def order(app: Flask, engine: Engine, ada: Tenant) -> int:
    """An import of which nobody is told yet."""
    number = new_id()
    path = uploads.path_of(app.config, ada.account_id, number)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"date,likes\n2026-01-05,1\n")
    options = {"profile_id": ada.profile.id, "file_name": "own.csv", "options": {"mapping": {}}}
    with writing(engine) as connection:
        add_job(connection, ada.account_id, number, "import", options)
    return number


def status(engine: Engine, ada: Tenant, number: int) -> str:
    return find_job(engine, ada.account_id, number).status


def tell(app: Flask, number: int) -> bool:
    with app.app_context():
        return queue.put(number)


@SQLITE
def test_the_file_holds_the_numbers_of_jobs_and_nothing_else(app: Flask) -> None:
    assert tell(app, 7) and tell(app, 8)
    with sqlite3.connect(Path(app.config["FLUX_INSTANCE_PATH"]) / "queue.db") as connection:
        assert connection.execute("SELECT data FROM task ORDER BY id").fetchall() == [(b"7",), (b"8",)]
    connection.close()


@SQLITE
def test_redis_holds_the_numbers_of_jobs_and_nothing_else(
    settings: dict[str, str], redis_url: str, request: pytest.FixtureRequest
) -> None:
    settings["FLUX_REDIS_URL"] = redis_url
    app: Flask = request.getfixturevalue("app")
    assert tell(app, 7) and tell(app, 8)
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.lrange(KEY, 0, -1) == [b"8", b"7"]


@pytest.mark.parametrize("carrier", ["file", "redis"])
def test_what_is_queued_while_no_worker_runs_is_done_once_one_starts(
    settings: dict[str, str], carrier: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if carrier == "redis":
        settings["FLUX_REDIS_URL"] = request.getfixturevalue("redis_url")
    app, engine = request.getfixturevalue("app"), request.getfixturevalue("engine")
    ada = request.getfixturevalue("ada")
    before, later = order(app, engine, ada), order(app, engine, ada)
    assert tell(app, before)
    assert status(engine, ada, before) == "queued"
    with working(tmp_path, settings):
        until(lambda: status(engine, ada, before) == "completed", 5)
        assert status(engine, ada, later) == "queued"  # nobody was told of it, and it may wait 30 s
        assert tell(app, later)
        until(lambda: status(engine, ada, later) == "completed", 5)


@SQLITE
def test_without_its_redis_a_job_is_found_and_done(
    settings: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings |= {"FLUX_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "FLUX_JOB_PATIENCE": "1"}
    app, engine = request.getfixturevalue("app"), request.getfixturevalue("engine")
    ada = request.getfixturevalue("ada")
    number = order(app, engine, ada)
    assert not tell(app, number)
    with working(tmp_path, settings) as worker:
        until(lambda: status(engine, ada, number) == "completed", 10)
        until(lambda: "the queue answers not" in worker.told(), 10)
        assert "Traceback" not in worker.told()
        assert worker.told().count("the queue answers not") == 1


@SQLITE
def test_a_redis_that_stands_still_costs_a_request_a_moment(
    settings: dict[str, str], own_redis: Redis, request: pytest.FixtureRequest
) -> None:
    settings["FLUX_REDIS_URL"] = own_redis.url
    app: Flask = request.getfixturevalue("app")
    assert tell(app, 7)
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    started = time.monotonic()
    assert not tell(app, 8)
    assert time.monotonic() - started < 2


@SQLITE
def test_a_message_that_the_queue_has_lost_is_found(
    settings: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings["FLUX_JOB_PATIENCE"] = "1"
    app, engine = request.getfixturevalue("app"), request.getfixturevalue("engine")
    ada = request.getfixturevalue("ada")
    with working(tmp_path, settings):
        number = order(app, engine, ada)
        until(lambda: status(engine, ada, number) == "completed", 10)


@SQLITE
def test_a_worker_that_starts_takes_over_what_was_lost_before(
    settings: dict[str, str], app: Flask, engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    number = order(app, engine, ada)
    with writing(engine) as connection:
        connection.execute(update(jobs).values(status="running", attempts=1, beat_at=jobs.c.beat_at - 31))
    with working(tmp_path, settings):
        until(lambda: status(engine, ada, number) == "completed", 5)
    assert find_job(engine, ada.account_id, number).attempts == 2


@SQLITE
def test_rubbish_in_the_queue_stops_nobody(
    settings: dict[str, str], redis_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings["FLUX_REDIS_URL"] = redis_url
    app, engine = request.getfixturevalue("app"), request.getfixturevalue("engine")
    ada = request.getfixturevalue("ada")
    number = order(app, engine, ada)
    with redis.Redis.from_url(redis_url) as connection:
        for rubbish in (b"rubbish", b"\x80\x05K\x07.", b"", b"999999999999999999999999", b"-1", b"7"):
            connection.lpush(KEY, rubbish)
    assert tell(app, number)
    with working(tmp_path, settings):
        until(lambda: status(engine, ada, number) == "completed", 10)
