"""Rows a second of an import, from a CSV file to committed posts, against the database's own bulk load."""

import csv
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from bench.data import LAST, POST_COLUMNS, bulk_load, lay_out
from bench.table import Figure
from flux import accounts
from flux.importers.load import load
from flux.store.engine import reading
from flux.store.profiles import create_profile
from flux.store.tables import posts

AIM = 0.2
HEADINGS = ["url", "text", "date", "likes", "comments", "reposts", "impressions"]


def measure(where: str, folder: Path, fresh: Callable[[], str], rows: int, rounds: int) -> Iterator[Figure]:
    """`fresh` gives the URL of an empty database each time it is called."""
    file = folder / f"import-{rows}.csv"
    _write(file, rows)
    imports, loads = [], []
    for _ in range(rounds):
        spent, stored = _import(fresh(), file, rows)
        imports.append(spent)
        loads.append(_load(fresh(), stored))
    ours, theirs = (rows / statistics.median(found) for found in (imports, loads))
    note = f"{ours:,.0f} against {theirs:,.0f} rows a second, {rows:,} rows"
    yield Figure(f"import of a CSV, of the bulk load, {where}", ours / theirs, AIM, note=note)


def _write(file: Path, rows: int) -> None:
    begin = int(datetime(LAST.year - 9, 1, 1, tzinfo=UTC).timestamp())
    with file.open("w", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(HEADINGS)
        for number in range(rows):
            moment = datetime.fromtimestamp(begin + number * 1_800, UTC).isoformat()
            url = f"https://www.linkedin.com/feed/update/urn:li:share:{7_000_000_000_000_000_000 + number}/"
            text = f"Post {number}: what we learned, and what comes next. " * 8
            writer.writerow([url, text, moment, number % 300, number % 40, number % 20, number % 9_000])


def _import(url: str, file: Path, rows: int) -> tuple[float, list[tuple[Any, ...]]]:
    """Seconds of one import into an empty database, and the rows that it stored."""
    engine, account_id, profile_id = _tenant(url)
    begin = time.perf_counter()
    report = load(engine, account_id, profile_id, file, file.name)
    spent = time.perf_counter() - begin
    if report.posts_added != rows:
        raise RuntimeError(f"{report.posts_added} of {rows} rows were added: {report.left_out[:3]}")
    with reading(engine) as connection:
        stored = [tuple(row) for row in connection.execute(select(posts))]
    engine.dispose()
    return spent, stored


def _load(url: str, stored: list[tuple[Any, ...]]) -> float:
    """Seconds that the database needs for the same rows by itself, indexes and all."""
    engine, account_id, profile_id = _tenant(url)
    engine.dispose()
    account, profile = POST_COLUMNS.index("account_id"), POST_COLUMNS.index("profile_id")
    mine = [list(row) for row in stored]
    for row in mine:
        row[account], row[profile] = account_id, profile_id
    begin = time.perf_counter()
    bulk_load(url, POST_COLUMNS, [tuple(row) for row in mine])
    return time.perf_counter() - begin


def _tenant(url: str) -> tuple[Engine, int, int]:
    engine = lay_out(url)
    user = accounts.create_user(engine, "bench@example.org", "correct horse battery staple")
    return engine, user.account_id, create_profile(engine, user.account_id, "Ada").id
