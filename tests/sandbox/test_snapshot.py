"""The file that queries run on: the account's rows as they are now and nothing else, from any database."""

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, update

from flux.sandbox.snapshot import forget_account, hold_snapshot, read_state
from flux.store.engine import writing
from flux.store.exports import EXPORTS
from flux.store.profiles import change_profile, create_profile, delete_profile
from flux.store.tables import accounts, events, posts
from tests.sandbox.house import House, add_events
from tests.sandbox.house import event as sent
from tests.tenants import Tenant, make_days, make_posts, make_tenant, post


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"FLUX_INSTANCE_PATH": str(tmp_path / "instance"), "FLUX_SANDBOX_MB": "100"}


def snapshot_of(settings: dict[str, str], engine: Engine, account_id: int) -> Path:
    """The file of an account, which nobody holds any more."""
    with hold_snapshot(settings, engine, account_id) as file:
        return file.path


def content(path: Path) -> list[str]:
    """Every table and row of a file, as SQL."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as file:
        return list(file.iterdump())


def table(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as file:
        return file.execute(sql).fetchall()


def files_of(path: Path) -> set[Path]:
    """The accounts' files beside one of them."""
    return set(path.parent.glob("*.db"))


def test_both_databases_give_the_same_file(sqlite_house: House, postgres_house: House) -> None:
    files = [
        content(snapshot_of(house.settings, house.engine, house.ada.account_id))
        for house in (sqlite_house, postgres_house)
    ]
    assert [line for line in files[0] if "built_from" not in line] == [
        line for line in files[1] if "built_from" not in line
    ]
    assert sum("ZXADAZX says" in line for line in files[0]) == 80
    assert not any("ZXBOBZX" in line for line in files[0])


def test_the_file_holds_what_is_declared(house: House) -> None:
    with hold_snapshot(house.settings, house.engine, house.ada.account_id) as file:
        assert file.tables == tuple(export.name for export in EXPORTS)
    names = {name for (name,) in table(file.path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {*file.tables, "built_from"}
    for export in EXPORTS:
        found = [name for _, name, *_ in table(file.path, f"PRAGMA table_info({export.name})")]
        assert found == list(export.columns)
        assert all(field.help for field in export.fields)


def test_moments_are_told_in_utc_and_by_the_profiles_clock(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    change_profile(engine, ada.account_id, ada.profile.id, timezone="Europe/Berlin")
    moments = ("2026-03-29T00:59:59", "2026-03-29T01:00:00", "2025-12-31T23:30:00", "1999-07-01T10:00:00")
    make_posts(engine, ada.profile, ada.account_id, [post(moment) for moment in moments])
    path = snapshot_of(settings, engine, ada.account_id)
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
    path = snapshot_of(settings, engine, ada.account_id)
    found = table(path, "SELECT date, posts, posts_measured, engagement, likes, shares FROM daily")
    assert found == [("2026-01-01", 2, 1, 4, 3, 0), ("2026-01-02", 1, 0, None, None, None)]


def test_events_are_told_to_the_millisecond_in_the_order_in_which_they_came(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    moments = (1_769_851_800_123, 1_769_851_799_999, 0, 253_402_300_799_999, 1_769_851_800_000)
    add_events(engine, ada.account_id, [sent(at, f"n{n}") for n, at in enumerate(moments)])
    path = snapshot_of(settings, engine, ada.account_id)
    assert table(path, "SELECT timestamp, name FROM eventsTable") == [
        ("2026-01-31T09:30:00.123Z", "n0"),
        ("2026-01-31T09:29:59.999Z", "n1"),
        ("1970-01-01T00:00:00.000Z", "n2"),
        ("9999-12-31T23:59:59.999Z", "n3"),
        ("2026-01-31T09:30:00.000Z", "n4"),
    ]


def test_of_events_only_the_new_ones_are_read(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    add_events(engine, ada.account_id, [sent(1, "a"), sent(2, "b")])
    snapshot_of(settings, engine, ada.account_id)
    with writing(engine) as connection:  # behind the number's back: a read of the first would show it
        connection.execute(update(events).where(events.c.number == 1).values(name="changed"))
    add_events(engine, ada.account_id, [sent(3, "c")])
    path = snapshot_of(settings, engine, ada.account_id)
    assert table(path, "SELECT name FROM eventsTable") == [("a",), ("b",), ("c",)]
    with writing(engine) as connection:
        connection.execute(delete(events).where(events.c.number == 2))
        mine = accounts.c.account_id == ada.account_id
        connection.execute(update(accounts).where(mine).values(event_removals=1))
    path = snapshot_of(settings, engine, ada.account_id)
    assert table(path, "SELECT rowid, name FROM eventsTable ORDER BY 1") == [(1, "changed"), (3, "c")]


def test_an_event_that_is_not_yet_counted_waits(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    """Its number is above the newest that the account's row names: the next state has it, once."""
    add_events(engine, ada.account_id, [sent(1, "a"), sent(2, "b")])
    mine = accounts.c.account_id == ada.account_id
    for newest in (1, 2):
        with writing(engine) as connection:
            connection.execute(update(accounts).where(mine).values(last_event=newest))
        path = snapshot_of(settings, engine, ada.account_id)
        assert table(path, "SELECT count(*) FROM eventsTable") == [(newest,)]


def test_a_file_is_kept_until_the_data_move(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    first = snapshot_of(settings, engine, ada.account_id)
    made = first.stat().st_ino
    assert snapshot_of(settings, engine, ada.account_id).stat().st_ino == made
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01", text="new")])
    second = snapshot_of(settings, engine, ada.account_id)
    assert second != first
    assert second.stat().st_ino == made, "changed in place: nobody read it"
    assert files_of(second) == {second}
    assert table(second, "SELECT text FROM posts") == [("new",)]


def test_a_file_that_is_read_stays_as_it_is(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    with hold_snapshot(settings, engine, ada.account_id) as first:
        before = content(first.path)
        make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01", text="new")])
        with hold_snapshot(settings, engine, ada.account_id) as second:
            assert table(second.path, "SELECT text FROM posts") == [("new",)]
            assert content(first.path) == before
            assert first.state != second.state
    assert files_of(second.path) == {first.path, second.path}


def test_the_state_is_one_statement_and_that_of_the_file(
    engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str]
) -> None:
    seen = []
    for change in (
        lambda: None,
        lambda: make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01")]),
        lambda: add_events(engine, ada.account_id, [sent(1, "a")]),
        lambda: change_profile(engine, ada.account_id, ada.profile.id, timezone="Asia/Tokyo"),
    ):
        change()
        with hold_snapshot(settings, engine, ada.account_id) as file:
            seen.append(file.state)
        assert read_state(engine, ada.account_id) == file.state
    assert len(set(seen)) == 4
    make_posts(engine, bob.profile, bob.account_id, [post("2026-01-01")])
    assert read_state(engine, ada.account_id) == seen[-1], "another account's data are none of its own"


def test_only_what_moved_is_read_again_and_the_file_is_that_made_anew(
    engine: Engine, ada: Tenant, settings: dict[str, str], tmp_path: Path
) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    gone = create_profile(engine, ada.account_id, "Gone")
    for profile in (ada.profile, other, gone):
        make_posts(engine, profile, ada.account_id, [post("2026-01-01", text=profile.name, likes=1)])
        make_days(engine, profile, ada.account_id, {"day": "2026-01-01", "impressions": 5})
    snapshot_of(settings, engine, ada.account_id)
    with writing(engine) as connection:  # behind the version's back: a read of `other` would show it
        connection.execute(delete(posts).where(posts.c.profile_id == other.id))
    delete_profile(engine, ada.account_id, gone.id)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-03", text="later")])
    path = snapshot_of(settings, engine, ada.account_id)
    assert {text for (text,) in table(path, "SELECT text FROM posts")} == {"Ada", "Other", "later"}
    change_profile(engine, ada.account_id, other.id, name="Else")
    make_posts(engine, other, ada.account_id, [post("2026-01-04", text="Else")])
    grown = snapshot_of(settings, engine, ada.account_id)
    assert {name for (name,) in table(grown, "SELECT name FROM profiles")} == {"Ada", "Else"}
    anew = snapshot_of(settings | {"FLUX_INSTANCE_PATH": str(tmp_path / "new")}, engine, ada.account_id)
    rows = [line for line in content(anew) if line.startswith("INSERT")]
    assert [line for line in content(grown) if line.startswith("INSERT")] == rows
    assert len(rows) == 2 + 3 + 2 + 3 + 3, "profiles, posts, days, days with posts, what it was made of"


@pytest.mark.parametrize("said", ["no database", ""], ids=["broken", "empty"])
def test_a_broken_old_file_is_no_obstacle(
    engine: Engine, ada: Tenant, settings: dict[str, str], said: str
) -> None:
    old = snapshot_of(settings, engine, ada.account_id)
    old.chmod(0o600)
    old.write_text(said * 1_000)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01", text="new")])
    assert table(snapshot_of(settings, engine, ada.account_id), "SELECT text FROM posts") == [("new",)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_else_reads_the_files(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    path = snapshot_of(settings, engine, ada.account_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.parent == Path(settings["FLUX_INSTANCE_PATH"]) / "sandbox"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_old_files_and_drafts_go(engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str]) -> None:
    theirs = snapshot_of(settings, engine, bob.account_id)
    first = snapshot_of(settings, engine, ada.account_id)
    draft, young = first.with_name("7.draft"), first.with_name("8.draft")
    draft.touch(), young.touch()
    with hold_snapshot(settings, engine, ada.account_id):  # so that it is left where it is
        make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01")])
        second = snapshot_of(settings, engine, ada.account_id)
    assert files_of(first) == {theirs, first, second}
    _age(theirs, 7_200), _age(first, 61), _age(draft, 3_601)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01")])
    third = snapshot_of(settings, engine, ada.account_id)
    assert {path for path in first.parent.iterdir() if path.suffix != ".lock"} == {theirs, third, young}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_too_many_the_longest_unused_goes(
    engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str]
) -> None:
    eve = make_tenant(engine, "eve@example.org")
    mine, theirs = (snapshot_of(settings, engine, tenant.account_id) for tenant in (ada, bob))
    _age(mine, 20), _age(theirs, 30)
    snapshot_of(settings, engine, bob.account_id)  # used again: ada's is now the older one
    posts = [post(f"2026-01-{day:02}", text="x" * 32_000) for day in range(1, 27)]
    make_posts(engine, eve.profile, eve.account_id, posts)
    newest = snapshot_of(settings | {"FLUX_SANDBOX_MB": "1"}, engine, eve.account_id)
    assert files_of(newest) == {theirs, newest}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_accounts_files_are_removed_with_it(
    engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str]
) -> None:
    snapshot_of(settings, engine, ada.account_id)
    theirs = snapshot_of(settings, engine, bob.account_id)
    forget_account(settings, ada.account_id)
    assert {path for path in theirs.parent.iterdir() if path.stat().st_size} == {theirs}


def _age(path: Path, seconds: int) -> None:
    os.utime(path, (time.time() - seconds,) * 2)
