"""Another process that asks for an account's file: reads on until its input ends, or is killed in the middle.

`python -m tests.sandbox.asker URL FOLDER ACCOUNT [FUNCTION]`: with the name of a function of the file's maker
it ends itself by SIGKILL after the first call of that.
"""

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from flux.sandbox.snapshot import hold_snapshot
from flux.store import export_file
from flux.store.engine import open_engine

OF_ONE = 7  # posts of an import, which all have its text
READ = "SELECT (SELECT count(*) FROM posts), (SELECT sum(posts) FROM daily), count(DISTINCT text) FROM posts"


def read_on(
    engine: Engine, settings: dict[str, str], account_id: int, ended: Callable[[], bool]
) -> dict[str, int]:
    """Reads until the end: state -> posts. Each time they are of whole imports, and stay as they are."""
    found: dict[str, int] = {}
    last = False
    while not last:
        last = ended()
        with hold_snapshot(settings, engine, account_id) as file:
            sound, (posts, days, imports) = read(file.path)
            assert sound == "ok"
            assert posts == imports * OF_ONE == (days or 0)
            assert found.setdefault(file.state, posts) == posts
            assert read(file.path) == (sound, (posts, days, imports))
    return found


def read(path: Path) -> tuple[str, tuple[int, int, int]]:
    """Whether the file is sound, and what READ finds in it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as file:
        ((sound,),) = file.execute("PRAGMA integrity_check").fetchall()
        return sound, file.execute(READ).fetchone()


def main(url: str, folder: str, account: str, function: str = "") -> None:
    """Prints how many states were seen."""
    if function:
        act = getattr(export_file, function)
        setattr(export_file, function, lambda *given: (act(*given), os.kill(os.getpid(), signal.SIGKILL)))
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    settings = {"FLUX_INSTANCE_PATH": folder, "FLUX_SANDBOX_MB": "100"}
    found = read_on(open_engine(url), settings, int(account), ended.is_set)
    sys.stdout.write(str(len(found)))


if __name__ == "__main__":
    main(*sys.argv[1:])
