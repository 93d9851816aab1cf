"""The folder of the accounts' files: a lock on one of them, and which of them must go."""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flux.mistakes import Unavailable

REST_SECONDS = 60  # a query may still be about to open an older file
ABANDONED_SECONDS = 3_600  # a draft of that age belongs to a process that was killed
MOST_WAIT_SECONDS = 30.0  # for another one that makes the same account's file
_POLL_SECONDS = 0.01

SHARED, ALONE = fcntl.LOCK_SH, fcntl.LOCK_EX


def hold(path: Path, how: int) -> int | None:
    """A lock on the file at `path`, to be closed; None where it is gone or another's lock forbids it."""
    try:
        lock = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(lock, how | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(lock).st_ino:  # else it was moved away in between
            return lock
    os.close(lock)
    return None


@contextmanager
def maker(folder: Path, account_id: int) -> Iterator[None]:
    """Held by whoever makes the account's file: a second one would only do the same work again.

    Raises Unavailable after half a minute.
    """
    lock = os.open(folder / f"{account_id}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + MOST_WAIT_SECONDS
    try:
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise Unavailable("The data cannot be made ready for queries just now.")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def tidy(folder: Path, fresh: Path, most_bytes: int) -> None:
    """Removes the account's older files, drafts of the killed, and the longest unused of too many."""
    now, account = time.time(), fresh.name.split("-")[0]
    files = by_use(folder.iterdir())
    size = sum(bytes for _, _, bytes in files)
    for used, path, bytes in files:
        if path.suffix == ".draft":
            doomed = now - used > ABANDONED_SECONDS
        else:
            theirs = path.name.startswith(f"{account}-") and now - used > REST_SECONDS
            doomed = path.suffix == ".db" and path != fresh and (theirs or size > most_bytes)
        if doomed:
            path.unlink(missing_ok=True)
            size -= bytes


def by_use(paths: Iterable[Path]) -> list[tuple[float, Path, int]]:
    """(last used, path, bytes) of the files that are still there, the longest unused first."""
    found = []
    for path in paths:
        with suppress(FileNotFoundError):
            status = path.stat()
            found.append((status.st_mtime, path, status.st_size))
    return sorted(found)
