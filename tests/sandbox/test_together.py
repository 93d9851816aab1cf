"""Several who read and change one account's file at once, in threads and processes; one that is killed."""

import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flux.sandbox import files, snapshot
from flux.sandbox.run import run_query
from flux.sandbox.snapshot import hold_snapshot
from flux.store.profiles import create_profile, find_profiles
from tests.sandbox.asker import OF_ONE, READ, read, read_on
from tests.sandbox.house import add_events, event
from tests.tenants import NOON, Tenant, make_posts, post

ROOT = Path(__file__).parents[2]
IMPORTS = 12


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"FLUX_INSTANCE_PATH": str(tmp_path / "instance"), "FLUX_SANDBOX_MB": "100"}


def test_nobody_ever_sees_a_file_that_is_not_whole(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    """Three threads and another process ask again and again while imports come in."""
    ended = threading.Event()
    other = _start(engine, settings, ada)
    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read_on, engine, settings, ada.account_id, ended.is_set) for _ in range(3)]
        try:
            for number in range(IMPORTS):
                _import(engine, ada, number)
        finally:
            ended.set()
        seen = {state for reader in readers for state in reader.result(60)}
    told, errors = other.communicate("stop", timeout=60)
    assert other.returncode == 0, errors
    assert int(told) > 0
    with hold_snapshot(settings, engine, ada.account_id) as file:
        assert read(file.path)[1] == (IMPORTS * OF_ONE, IMPORTS * OF_ONE, IMPORTS)
    assert len(seen) > 1, "the file moved while it was read"
    assert not list((Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox").glob("*.draft"))


def test_several_who_ask_first_make_one_file(
    engine: Engine, ada: Tenant, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    write = snapshot.write_file
    monkeypatch.setattr(snapshot, "write_file", lambda *given: made.append(1) or write(*given))
    _import(engine, ada, 1)
    gate = threading.Barrier(4)

    def ask(_: int) -> Path:
        gate.wait(10)
        with hold_snapshot(settings, engine, ada.account_id) as file:
            return file.path

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert len(made) == 1


@pytest.mark.parametrize("moment", ["create_index", "derive", "remove_moved", "copy_rows"])
def test_one_that_is_killed_while_it_writes_leaves_nothing_that_hurts(
    engine: Engine, ada: Tenant, settings: dict[str, str], moment: str
) -> None:
    others = _make_other(engine, ada)
    _import(engine, ada, 1)
    run_query(settings, engine, ada.account_id, "SELECT 1", {})
    _import(engine, ada, 2)
    add_events(engine, ada.account_id, [event(NOON * 1_000, "a")])
    if moment == "create_index":  # only a new file makes one
        _forget(settings)
    killed = _start(engine, settings, ada, moment)
    _, errors = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, errors
    drafts = list((Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox").glob("*.draft"))
    assert len(drafts) == 1, "it was killed in the middle"
    answer = run_query(settings, engine, ada.account_id, READ, {})
    assert answer.rows == [[2 * OF_ONE, 2 * OF_ONE, 2]]
    assert run_query(settings, engine, ada.account_id, "SELECT name FROM eventsTable", {}).rows == [["a"]]
    assert run_query(settings, engine, ada.account_id, "SELECT count(*) FROM profiles", {}).rows == [[others]]
    assert not drafts[0].exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_that_never_ends_is_not_waited_for_without_end(
    engine: Engine, ada: Tenant, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_WAIT_SECONDS", 0.05)
    with hold_snapshot(settings, engine, ada.account_id) as file:
        folder = file.path.parent
    _import(engine, ada, 1)
    with (
        files.maker(folder, ada.account_id),
        pytest.raises(files.Unavailable, match="just now"),
        hold_snapshot(settings, engine, ada.account_id),
    ):
        pass
    assert run_query(settings, engine, ada.account_id, READ, {}).rows == [[OF_ONE, OF_ONE, 1]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_nothing_can_be_written_it_is_told(
    engine: Engine, ada: Tenant, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("flux.store.export_file.create_index", full)
        with pytest.raises(files.Unavailable, match="just now") as caught:
            run_query(settings, engine, ada.account_id, "SELECT 1", {})
        assert "disk" not in caught.value.message
    assert not list((Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox").glob("*.d*"))
    assert run_query(settings, engine, ada.account_id, "SELECT 1", {}).rows == [[1]]


def _make_other(engine: Engine, who: Tenant) -> int:
    """A second profile, so that not all of them move; how many there are."""
    create_profile(engine, who.account_id, "Other")
    return len(find_profiles(engine, who.account_id))


def _import(engine: Engine, who: Tenant, number: int) -> None:
    """Some posts that nobody may ever see but all together."""
    rows = [post(NOON + number * 90_000 + n * 9_000, text=f"import {number}") for n in range(OF_ONE)]
    make_posts(engine, who.profile, who.account_id, rows)


def _forget(settings: dict[str, str]) -> None:
    for path in (Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox").glob("*.db"):
        path.unlink()


def _start(engine: Engine, settings: dict[str, str], who: Tenant, *more: str) -> subprocess.Popen[str]:
    """Another process that asks: see `tests.sandbox.asker`."""
    url = engine.url.render_as_string(hide_password=False)
    given = [url, settings["FLUX_INSTANCE_PATH"], str(who.account_id), *more]
    command, pipe = [sys.executable, "-m", "tests.sandbox.asker", *given], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT, text=True)
