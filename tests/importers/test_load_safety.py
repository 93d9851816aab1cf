"""Imports that fail, that only try, that meet each other, and that are killed: everything or nothing."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, func

from flux.importers.load import Report, load
from flux.importers.records import UnreadableFile
from flux.mistakes import NotFound
from flux.store.engine import open_engine
from flux.store.tables import imports, posts, profiles
from tests.importers.loading import add, bring, rows, state
from tests.importers.making import COMPANY, DATA, PERSONAL, read
from tests.tenants import Tenant, make_tenant


def test_a_dry_run_tells_the_same_and_changes_nothing(engine: Engine, ada: Tenant) -> None:
    before = state(engine, ada)
    dry = bring(engine, ada, COMPANY, dry_run=True)
    assert state(engine, ada) == before
    assert rows(engine, imports.c.id) == []
    assert dry == bring(engine, ada, COMPANY)


def test_a_failed_import_leaves_a_record_with_its_reason(engine: Engine, ada: Tenant, tmp_path: Path) -> None:
    path, before = tmp_path / "x", state(engine, ada)
    path.write_bytes(b"%PDF-1.4")
    with pytest.raises(UnreadableFile):
        load(engine, ada.account_id, ada.profile.id, path, "../../a\x00b\ud800.xlsx")
    kept = rows(engine, imports.c.status, imports.c.report, imports.c.file_name)[0]
    assert (kept.status, kept.file_name) == ("failed", "ab?.xlsx")
    assert "is a PDF" in kept.report["message"]
    assert state(engine, ada) == before


def test_the_record_of_an_import_holds_its_report(engine: Engine, ada: Tenant) -> None:
    report = bring(engine, ada, PERSONAL)
    kept = rows(engine, imports.c.status, imports.c.report, imports.c.sha256)[0]
    assert kept.status == "done"
    assert len(kept.sha256) == 64
    assert {name: kept.report[name] for name in report.as_json()} == report.as_json()
    assert report.left_out[0].where == "sheet DEMOGRAPHICS"


def test_another_accounts_profile_is_not_found(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    before = state(engine, bob)
    with pytest.raises(NotFound):
        load(engine, ada.account_id, bob.profile.id, DATA / COMPANY, COMPANY)
    assert state(engine, bob) == before


def test_progress_is_told_by_stage_up_to_the_total(engine: Engine, ada: Tenant) -> None:
    told: list[tuple[str, int, int]] = []
    bring(engine, ada, PERSONAL, progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["reading", "comparing", "writing"]
    assert told[-1] == ("writing", 45 + 45 + 365, 45 + 45 + 365)


def test_the_profiles_zone_is_that_of_times_without_one(engine: Engine, tmp_path: Path) -> None:
    tenant, path = make_tenant(engine, timezone="Europe/Berlin"), tmp_path / "sheet.csv"
    path.write_text("text,date,likes\na,2026-07-01 12:00:00,1\n")
    load(engine, tenant.account_id, tenant.profile.id, path, "sheet.csv")
    assert rows(engine, posts.c.published_at) == [(1_782_900_000,)]  # 2026-07-01 10:00 UTC


def test_two_imports_at_once_are_as_one_after_the_other(engine: Engine, ada: Tenant) -> None:
    found, gate = read((DATA / PERSONAL).read_bytes(), PERSONAL), Barrier(4)

    def import_it(_: int) -> Report:
        gate.wait(10)
        return add(engine, ada, found)

    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(import_it, range(4)))
    assert sorted(report.posts_added for report in reports) == [0, 0, 0, 45]
    assert tuple(rows(engine, func.count(), func.count(posts.c.urn.distinct()))[0]) == (45, 45)
    assert rows(engine, profiles.c.version) == [(ada.profile.version + 1,)]


KILLED = """
import os, signal, sys
from pathlib import Path
from threading import Barrier
from flux.importers.load import Report, load
from flux.store.engine import open_engine

def die(stage, done, total):
    if stage == "writing" and done >= {after}:
        os.kill(os.getpid(), signal.SIGKILL)

load(open_engine({url!r}), {account}, {profile}, Path({path!r}), "x", progress=die)
"""


@pytest.mark.parametrize(
    "after", [0, 45, 90, 455], ids=["before", "after posts", "after counts", "after days"]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_kill_in_the_middle_leaves_nothing(
    engine: Engine, ada: Tenant, database_url: str, after: int
) -> None:
    before = state(engine, ada)
    engine.dispose()
    script = KILLED.format(
        url=database_url,
        account=ada.account_id,
        profile=ada.profile.id,
        path=str(DATA / PERSONAL),
        after=after,
    )
    ended = subprocess.run(  # noqa: PLW1510 - it is to be killed
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    fresh = open_engine(database_url)
    assert state(fresh, ada) == before
    assert rows(fresh, imports.c.id) == []
    assert bring(fresh, ada, PERSONAL).posts_added == 45
    fresh.dispose()
