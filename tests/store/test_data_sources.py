"""Data sources as they are stored: in order, apart from other projects, and gone without a trace."""

import pytest
from sqlalchemy import Engine, func, select

from flux.ids import internal_id, new_id, public_id
from flux.mistakes import ResourceNotFound
from flux.store.data_sources import (
    DataSource,
    add_rows,
    add_source,
    delete_source,
    fill_source,
    find_source,
    list_sources,
    show_profile,
)
from flux.store.engine import reading, writing
from flux.store.jobs import add_job, claim, complete
from flux.store.projects import Page, Project, create_project, delete_project, find_project
from flux.store.tables import data_sources, jobs, source_rows
from tests.tenants import Tenant

COLUMNS = [{"name": "day", "type": "date"}, {"name": "spend", "type": "number"}]
ROWS = [("2026-01-05", 1.5), ("2026-01-06", None), ('tab\there "and" \\ there', 2.0)]


@pytest.fixture
def project(engine: Engine, ada: Tenant) -> Project:
    return create_project(engine, ada.account_id, {"name": "Spring"})


def make_source(engine: Engine, project: Project, name: str = "spend.csv") -> DataSource:
    number = new_id()
    with writing(engine) as connection:
        add_source(connection, project, number, name)
        add_job(connection, project.account_id, number, "data_source", {})
    return find_source(engine, project, public_id("ds", number))


def make_table(engine: Engine, project: Project) -> DataSource:
    source = make_source(engine, project)
    job = claim(engine, source.id)
    assert job is not None
    with writing(engine) as connection:
        fill_source(connection, project.account_id, source.id, type="csv", rows=len(ROWS), columns=COLUMNS)
        add_rows(connection, project.account_id, source.id, ROWS, lambda _: None)
        complete(connection, job)
    return find_source(engine, project, source.public_id)


def count(engine: Engine, table: object) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_new_source_is_queued_and_nothing_is_known_of_it(engine: Engine, project: Project) -> None:
    source = make_source(engine, project)
    assert (source.status, source.unfinished, source.is_table) == ("queued", True, False)
    assert (source.type, source.rows, source.columns, source.importer) == ("unknown", None, None, None)


def test_cells_come_back_as_they_were(engine: Engine, project: Project) -> None:
    source = make_table(engine, project)
    assert (source.status, source.rows, source.is_table) == ("completed", 3, True)
    assert source.columns == tuple(COLUMNS)
    with reading(engine) as connection:
        table = source_rows.c
        cells = connection.execute(select(table.number, table.cells).order_by(table.number)).all()
    assert [(number, tuple(row)) for number, row in cells] == list(enumerate(ROWS, 1))


def test_sources_are_listed_in_the_order_asked_for_page_by_page(engine: Engine, project: Project) -> None:
    for name in ("b", "a", "c"):
        make_source(engine, project, name)
    found, total = list_sources(engine, project, Page(2, 1, "name", "asc"))
    assert ([source.name for source in found], total) == (["b", "c"], 3)
    assert [source.name for source in list_sources(engine, project)[0]] == ["c", "a", "b"]


def test_another_projects_and_another_accounts_source_is_not_found(
    engine: Engine, project: Project, ada: Tenant, bob: Tenant
) -> None:
    source = make_source(engine, project)
    for account in (ada, bob):
        other = create_project(engine, account.account_id, {"name": "Other"})
        assert list_sources(engine, other) == ([], 0)
        for text in (source.public_id, "ds_x", "", "proj_00000000001"):
            with pytest.raises(ResourceNotFound) as missing:
                find_source(engine, other, text)
            assert missing.value.code == "data_source_not_found"


def test_a_deleted_source_takes_its_rows_and_job_along_and_no_others(
    engine: Engine, project: Project
) -> None:
    gone, kept = make_table(engine, project), make_table(engine, project)
    delete_source(engine, gone)
    assert [source.id for source in list_sources(engine, project)[0]] == [kept.id]
    assert (count(engine, source_rows), count(engine, jobs)) == (len(ROWS), 1)


def test_a_deleted_project_takes_its_sources_along(engine: Engine, project: Project) -> None:
    make_table(engine, project)
    delete_project(engine, project)
    assert [count(engine, table) for table in (data_sources, source_rows, jobs)] == [0, 0, 0]


def test_a_project_of_some_profiles_is_given_one_more_once(engine: Engine, ada: Tenant) -> None:
    some = create_project(engine, ada.account_id, {"name": "Some"}, [])
    every = create_project(engine, ada.account_id, {"name": "Every"})
    for project in (some, every, some):
        with writing(engine) as connection:
            show_profile(connection, project, ada.profile.id)
    assert find_project(engine, ada.account_id, some.public_id).profile_ids == (ada.profile.id,)
    assert find_project(engine, ada.account_id, every.public_id).profile_ids is None


def test_a_source_whose_job_is_forgotten_tells_how_it_ended(engine: Engine, project: Project) -> None:
    read, unread = make_table(engine, project), make_source(engine, project)
    with writing(engine) as connection:
        connection.execute(jobs.delete())
    assert find_source(engine, project, read.public_id).status == "completed"
    assert find_source(engine, project, unread.public_id).status == "failed"
    assert internal_id("ds", read.public_id) == read.id
