"""Waiting for work that goes on behind a request: asks now and then, ever less often."""

import time
from collections.abc import Callable
from typing import TypeVar

from flux_client.errors import AnalysisFailed
from flux_client.models import Analysis, DataSource

Job = TypeVar("Job", Analysis, DataSource)

FIRST, LONGEST = 0.25, 5.0  # seconds between two questions, half as long again each time


def wait_for(ask: Callable[[], Job], timeout: float) -> Job:
    """What `ask` gives once it is completed.

    Raises AnalysisFailed if it failed, TimeoutError if it is neither within `timeout` seconds.
    """
    end, pause = time.monotonic() + timeout, FIRST
    while True:
        job = ask()
        if job["status"] == "completed":
            return job
        if job["status"] == "failed":
            error = job["error"] or {"message": "The server gave no reason.", "code": "", "details": {}}
            raise AnalysisFailed(error["message"], code=error["code"], details=error["details"])
        if time.monotonic() + pause > end:
            raise TimeoutError(f"{job['id']} is still {job['status']} after {timeout:g} s")
        time.sleep(pause)
        pause = min(LONGEST, pause * 1.5)
