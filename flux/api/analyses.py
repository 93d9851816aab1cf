"""Analyses over HTTP."""

from functools import partial
from typing import Any

import orjson

from flux import queue
from flux.api.once import Made, make_once
from flux.api.projects import list_meta, page_of
from flux.extensions import engine
from flux.mistakes import Mistake
from flux.schemas import analyses as shapes
from flux.schemas.base import instant, written
from flux.schemas.jobs import failure
from flux.schemas.projects import ListQuery
from flux.store.analyses import Analysis, delete_analysis, find_analysis, list_analyses
from flux.store.projects import Also, Project
from flux.studies import start_analysis


def index(project: Project, query: ListQuery) -> shapes.AnalysisListAnswer:
    """A page of the project's analyses, without their results."""
    found, total = list_analyses(engine, project, page_of(query))
    data = [shapes.AnalysisSummary(**_head(a)) for a in found]
    return shapes.AnalysisListAnswer(data=data, meta=list_meta(query, total))


def create(project: Project, body: Any) -> Made:
    """Queues an analysis; `body` is one of the kinds' requests."""

    def make(also: Also) -> str:
        try:
            made = start_analysis(engine, project, body.kind, body.name, body.parameters, also)
        except Mistake as wrong:
            raise wrong.within("parameters") from None
        queue.put(made.id)
        return made.public_id

    return make_once(project.account_id, orjson.dumps(written(body)), make, partial(_show, project))


def show(analysis: Analysis) -> shapes.AnalysisAnswer:
    """How far an analysis is, and its result once there is one."""
    told = _head(analysis) | {
        "parameters": analysis.parameters,
        "result": analysis.result,
        "error": failure(analysis.status, analysis.message, analysis.details),
    }
    return shapes.AnalysisAnswer.model_validate({"data": told})


def delete(analysis: Analysis) -> None:
    """Nothing is left of it."""
    delete_analysis(engine, analysis)


def _show(project: Project, made: str) -> shapes.AnalysisAnswer:
    return show(find_analysis(engine, project, made))


def _head(analysis: Analysis) -> dict[str, Any]:
    return {
        "id": analysis.public_id,
        "name": analysis.name,
        "kind": analysis.kind,
        "status": analysis.status,
        "created_at": instant(analysis.created_at),
        "updated_at": instant(analysis.updated_at),
    }
