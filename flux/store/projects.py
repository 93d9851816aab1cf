"""Projects: what groups profiles, data sources and analyses of one account."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, insert, select, update

from flux.ids import internal_id, new_id, public_id
from flux.mistakes import ResourceNotFound
from flux.store.engine import reading, writing
from flux.store.tables import analyses, data_sources, jobs, project_profiles, projects

Also = Callable[[Connection, str], None]
"""Something done in the transaction that makes a resource; it hears the public id."""

_FIELDS = ("name", "description", "industry")


@dataclass(frozen=True, slots=True)
class Project:
    """A project; instants in Unix seconds."""

    id: int
    account_id: int
    name: str
    description: str | None
    industry: str | None
    profile_ids: tuple[int, ...] | None  # None: every profile of the account, also those to come
    created_at: int
    updated_at: int

    @property
    def public_id(self) -> str:
        """The id that users see."""
        return public_id("proj", self.id)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list, and in what order: `sort` names a column, ties go by id."""

    limit: int = 20
    offset: int = 0
    sort: str = "created_at"
    order: str = "desc"


def nothing(_connection: Connection, _made: str) -> None:
    """The `Also` of whoever wants nothing else done."""


def list_projects(engine: Engine, account_id: int, page: Page = Page()) -> tuple[list[Project], int]:
    """A page of the account's projects, and how many there are in all."""
    with reading(engine) as connection:
        rows, total = read_page(connection, projects, projects.c.account_id == account_id, page)
        chosen = _chosen(connection, account_id, [row.id for row in rows])
    return [_project(row, chosen) for row in rows], total


def find_project(engine: Engine, account_id: int, text: str) -> Project:
    """The account's project of that public id. Raises ResourceNotFound."""
    with reading(engine) as connection:
        return _find(connection, account_id, text)


def create_project(
    engine: Engine,
    account_id: int,
    values: dict[str, str | None],
    profile_ids: Sequence[int] | None = None,
    also: Also = nothing,
) -> Project:
    """A new project with name, description and industry, over these profiles or, with None, over all."""
    now, number = int(time.time()), new_id()
    row: dict[str, Any] = {"account_id": account_id, "id": number, "created_at": now, "updated_at": now}
    row |= {field: values.get(field) for field in _FIELDS}
    with writing(engine) as connection:
        connection.execute(insert(projects).values(row | {"every_profile": profile_ids is None}))
        _choose(connection, account_id, number, profile_ids or ())
        also(connection, public_id("proj", number))
    return find_project(engine, account_id, public_id("proj", number))


def change_project(engine: Engine, project: Project, changes: dict[str, Any]) -> Project:
    """Sets name, description, industry or profile_ids (internal ones, None: all). Raises ResourceNotFound."""
    values: dict[str, Any] = {field: changes[field] for field in _FIELDS if field in changes}
    with writing(engine) as connection:
        if "profile_ids" in changes:
            values["every_profile"] = changes["profile_ids"] is None
            connection.execute(
                delete(project_profiles).where(
                    project_profiles.c.account_id == project.account_id,
                    project_profiles.c.project_id == project.id,
                )
            )
            _choose(connection, project.account_id, project.id, changes["profile_ids"] or ())
        connection.execute(
            update(projects).where(_is(project)).values({**values, "updated_at": int(time.time())})
        )
        return _find(connection, project.account_id, project.public_id)


def delete_project(engine: Engine, project: Project) -> list[int]:
    """Removes a project with its data sources, analyses and their jobs; gives the data sources' ids.

    What was imported stays in its profiles.
    """
    files, asked = (
        select(table.c.id).where(table.c.account_id == project.account_id, table.c.project_id == project.id)
        for table in (data_sources, analyses)
    )
    with writing(engine) as connection:
        numbers = list(connection.scalars(files))
        connection.execute(delete(jobs).where(jobs.c.id.in_(files) | jobs.c.id.in_(asked)))
        connection.execute(delete(projects).where(_is(project)))
    return numbers


def read_page(
    connection: Connection, table: Table, where: Any, page: Page, source: Any = None, columns: Any = ()
) -> tuple[Sequence[Any], int]:
    """Rows of `table` (or of `source`, a join with it), and how many the condition holds for."""
    column: ColumnElement[Any] = table.c[page.sort]
    if page.sort == "name":
        column = func.lower(column)  # the same order on either database, for ASCII
    keys = (column.asc(), table.c.id.asc()) if page.order == "asc" else (column.desc(), table.c.id.desc())
    source = table if source is None else source
    statement = select(*(columns or table.c)).select_from(source).where(where).order_by(*keys)
    rows = connection.execute(statement.limit(page.limit).offset(page.offset)).all()
    return rows, connection.scalar(select(func.count()).select_from(table).where(where)) or 0


def _find(connection: Connection, account_id: int, text: str) -> Project:
    number = internal_id("proj", text)
    row = connection.execute(
        select(projects).where(projects.c.account_id == account_id, projects.c.id == (number or 0))
    ).first()
    if row is None:
        raise ResourceNotFound("project", text)
    return _project(row, _chosen(connection, account_id, [row.id]))


def _chosen(connection: Connection, account_id: int, ids: Sequence[int]) -> dict[int, list[int]]:
    """The profiles of each of the projects, in order of id."""
    table, found = project_profiles, {number: list[int]() for number in ids}
    for row in connection.execute(
        select(table.c.project_id, table.c.profile_id)
        .where(table.c.account_id == account_id, table.c.project_id.in_(ids))
        .order_by(table.c.profile_id)
    ):
        found[row.project_id].append(row.profile_id)
    return found


def _choose(connection: Connection, account_id: int, project_id: int, profile_ids: Sequence[int]) -> None:
    rows = [
        {"account_id": account_id, "project_id": project_id, "profile_id": number}
        for number in dict.fromkeys(profile_ids)
    ]
    if rows:
        connection.execute(insert(project_profiles), rows)


def _project(row: Any, chosen: dict[int, list[int]]) -> Project:
    profile_ids = None if row.every_profile else tuple(chosen[row.id])
    return Project(
        row.id, row.account_id, row.name, row.description, row.industry, profile_ids, row.created_at,
        row.updated_at,
    )  # fmt: skip


def _is(project: Project) -> Any:
    return (projects.c.account_id == project.account_id) & (projects.c.id == project.id)
