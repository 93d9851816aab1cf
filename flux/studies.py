"""Analyses asked for and done: a project's data go into a kind of analysis, its result is kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from flux.analyses import KINDS
from flux.analyses.kind import Parameters
from flux.ids import new_id, public_id
from flux.schemas.base import written
from flux.store.analyses import Analysis, add_analysis, find_analysis, find_asked, store_result
from flux.store.engine import writing
from flux.store.jobs import Job, add_job, complete
from flux.store.material import check_material, read_material
from flux.store.projects import Also, Project, find_project, nothing


def start_analysis(
    engine: Engine,
    project: Project,
    kind: str,
    name: str | None,
    parameters: Parameters,
    also: Also = nothing,
) -> Analysis:
    """Notes an analysis and the job that does it; whoever calls puts the job into the queue.

    Raises ProfileNotFound, ResourceNotFound or InvalidParameter for what the project cannot be asked.
    """
    chosen, number = KINDS[kind], new_id()
    check_material(engine, project, chosen, parameters, datetime.now(UTC))
    with writing(engine) as connection:
        add_job(connection, project.account_id, number, "analysis", {})
        add_analysis(connection, project, number, name or chosen.title, kind, written(parameters))
        also(connection, public_id("an", number))
    return find_analysis(engine, project, public_id("an", number))


def run_analysis(engine: Engine, _settings: Mapping[str, str], job: Job, _tell: Any) -> None:
    """Does an analysis and keeps its result: both or neither. One that is deleted meanwhile is let go."""
    analysis = find_asked(engine, job.account_id, job.id)
    if analysis is None:
        return
    project = find_project(engine, job.account_id, public_id("proj", analysis.project_id))
    kind = KINDS[analysis.kind]
    parameters = kind.parameters.model_validate(analysis.parameters)
    asked_at = datetime.fromtimestamp(analysis.created_at, UTC)
    result = kind.run(read_material(engine, project, kind, parameters, asked_at), parameters)
    with writing(engine) as connection:
        store_result(connection, analysis, written(result))
        complete(connection, job)
