"""The file that an account's queries run on: made when its data moved, kept while they rest.

A file's name tells whose data it holds, and in which state. Who reads one holds a shared lock on it. Who
needs a newer state changes the newest file in place where nobody reads it, under another name meanwhile; else
a copy of it. So a file of that name is whole, of one state of the data, and never changes.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from flux.mistakes import Unavailable
from flux.release import RELEASE
from flux.sandbox.files import ALONE, SHARED, by_use, hold, maker, tidy
from flux.store.engine import fetch
from flux.store.export_file import write_file
from flux.store.export_state import State, find_state
from flux.store.exports import EXPORTS, named_sources

MEBIBYTE = 2**20
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # what a machine's fall cuts short is of another boot

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file with an account's rows: which state of them, and the tables that may be read."""

    path: Path
    state: str
    tables: tuple[str, ...]


def read_state(engine: Engine, account_id: int) -> str:
    """A name for all that the account's SQL can read: another one once any of it moved. One statement."""
    return _find_state(engine, account_id).digest


@contextmanager
def hold_snapshot(settings: Settings, engine: Engine, account_id: int) -> Iterator[Snapshot]:
    """The file with the account's rows as they are now, made first if it is not there; it stays as it is.

    Raises Unavailable where it cannot be written.
    """
    folder = _folder(settings)
    state = _find_state(engine, account_id)
    lock = hold(folder / _name(account_id, state), SHARED)
    if lock is None:
        state, lock = _make(folder, engine, account_id)
        tidy(folder, folder / _name(account_id, state), int(settings["FLUX_SANDBOX_MB"]) * MEBIBYTE)
    try:
        os.utime(lock)  # used last: goes last
        tables = (*(export.name for export in EXPORTS), *named_sources(state))
        yield Snapshot(folder / _name(account_id, state), state.digest, tables)
    finally:
        os.close(lock)


def forget_account(settings: Settings, account_id: int) -> None:
    """Removes an account's files. Raises Unavailable where one is being made that takes half a minute."""
    folder = _folder(settings)
    with maker(folder, account_id):
        for path in (*folder.glob(f"{account_id}-*.db"), *folder.glob(f"{account_id}.draft")):
            path.unlink(missing_ok=True)


def _find_state(engine: Engine, account_id: int) -> State:
    return find_state(partial(fetch, engine), account_id)


def _folder(settings: Settings) -> Path:
    folder = Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder


def _name(account_id: int, state: State) -> str:
    return f"{account_id}-{_SCHEMA}-{state.digest}.db"


def _schema() -> str:
    """Names the public schema, and the boot of the machine: nothing is forced out to its disk."""
    boot = _BOOT.read_text() if _BOOT.exists() else ""
    return hashlib.sha256(repr((RELEASE, EXPORTS, boot)).encode()).hexdigest()[:16]


_SCHEMA = _schema()


def _make(folder: Path, engine: Engine, account_id: int) -> tuple[State, int]:
    """The state that the file then has, and a shared lock on it."""
    with maker(folder, account_id):
        state = _find_state(engine, account_id)
        lock = hold(folder / _name(account_id, state), SHARED)
        if lock is None:  # nobody else has made it meanwhile
            state = _write(folder, engine, account_id)
            lock = hold(folder / _name(account_id, state), SHARED)
    if lock is None:
        raise Unavailable("The data cannot be made ready for queries just now.")
    return state, lock


def _write(folder: Path, engine: Engine, account_id: int) -> State:
    """Makes the file, of the account's newest where there is one; the state that it has."""
    draft = folder / f"{account_id}.draft"
    draft.unlink(missing_ok=True)  # left by one that was killed
    lock = _take_newest(folder, account_id, draft)
    try:
        state = _fill(engine, account_id, draft)
        draft.chmod(0o400)
        draft.replace(folder / _name(account_id, state))
    finally:
        draft.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)
    return state


def _take_newest(folder: Path, account_id: int, draft: Path) -> int | None:
    """Makes the account's newest file the draft and keeps readers from it; while it is read, a copy of it."""
    files = by_use(folder.glob(f"{account_id}-{_SCHEMA}-*.db"))
    if not files:
        return None
    newest = files[-1][1]
    lock = hold(newest, ALONE)
    if lock is None:
        with suppress(FileNotFoundError):
            shutil.copyfile(newest, draft)
    else:
        newest.replace(draft)
    return lock


def _fill(engine: Engine, account_id: int, draft: Path) -> State:
    old = draft.exists()
    draft.touch()
    draft.chmod(0o600)
    try:
        return write_file(engine, account_id, draft)
    except Unavailable:
        if not old:
            raise
    draft.unlink()  # the older file may have been broken
    return _fill(engine, account_id, draft)
