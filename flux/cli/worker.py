"""`flux worker`: does what is too long for a request."""

import logging
import math
import os
import signal
import threading
import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from flux import queue, work
from flux.store.jobs import NO_ANSWER, needed_ids

log = logging.getLogger("flux")

SWEEP_SECONDS = 5  # between two searches for jobs that were lost
TIDY_SECONDS = 3_600
WATCH_SECONDS = 0.5  # after which a signal, or a parent's end, is seen


@click.command()
@click.option(
    "--with-parent",
    "parent",
    type=int,
    metavar="PID",
    help="Stop once the process PID, which started the worker, has ended, however it ended.",
)
@with_appcontext
def worker(parent: int | None) -> None:
    """Do large imports and analyses, until told to stop. Any number of workers may run, on any hosts."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    needed_ids(app.extensions["flux_engine"])  # a database that cannot be used is told at once
    for part in ("Worker", "Scheduler"):  # `_sweep` tells once what these tell at each look: it is gone
        logging.getLogger(f"huey.consumer.{part}").setLevel(logging.CRITICAL)
    consumer, asked = queue.consumer(app), list[int]()
    consumer.start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: asked.append(number))
    threading.Thread(target=_sweep, args=(app,), daemon=True).start()
    log.info("the worker waits for jobs")
    while not asked and parent in (None, os.getppid()):
        time.sleep(WATCH_SECONDS)
        consumer.check_worker_health()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who asks twice does not wait for running jobs
    consumer.stop(graceful=True)
    log.info("the worker has stopped")


def _sweep(app: Flask) -> None:
    """Finds lost jobs every few seconds, and removes once an hour what has been kept long enough."""
    answered, tidied = True, -math.inf
    while True:
        if answered != (answered := queue.answers(app)):
            told = "again" if answered else "not: jobs are found without it, but later"
            log.warning("the queue answers %s", told)
        try:
            queue.resume(app)
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                work.tidy(app.extensions["flux_engine"], app.config)
        except NO_ANSWER as error:
            log.warning("the database does not answer: %s", str(error).splitlines()[0])
        except Exception:
            log.exception("no lost jobs are found")  # and tried again: without this nobody would find any
        time.sleep(min(SWEEP_SECONDS, work.patience(app.config)))
