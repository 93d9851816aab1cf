"""Files sent to a project: where each goes, what becomes of it, and that nothing is done twice or half."""

import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from flux import uploads, work
from flux.importers.records import Options
from flux.mistakes import ProfileNotFound
from flux.removal import remove_project, remove_source
from flux.sources import start_source
from flux.store.data_sources import DataSource, find_source, list_sources
from flux.store.engine import open_engine, reading
from flux.store.jobs import find_job, revive
from flux.store.profiles import create_profile, delete_profile, find_profiles
from flux.store.projects import Project, create_project, find_project
from flux.store.tables import daily_activity, imports, jobs, posts, source_rows
from tests.importers.making import COMPANY, DATA, PERSONAL, SHARES, workbook
from tests.importers.test_child import HOSTILE
from tests.tenants import Tenant

SPEND = b"day;spend;hours;note\n05.01.2026;1.200,50;3,5;launch\n12.01.2026;80,00;2;\n"


@pytest.fixture
def project(engine: Engine, ada: Tenant) -> Project:
    return create_project(engine, ada.account_id, {"name": "Spring"})


def send(
    engine: Engine,
    settings: dict[str, str],
    project: Project,
    content: bytes,
    name: str = "spend.csv",
    **said: Any,
) -> DataSource:
    """A file sent and read."""
    made = start_source(engine, settings, project, io.BytesIO(content), name, **said)
    work.do(engine, settings, made.id)
    return find_source(engine, project, made.public_id)


def export(name: str) -> bytes:
    return (DATA / name).read_bytes()


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def settings(settings: dict[str, str]) -> dict[str, str]:
    from flux.config import SETTINGS

    return {setting.name: setting.default or "" for setting in SETTINGS} | settings


def test_a_table_is_kept_with_its_columns(engine: Engine, settings: dict[str, str], project: Project) -> None:
    source = send(engine, settings, project, SPEND)
    assert (source.status, source.type, source.rows, source.importer) == ("completed", "csv", 2, None)
    assert source.columns is not None
    assert [(c["name"], c["type"]) for c in source.columns] == [
        ("day", "date"), ("spend", "number"), ("hours", "number"), ("note", "string"),
    ]  # fmt: skip
    with reading(engine) as connection:
        assert connection.scalars(select(source_rows.c.cells).order_by(source_rows.c.number)).all() == [
            ["2026-01-05", 1200.5, 3.5, "launch"],
            ["2026-01-12", 80.0, 2.0, None],
        ]
    assert count(engine, posts) == 0
    assert not uploads.path_of(settings, project.account_id, source.id).exists()


def test_an_export_goes_into_the_profile_and_says_what_it_filled(
    engine: Engine, settings: dict[str, str], project: Project, ada: Tenant
) -> None:
    source = send(engine, settings, project, export(PERSONAL), PERSONAL)
    assert (source.status, source.type, source.importer) == ("completed", "xlsx", "linkedin_personal")
    assert (source.profile_id, source.rows) == (ada.profile.id, 45 + 365)
    assert source.columns is not None
    columns = {column["name"]: column["type"] for column in source.columns}
    assert columns["published_at"] == "datetime"
    assert columns["engagement"] == columns["new_followers"] == "integer"
    assert "likes" not in columns  # the file tells totals only
    assert (count(engine, posts), count(engine, daily_activity), count(engine, source_rows)) == (45, 365, 0)


def test_an_export_leaves_the_record_that_any_import_leaves(
    engine: Engine, settings: dict[str, str], project: Project
) -> None:
    source = send(engine, settings, project, export(SHARES), SHARES)
    with reading(engine) as connection:
        kept = connection.execute(select(imports.c.id, imports.c.status, imports.c.report)).one()
    assert (kept.id, kept.status, kept.report["posts_added"]) == (source.id, "done", 202)


def test_the_same_export_by_page_and_by_project_is_one(
    engine: Engine, settings: dict[str, str], project: Project
) -> None:
    first = send(engine, settings, project, export(PERSONAL), PERSONAL)
    second = send(engine, settings, project, export(PERSONAL), PERSONAL)
    assert (first.rows, second.rows, count(engine, posts)) == (410, 410, 45)


def test_what_a_file_is_can_be_said(engine: Engine, settings: dict[str, str], project: Project) -> None:
    sheet = b"text,date,likes\nHi,2026-01-05,3\n"
    assert send(engine, settings, project, sheet, as_table=True).is_table
    assert send(engine, settings, project, sheet).importer == "mapper"
    refused = send(engine, settings, project, SPEND, as_table=False)
    assert (refused.status, refused.details["code"]) == ("failed", "unreadable_file")
    assert "is not a file that Flux knows" in (refused.message or "")


def test_the_order_of_days_can_be_said(engine: Engine, settings: dict[str, str], project: Project) -> None:
    sheet = b"day,spend\n3/4/2026,1\n"
    unsaid = send(engine, settings, project, sheet)
    assert unsaid.columns and unsaid.columns[0]["type"] == "string"
    assert "may have the day or the month first" in unsaid.recognised[-1]
    send(engine, settings, project, sheet, options=Options(day_first=True))
    with reading(engine) as connection:
        cells = connection.scalars(select(source_rows.c.cells)).all()
    assert sorted(row[0] for row in cells) == ["2026-04-03", "3/4/2026"]


def test_times_without_a_zone_are_in_the_profiles(
    engine: Engine, settings: dict[str, str], project: Project, ada: Tenant
) -> None:
    berlin = create_profile(engine, ada.account_id, "Berlin", timezone="Europe/Berlin")
    sheet = b"text,date,likes\na,2026-07-01 12:00:00,1\n"
    send(engine, settings, project, sheet, profile_id=berlin.public_id)
    with reading(engine) as connection:
        assert connection.scalars(select(posts.c.published_at)).all() == [1_782_900_000]


# --- which profile ----------------------------------------------------------------------------------


def test_the_projects_only_profile_goes_before_the_accounts(
    engine: Engine, settings: dict[str, str], ada: Tenant
) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    project = create_project(engine, ada.account_id, {"name": "Other's"}, [other.id])
    assert send(engine, settings, project, export(SHARES), SHARES).profile_id == other.id


def test_a_profile_that_is_named_joins_the_project(
    engine: Engine, settings: dict[str, str], ada: Tenant
) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    project = create_project(engine, ada.account_id, {"name": "Ada's"}, [ada.profile.id])
    source = send(engine, settings, project, export(SHARES), SHARES, profile_id=other.public_id)
    assert source.profile_id == other.id
    assert find_project(engine, ada.account_id, project.public_id).profile_ids == (ada.profile.id, other.id)


def test_an_account_without_profiles_gets_its_first(
    engine: Engine, settings: dict[str, str], ada: Tenant
) -> None:
    delete_profile(engine, ada.account_id, ada.profile.id)
    project = create_project(engine, ada.account_id, {"name": "Our page"}, [])
    source = send(engine, settings, project, export(COMPANY), COMPANY)
    made = find_profiles(engine, ada.account_id)[0]
    assert (source.profile_id, made.name, made.kind) == (made.id, "Our page", "company")
    assert find_project(engine, ada.account_id, project.public_id).profile_ids == (made.id,)


def test_two_first_files_at_once_go_into_one_new_profile(
    engine: Engine, settings: dict[str, str], ada: Tenant
) -> None:
    delete_profile(engine, ada.account_id, ada.profile.id)
    project = create_project(engine, ada.account_id, {"name": "Both"})
    made = [
        start_source(engine, settings, project, io.BytesIO(export(name)), name) for name in (SHARES, PERSONAL)
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda source: work.do(engine, settings, source.id), made))
    found = list_sources(engine, project)[0]
    assert [source.status for source in found] == ["completed", "completed"]
    only = find_profiles(engine, ada.account_id)
    assert [profile.name for profile in only] == ["Both"]
    assert {source.profile_id for source in found} == {only[0].id}


def test_of_several_profiles_one_must_be_named(
    engine: Engine, settings: dict[str, str], project: Project, ada: Tenant
) -> None:
    create_profile(engine, ada.account_id, "Other")
    source = send(engine, settings, project, export(SHARES), SHARES)
    assert (source.status, source.details["code"]) == ("failed", "invalid_parameter")
    assert f"say which by profile_id: {ada.profile.public_id} 'Ada', prof_" in (source.message or "")
    assert "'Other'" in (source.message or "")
    assert count(engine, posts) == 0
    assert send(engine, settings, project, SPEND).is_table  # a table needs none


def test_another_accounts_profile_is_not_found_and_nothing_is_kept(
    engine: Engine, settings: dict[str, str], project: Project, bob: Tenant
) -> None:
    with pytest.raises(ProfileNotFound):
        start_source(engine, settings, project, io.BytesIO(SPEND), "x.csv", profile_id=bob.profile.public_id)
    assert list_sources(engine, project) == ([], 0)
    assert not list(Path(settings["FLUX_INSTANCE_PATH"]).glob("uploads/*/*"))


# --- what goes wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a zip bomb", "a PDF", "a CSV cut off", "nothing", "nested arrays"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hostile_file_fails_with_its_reason(
    name: str, engine: Engine, settings: dict[str, str], project: Project
) -> None:
    content, said = HOSTILE[name]
    source = send(engine, settings, project, content, "../../mine\x00.csv")
    assert (source.status, source.name, source.type) == ("failed", "mine.csv", "unknown")
    assert said in (source.message or "")
    assert source.details["code"] == "unreadable_file"


def test_a_file_that_has_gone_is_told(engine: Engine, settings: dict[str, str], project: Project) -> None:
    made = start_source(engine, settings, project, io.BytesIO(SPEND), "x.csv")
    uploads.remove(settings, project.account_id, made.id)
    work.do(engine, settings, made.id)
    source = find_source(engine, project, made.public_id)
    assert (source.status, source.message) == ("failed", "The file is not kept any more: send it again.")


def test_what_is_made_with_it_is_undone_with_it(
    engine: Engine, settings: dict[str, str], project: Project
) -> None:
    def refuse(_connection: object, made: str) -> None:
        raise RuntimeError(made)

    with pytest.raises(RuntimeError, match=r"^ds_"):
        start_source(engine, settings, project, io.BytesIO(SPEND), "x.csv", also=refuse)
    assert (list_sources(engine, project), count(engine, jobs)) == (([], 0), 0)
    assert not list(Path(settings["FLUX_INSTANCE_PATH"]).glob("uploads/*/*"))


@pytest.mark.parametrize("deleted", ["source", "project"])
@pytest.mark.parametrize("content", [SPEND, export(SHARES)], ids=["table", "export"])
def test_what_is_deleted_while_it_is_read_leaves_nothing(
    deleted: str,
    content: bytes,
    engine: Engine,
    settings: dict[str, str],
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from flux import sources

    made = start_source(engine, settings, project, io.BytesIO(content), "x.csv")
    read = sources.read_any

    def read_and_delete(*told: Any) -> Any:
        found = read(*told)
        if deleted == "source":
            remove_source(engine, settings, made)
        else:
            remove_project(engine, settings, project)
        return found

    monkeypatch.setattr(sources, "read_any", read_and_delete)
    work.do(engine, settings, made.id)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert [count(engine, table) for table in (jobs, source_rows, posts, imports)] == [0, 0, 0, 0]


KILLED = """
import os, signal
from flux import sources, work
from flux.store.engine import open_engine

settings = {settings!r}
complete = sources.{last}

def die(*told, **more):
    complete(*told, **more)
    os.kill(os.getpid(), signal.SIGKILL)

sources.{last} = die
work.do(open_engine(settings["FLUX_DATABASE_URL"]), settings, {job})
"""


@pytest.mark.parametrize(
    ("content", "last"),
    [(SPEND, "read_any"), (SPEND, "add_rows"), (export(SHARES), "show_profile"), (export(SHARES), "take_in")],
    ids=["table read", "table written", "export written", "export kept"],
)
def test_a_killed_worker_leaves_all_or_nothing_and_the_next_one_ends_it(
    content: bytes, last: str, engine: Engine, settings: dict[str, str], project: Project
) -> None:
    made = start_source(engine, settings, project, io.BytesIO(content), "x.csv")
    engine.dispose()
    ended = subprocess.run(  # noqa: PLW1510 - it is to be killed
        [sys.executable, "-c", KILLED.format(settings=settings, last=last, job=made.id)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": "."},
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    fresh = open_engine(settings["FLUX_DATABASE_URL"])
    kept = last == "take_in"  # committed before it died
    assert (count(fresh, posts) + count(fresh, source_rows) > 0) == kept
    if not kept:
        assert find_job(fresh, project.account_id, made.id).status == "running"
        assert revive(fresh, -2) == [made.id]
        work.do(fresh, settings, made.id)
    source = find_source(fresh, project, made.public_id)
    expected = (2, 2, 0) if content == SPEND else (202, 0, 202)
    assert source.status == "completed"
    assert (source.rows, count(fresh, source_rows), count(fresh, posts)) == expected
    fresh.dispose()


def test_a_job_done_twice_is_done_once(engine: Engine, settings: dict[str, str], project: Project) -> None:
    source = send(engine, settings, project, SPEND)
    work.do(engine, settings, source.id)
    assert (count(engine, source_rows), find_source(engine, project, source.public_id)) == (2, source)


def test_a_workbook_of_one_sheet_is_a_table(
    engine: Engine, settings: dict[str, str], project: Project
) -> None:
    book = workbook({"Spend": [["Spend 2026"], [], ["day", "spend"], ["2026-01-05", 3.5]], "Empty": []})
    source = send(engine, settings, project, book, "spend.xlsx")
    assert (source.type, source.rows, source.recognised) == ("xlsx", 1, ("table, 1 row, 2 columns",))
