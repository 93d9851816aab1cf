"""Uploaded files: each in a folder of its own, named by the job that reads it, until it is swept.

`settings` are the app's: the folders lie in FLUX_INSTANCE_PATH, which the hosts that share a database share.
"""

import shutil
import time
from collections.abc import Container, Mapping
from pathlib import Path
from typing import IO, Any

Settings = Mapping[str, Any]


def path_of(settings: Settings, account_id: int, job_id: int) -> Path:
    """Where a job's file lies, or would."""
    return _folder(settings, account_id, job_id) / "file"


def save(settings: Settings, account_id: int, job_id: int, content: IO[bytes]) -> Path:
    """Keeps what a stream still holds for a job that is about to be made. Readable by its owner alone."""
    path = path_of(settings, account_id, job_id)
    path.parent.mkdir(parents=True, mode=0o700)
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(content, file, 2**20)
    except BaseException:
        remove(settings, account_id, job_id)  # whoever sent it has gone: half a file is none
        raise
    return path


def remove(settings: Settings, account_id: int, job_id: int) -> None:
    """Removes a job's file. One that is not there is no mistake."""
    shutil.rmtree(_folder(settings, account_id, job_id), ignore_errors=True)


def sweep(settings: Settings, seconds: int, needed: Container[int]) -> None:
    """Removes the files that are older than so many seconds, but those of the jobs in `needed`."""
    for folder in _root(settings).glob("*/*"):
        old = time.time() - folder.stat().st_mtime > seconds
        if old and not (folder.name.isdigit() and int(folder.name) in needed):
            shutil.rmtree(folder, ignore_errors=True)


def _root(settings: Settings) -> Path:
    return Path(settings["FLUX_INSTANCE_PATH"]) / "uploads"


def _folder(settings: Settings, account_id: int, job_id: int) -> Path:
    return _root(settings) / str(account_id) / str(job_id)
