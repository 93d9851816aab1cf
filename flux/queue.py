"""The queue, which tells a worker that there is a job to look at. It carries numbers and nothing else.

A job's truth is its row: one whose number the queue loses is found by `resume`, and one that is told twice is
done once. So a queue that does not answer costs time and never a job.
"""

import logging
import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask, current_app
from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from redis import ConnectionPool

from flux import work
from flux.extensions import REDIS_OPTIONS
from flux.store.jobs import revive

log = logging.getLogger("flux")

AT_ONCE = 2  # jobs that a worker does side by side; on SQLite one, for only one can write
INLINE_AT_ONCE = 2  # files read within requests of this process: what comes on top is left to the worker
LOOK_SECONDS = 0.5  # between two looks into a queue that is empty
STOP_SECONDS = 20.0  # that a worker which is to stop gives its jobs to end
_TASK = f"{__name__}.look"
_turn = threading.Semaphore(INLINE_AT_ONCE)


class Numbers(Serializer):  # type: ignore[misc]
    """A message is a job's number in digits: nothing is built from what lies in the queue."""

    def _serialize(self, message: Message) -> bytes:
        return str(message.args[0]).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(id=str(uuid4()), name=_TASK, args=(int(data),))


def put(job_id: int) -> bool:
    """Tells a worker of a job whose row is committed; whether the queue took it, which is never a fault."""
    try:
        _task(current_app._get_current_object())(job_id)  # type: ignore[attr-defined] # a thread will need it
    except Exception as error:  # noqa: BLE001 - whatever a queue raises: the job is found without it
        log.warning("job %d is found later, for the queue does not answer: %s", job_id, error)
        return False
    return True


def set_off(job_id: int, size: int) -> None:
    """Does the job of a small file now; one of a large file, or of one too many at once, is queued.

    `size` is the file's, in bytes.
    """
    most = int(current_app.config["FLUX_INLINE_UPLOAD_MB"]) * 2**20
    if size <= most and _turn.acquire(blocking=False):
        try:
            work.do(current_app.extensions["flux_engine"], current_app.config, job_id)
        finally:
            _turn.release()
    else:
        put(job_id)


def answers(app: Flask) -> bool:
    """Whether the queue can be reached just now."""
    try:
        _task(app).huey.storage.queue_size()
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def resume(app: Flask) -> None:
    """Finds the jobs that lost their worker or their message, and puts them into the queue again.

    Where the queue does not take them, they are done here and now.
    """
    engine = app.extensions["flux_engine"]
    with app.app_context():
        for job_id in revive(engine, work.patience(app.config)):
            if not put(job_id):
                work.do(engine, app.config, job_id)


def consumer(app: Flask) -> Consumer:
    """Threads that do what the queue tells them, once they are started."""
    sqlite = app.extensions["flux_engine"].dialect.name == "sqlite"
    return _task(app).huey.create_consumer(
        workers=1 if sqlite else AT_ONCE,
        max_delay=LOOK_SECONDS,
        periodic=False,
        scheduler_interval=60,  # nothing is ever scheduled
        shutdown_timeout=STOP_SECONDS,
    )


def _task(app: Flask) -> Any:
    """What is put into this app's queue, by its settings; made once it is needed."""
    if "flux_queue" not in app.extensions:

        def look(job_id: int) -> None:
            work.do(app.extensions["flux_engine"], app.config, job_id)

        app.extensions["flux_queue"] = _huey(app).task(name="look")(look)
    return app.extensions["flux_queue"]


def _huey(app: Flask) -> Huey:
    if redis_url := app.config["FLUX_REDIS_URL"]:
        pool = ConnectionPool.from_url(redis_url, **REDIS_OPTIONS)
        return RedisHuey("flux", results=False, serializer=Numbers(), connection_pool=pool, blocking=False)
    path = Path(app.config["FLUX_INSTANCE_PATH"]) / "queue.db"
    return SqliteHuey("flux", results=False, serializer=Numbers(), filename=str(path))
