"""The file that queries run on: the account's rows as they are now and nothing else, from any database."""

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from flux.sandbox import snapshot
from flux.sandbox.snapshot import find_snapshot, forget_account
from flux.store.engine import writing
from flux.store.exports import EXPORTS
from flux.store.profiles import change_profile, create_profile, delete_profile
from flux.store.tables import posts
from tests.sandbox.house import WITH_EVENTS, House
from tests.tenants import Tenant, make_days, make_posts, post


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"FLUX_INSTANCE_PATH": str(tmp_path / "instance")}


def content(path: Path) -> list[str]:
    """Every table and row of a file, as SQL."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as file:
        return list(file.iterdump())


def table(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as file:
        return file.execute(sql).fetchall()


@pytest.mark.parametrize("exports", [EXPORTS, WITH_EVENTS], ids=["real", "with events"])
def test_both_databases_give_the_same_file(
    sqlite_house: House, postgres_house: House, exports: tuple[snapshot.Export, ...]
) -> None:
    files = [
        content(find_snapshot(house.settings, house.engine, house.ada.account_id, exports))
        for house in (sqlite_house, postgres_house)
    ]
    assert files[0] == files[1]
    assert sum("ZXADAZX says" in line for line in files[0]) == 80
    assert not any("ZXBOBZX" in line for line in files[0])


def test_the_file_holds_what_is_declared(house: House) -> None:
    path = find_snapshot(house.settings, house.engine, house.ada.account_id)
    names = {name for (name,) in table(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {export.name for export in EXPORTS} | {"built_from"}
    for export in EXPORTS:
        found = [name for _, name, *_ in table(path, f"PRAGMA table_info({export.name})")]
        assert found == list(export.columns)
        assert all(field.help for field in export.fields)
    assert table(path, "SELECT count(*) FROM eventsTable") == [(0,)]


def test_moments_are_told_in_utc_and_by_the_profiles_clock(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    change_profile(engine, ada.account_id, ada.profile.id, timezone="Europe/Berlin")
    moments = ("2026-03-29T00:59:59", "2026-03-29T01:00:00", "2025-12-31T23:30:00", "1999-07-01T10:00:00")
    make_posts(engine, ada.profile, ada.account_id, [post(moment) for moment in moments])
    path = find_snapshot(settings, engine, ada.account_id)
    found = table(path, "SELECT published_at, published_local, date FROM posts ORDER BY rowid")
    assert found == [
        ("2026-03-29T00:59:59Z", "2026-03-29 01:59:59", "2026-03-29"),
        ("2026-03-29T01:00:00Z", "2026-03-29 03:00:00", "2026-03-29"),
        ("2025-12-31T23:30:00Z", "2026-01-01 00:30:00", "2026-01-01"),
        ("1999-07-01T10:00:00Z", "1999-07-01 11:00:00", "1999-07-01"),
    ]


def test_unknown_counts_stay_unknown_in_the_rollup(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    known = {"likes": 3, "comments": 1, "shares": 0}
    rows = [post("2026-01-01", **known), post("2026-01-01"), post("2026-01-02")]
    make_posts(engine, ada.profile, ada.account_id, rows)
    path = find_snapshot(settings, engine, ada.account_id)
    found = table(path, "SELECT date, posts, posts_measured, engagement, likes, shares FROM daily")
    assert found == [("2026-01-01", 2, 1, 4, 3, 0), ("2026-01-02", 1, 0, None, None, None)]


def test_a_file_is_kept_until_the_data_move(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    first = find_snapshot(settings, engine, ada.account_id)
    made = first.stat().st_ino
    assert find_snapshot(settings, engine, ada.account_id).stat().st_ino == made
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01", text="new")])
    second = find_snapshot(settings, engine, ada.account_id)
    assert second != first
    assert table(second, "SELECT text FROM posts") == [("new",)]
    assert table(first, "SELECT text FROM posts") == [], "a query that runs on it still reads one state"


def test_only_what_moved_is_read_again_and_the_rows_are_those_of_a_new_file(
    engine: Engine, ada: Tenant, settings: dict[str, str], tmp_path: Path
) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    gone = create_profile(engine, ada.account_id, "Gone")
    for profile in (ada.profile, other, gone):
        make_posts(engine, profile, ada.account_id, [post("2026-01-01", text=profile.name, likes=1)])
        make_days(engine, profile, ada.account_id, {"day": "2026-01-01", "impressions": 5})
    find_snapshot(settings, engine, ada.account_id)
    with writing(engine) as connection:  # behind the version's back: a read of `other` would show it
        connection.execute(delete(posts).where(posts.c.profile_id == other.id))
    delete_profile(engine, ada.account_id, gone.id)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-03", text="later")])
    path = find_snapshot(settings, engine, ada.account_id)
    assert {text for (text,) in table(path, "SELECT text FROM posts")} == {"Ada", "Other", "later"}
    with writing(engine) as connection:
        connection.execute(delete(posts).where(posts.c.text == "later"))
    change_profile(engine, ada.account_id, ada.profile.id, name="Ada L.")
    change_profile(engine, ada.account_id, other.id, name="Else")
    grown = find_snapshot(settings, engine, ada.account_id)
    anew = find_snapshot({"FLUX_INSTANCE_PATH": str(tmp_path / "new")}, engine, ada.account_id)
    for export in EXPORTS:
        rows = f"SELECT * FROM {export.name} ORDER BY 1, 2, 3"
        assert table(grown, rows) == table(anew, rows)
    assert {name for (name,) in table(grown, "SELECT name FROM profiles")} == {"Ada L.", "Else"}


def test_a_broken_old_file_is_no_obstacle(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    old = find_snapshot(settings, engine, ada.account_id)
    old.chmod(0o600)
    old.write_bytes(b"no database" * 1_000)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01", text="new")])
    assert table(find_snapshot(settings, engine, ada.account_id), "SELECT text FROM posts") == [("new",)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_else_reads_the_files(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    path = find_snapshot(settings, engine, ada.account_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.parent == Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_old_files_and_drafts_go(engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str]) -> None:
    theirs = find_snapshot(settings, engine, bob.account_id)
    first = find_snapshot(settings, engine, ada.account_id)
    draft = first.with_name("tmp.draft")
    draft.touch()
    _age(theirs, 7_200), _age(first, 61), _age(draft, 3_601)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01")])
    second = find_snapshot(settings, engine, ada.account_id)
    assert {*first.parent.iterdir()} == {theirs, second}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_too_many_the_longest_unused_goes(
    engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find_snapshot(settings, engine, ada.account_id)
    theirs = find_snapshot(settings, engine, bob.account_id)
    _age(theirs, 30)
    find_snapshot(settings, engine, bob.account_id)  # used again: ada's is now the older one
    _age(find_snapshot(settings, engine, ada.account_id), 10)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01")])
    monkeypatch.setattr(snapshot, "MOST_BYTES", 2 * theirs.stat().st_size)
    newest = find_snapshot(settings, engine, ada.account_id)
    assert {*newest.parent.iterdir()} == {theirs, newest}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_accounts_files_are_removed_with_it(
    engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str]
) -> None:
    find_snapshot(settings, engine, ada.account_id)
    theirs = find_snapshot(settings, engine, bob.account_id)
    forget_account(settings, ada.account_id)
    assert [*theirs.parent.iterdir()] == [theirs]


def _age(path: Path, seconds: int) -> None:
    os.utime(path, (time.time() - seconds,) * 2)
