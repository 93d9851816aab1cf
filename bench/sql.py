"""What the guard around a user's SQL costs: on a trivial query, and on the first one after an import."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Engine

from bench.data import POST_COLUMNS, Filled, _posts, bulk_load
from bench.table import Figure
from flux.sandbox.run import run_query
from flux.store.engine import open_engine, writing
from flux.store.tables import profiles

MOST_GUARD_MS, MOST_FIRST_MS, MOST_NEXT_MS = 40, 1_000, 100
NEXT = 1_000  # posts of a later import, into one profile
TRIVIAL = "SELECT 1"


def measure(where: str, folder: Path, data: Filled, told: str, rounds: int) -> Iterator[Figure]:
    """`told` says what the account holds. Each time is the least of those measured: text in, rows out."""
    home = folder / f"sql-{len(list(folder.iterdir()))}"
    engine, settings = open_engine(data.url), {"FLUX_INSTANCE_PATH": str(home), "FLUX_SANDBOX_MB": "2048"}

    def ask() -> float:
        begin = time.perf_counter()
        run_query(settings, engine, data.account_id, TRIVIAL, {})
        return (time.perf_counter() - begin) * 1_000

    firsts = [ask()]
    for _ in range(rounds - 1):
        _forget(home)
        firsts.append(ask())
    title, note = f"SQL: first query after an import, {where}", f"{told}; {_copy(home)}"
    yield Figure(title, min(firsts), MOST_FIRST_MS, "ms", less_is_better=True, note=note)
    warm = min(ask() for _ in range(10 * rounds))
    title = f"SQL: a trivial query, warm, {where}"
    yield Figure(title, warm, MOST_GUARD_MS, "ms", less_is_better=True, note=told)
    nexts = [_after(engine, data, number, ask) for number in range(rounds)]
    title = f"SQL: first query after {NEXT:,} more posts of a profile, {where}"
    yield Figure(title, min(nexts), MOST_NEXT_MS, "ms", less_is_better=True, note=told)
    engine.dispose()


def _copy(home: Path) -> str:
    """How large the account's file is, and what the machine needs to copy it."""
    file = next((home / "sandbox").glob("*.db"))
    begin = time.perf_counter()
    shutil.copyfile(file, home / "copy")
    spent = (time.perf_counter() - begin) * 1_000
    return f"{file.stat().st_size / 1e6:.0f} MB, a bare copy takes {spent:.0f} ms"


def _forget(home: Path) -> None:
    for path in (home / "sandbox").glob("*.db"):
        path.unlink()


def _after(engine: Engine, data: Filled, number: int, ask: Callable[[], float]) -> float:
    """The time of a query right after more posts went into one profile."""
    profile = data.profiles[number % len(data.profiles)]
    bulk_load(data.url, POST_COLUMNS, _posts(data.account_id, [profile], NEXT, 600))
    with writing(engine) as connection:
        mine = (profiles.c.account_id == data.account_id, profiles.c.id == profile)
        connection.execute(profiles.update().where(*mine).values(version=profiles.c.version + 1))
    return ask()
