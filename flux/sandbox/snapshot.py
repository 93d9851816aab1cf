"""The file that an account's queries run on: made when its data moved, kept while they rest."""

import hashlib
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from flux.release import RELEASE
from flux.store.export_file import State, read_state, write_file
from flux.store.exports import EXPORTS, Export

MOST_BYTES = 2 * 2**30  # of the folder; what was used longest ago goes first
REST_SECONDS = 60  # a query may still be about to open an older file
ABANDONED_SECONDS = 3_600  # a draft of that age belongs to a process that was killed

Settings = Mapping[str, Any]


def find_snapshot(
    settings: Settings, engine: Engine, account_id: int, exports: Sequence[Export] = EXPORTS
) -> Path:
    """The file with the account's rows as they are now, made first if it is not there.

    Raises Unavailable where it cannot be written.
    """
    folder = _folder(settings)
    path = folder / _name(account_id, exports, read_state(engine, account_id))
    with suppress(FileNotFoundError):
        os.utime(path)  # used last: goes last
        return path
    path = _make(folder, engine, account_id, exports)
    _tidy(folder, path)
    return path


def forget_account(settings: Settings, account_id: int) -> None:
    """Removes an account's files."""
    for path in _folder(settings).glob(f"{account_id}-*"):
        path.unlink(missing_ok=True)


def _folder(settings: Settings) -> Path:
    folder = Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder


def _name(account_id: int, exports: Sequence[Export], state: list[State]) -> str:
    """Names the account, the public schema, and the state of the data."""
    return f"{account_id}-{_digest(RELEASE, exports)}-{_digest(state)}.db"


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _make(folder: Path, engine: Engine, account_id: int, exports: Sequence[Export]) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, suffix=".draft")
    os.close(handle)
    draft = Path(name)
    try:
        state = write_file(engine, account_id, exports, draft, _latest(folder, account_id, exports))
        draft.chmod(0o400)
        return draft.replace(folder / _name(account_id, exports, state))
    finally:
        draft.unlink(missing_ok=True)


def _latest(folder: Path, account_id: int, exports: Sequence[Export]) -> Path | None:
    files = _by_use(folder.glob(f"{account_id}-{_digest(RELEASE, exports)}-*.db"))
    return files[-1][1] if files else None


def _tidy(folder: Path, fresh: Path) -> None:
    """Removes what the account used before, drafts that nobody will finish, and what is too much."""
    now, account = time.time(), fresh.name.split("-")[0]
    files = _by_use(folder.iterdir())
    size = sum(bytes for _, _, bytes in files)
    for used, path, bytes in files:
        patience = ABANDONED_SECONDS if path.suffix == ".draft" else REST_SECONDS
        theirs = path.suffix == ".draft" or path.name.startswith(f"{account}-")
        if path != fresh and ((theirs and now - used > patience) or size > MOST_BYTES):
            path.unlink(missing_ok=True)
            size -= bytes


def _by_use(paths: Any) -> list[tuple[float, Path, int]]:
    """(last used, path, bytes) of the files that are still there, the longest unused first."""
    found = []
    for path in paths:
        with suppress(FileNotFoundError):
            status = path.stat()
            found.append((status.st_mtime, path, status.st_size))
    return sorted(found)
