"""Data sources: files taken into a project, how far each is, and the rows of those kept as tables."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select, update

from flux.ids import internal_id, public_id
from flux.importers.column import ColumnType
from flux.mistakes import ResourceNotFound
from flux.schemas.data_sources import FileType
from flux.schemas.jobs import Status
from flux.store.bulk import insert_rows
from flux.store.engine import reading, writing
from flux.store.projects import Page, Project, read_page
from flux.store.tables import data_sources, jobs, project_profiles, source_rows


class Field(TypedDict):
    """A column of a data source."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class DataSource:
    """A data source with the state of its job; instants in Unix seconds."""

    id: int
    account_id: int
    project_id: int
    profile_id: int | None  # where an export went; None for a table
    name: str
    type: FileType  # unknown until it is read
    rows: int | None  # taken in; None until then
    columns: tuple[Field, ...] | None  # None until then
    importer: str | None  # what knew it; None for a table
    recognised: tuple[str, ...]  # what was found, in words
    status: Status
    stage: str
    done: int
    total: int
    message: str | None  # why it failed
    details: dict[str, str]
    created_at: int
    updated_at: int

    @property
    def public_id(self) -> str:
        """The id that users see."""
        return public_id("ds", self.id)

    @property
    def unfinished(self) -> bool:
        """Whether there is more to come."""
        return self.status in ("queued", "running")

    @property
    def is_table(self) -> bool:
        """Whether it was read and kept as a table of its own, which analyses can ask for."""
        return self.status == "completed" and self.importer is None


_JOINED = data_sources.outerjoin(jobs, jobs.c.id == data_sources.c.id)
_STATE = (jobs.c.status, jobs.c.stage, jobs.c.done, jobs.c.total, jobs.c.message, jobs.c.details)
_COLUMNS = (*data_sources.c, *_STATE)
_ROW = ("account_id", "data_source_id", "number", "cells")


def add_source(connection: Connection, project: Project, number: int, name: str) -> None:
    """Notes a file that has come; the job of the same number reads it."""
    now = int(time.time())
    connection.execute(
        insert(data_sources).values(
            account_id=project.account_id, project_id=project.id, id=number, name=name, type="unknown",
            recognised=[], created_at=now, updated_at=now,
        )
    )  # fmt: skip


def list_sources(engine: Engine, project: Project, page: Page = Page()) -> tuple[list[DataSource], int]:
    """A page of the project's data sources, and how many there are in all."""
    where = (data_sources.c.account_id == project.account_id) & (data_sources.c.project_id == project.id)
    with reading(engine) as connection:
        rows, total = read_page(connection, data_sources, where, page, _JOINED, _COLUMNS)
    return [_source(row) for row in rows], total


def find_source(engine: Engine, project: Project, text: str) -> DataSource:
    """The project's data source of that public id. Raises ResourceNotFound."""
    chosen = (
        data_sources.c.account_id == project.account_id,
        data_sources.c.project_id == project.id,
        data_sources.c.id == (internal_id("ds", text) or 0),
    )
    with reading(engine) as connection:
        row = connection.execute(select(*_COLUMNS).select_from(_JOINED).where(*chosen)).first()
    if row is None:
        raise ResourceNotFound("data_source", text)
    return _source(row)


def fill_source(connection: Connection, account_id: int, number: int, **values: Any) -> None:
    """Notes what was found in the file: type, rows, columns, importer, recognised, profile_id."""
    connection.execute(
        update(data_sources).where(_is(account_id, number)).values(values | {"updated_at": int(time.time())})
    )


def add_rows(
    connection: Connection,
    account_id: int,
    number: int,
    rows: Sequence[Sequence[Any]],
    tell: Callable[[int], None],
) -> None:
    """Keeps a table's rows, cells in the order of its columns; `tell` hears how many went in, by and by."""
    made = [(account_id, number, at, orjson.dumps(cells).decode()) for at, cells in enumerate(rows, 1)]
    insert_rows(connection, source_rows, _ROW, made, tell)


def show_profile(connection: Connection, project: Project, profile_id: int) -> None:
    """The project is about this profile too from now on, where it is not about every one anyway."""
    row = {"account_id": project.account_id, "project_id": project.id, "profile_id": profile_id}
    there = [project_profiles.c[name] == value for name, value in row.items()]
    if project.profile_ids is None or connection.execute(select(project_profiles).where(*there)).first():
        return
    connection.execute(insert(project_profiles).values(row))


def delete_source(engine: Engine, source: DataSource) -> None:
    """Removes a data source with its rows and its job. What was imported stays in its profile."""
    with writing(engine) as connection:
        connection.execute(delete(jobs).where(jobs.c.id == source.id))
        connection.execute(delete(data_sources).where(_is(source.account_id, source.id)))


def _source(row: Any) -> DataSource:
    lost = "completed" if row.rows is not None else "failed"  # its job's row is gone
    return DataSource(
        row.id, row.account_id, row.project_id, row.profile_id, row.name, row.type, row.rows,
        None if row.columns is None else tuple(row.columns), row.importer, tuple(row.recognised or ()),
        cast(Status, row.status or lost), row.stage or "", row.done or 0, row.total or 0, row.message,
        row.details or {}, row.created_at, row.updated_at,
    )  # fmt: skip


def _is(account_id: int, number: int) -> Any:
    return (data_sources.c.account_id == account_id) & (data_sources.c.id == number)
