"""Analyses: what was asked of a project, how far it is, and what came out."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from flux.ids import internal_id, public_id
from flux.mistakes import ResourceNotFound
from flux.schemas.jobs import Status
from flux.store.engine import reading, writing
from flux.store.projects import Page, Project, read_page
from flux.store.tables import analyses, jobs


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis with the state of its job; instants in Unix seconds."""

    id: int
    account_id: int
    project_id: int
    name: str
    kind: str
    parameters: dict[str, Any]
    result: dict[str, Any] | None
    status: Status
    message: str | None  # why it failed
    details: dict[str, str]
    created_at: int
    updated_at: int

    @property
    def public_id(self) -> str:
        """The id that users see."""
        return public_id("an", self.id)

    @property
    def unfinished(self) -> bool:
        """Whether there is more to come."""
        return self.status in ("queued", "running")


_JOINED = analyses.outerjoin(jobs, jobs.c.id == analyses.c.id)
_COLUMNS = (*analyses.c, jobs.c.status, jobs.c.message, jobs.c.details)


def add_analysis(
    connection: Connection, project: Project, number: int, name: str, kind: str, parameters: dict[str, Any]
) -> None:
    """Notes what is asked; the job of the same number does it."""
    now = int(time.time())
    connection.execute(
        insert(analyses).values(
            account_id=project.account_id, project_id=project.id, id=number, name=name, kind=kind,
            parameters=parameters, created_at=now, updated_at=now,
        )
    )  # fmt: skip


def list_analyses(engine: Engine, project: Project, page: Page = Page()) -> tuple[list[Analysis], int]:
    """A page of the project's analyses, and how many there are in all."""
    where = (analyses.c.account_id == project.account_id) & (analyses.c.project_id == project.id)
    with reading(engine) as connection:
        rows, total = read_page(connection, analyses, where, page, _JOINED, _COLUMNS)
    return [_analysis(row) for row in rows], total


def find_analysis(engine: Engine, project: Project, text: str) -> Analysis:
    """The project's analysis of that public id. Raises ResourceNotFound."""
    found = analyses.c.project_id == project.id, analyses.c.id == (internal_id("an", text) or 0)
    with reading(engine) as connection:
        statement = select(*_COLUMNS).select_from(_JOINED)
        row = connection.execute(statement.where(analyses.c.account_id == project.account_id, *found)).first()
    if row is None:
        raise ResourceNotFound("analysis", text)
    return _analysis(row)


def find_asked(engine: Engine, account_id: int, number: int) -> Analysis | None:
    """The analysis that a job is for; None once it is deleted."""
    chosen = (analyses.c.account_id == account_id) & (analyses.c.id == number)
    with reading(engine) as connection:
        row = connection.execute(select(*_COLUMNS).select_from(_JOINED).where(chosen)).first()
    return _analysis(row) if row else None


def store_result(connection: Connection, analysis: Analysis, result: dict[str, Any]) -> None:
    """Keeps what came out."""
    connection.execute(
        update(analyses).where(_is(analysis)).values(result=result, updated_at=int(time.time()))
    )


def delete_analysis(engine: Engine, analysis: Analysis) -> None:
    """Removes an analysis with its job; one that runs just now ends without a trace."""
    with writing(engine) as connection:
        connection.execute(delete(jobs).where(jobs.c.id == analysis.id))
        connection.execute(delete(analyses).where(_is(analysis)))


def _analysis(row: Any) -> Analysis:
    status: Status = row.status or ("completed" if row.result else "failed")
    return Analysis(
        row.id, row.account_id, row.project_id, row.name, row.kind, row.parameters, row.result, status,
        row.message, row.details or {}, row.created_at, row.updated_at,
    )  # fmt: skip


def _is(analysis: Analysis) -> Any:
    return (analyses.c.account_id == analysis.account_id) & (analyses.c.id == analysis.id)
