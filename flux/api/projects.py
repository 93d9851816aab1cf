"""Projects over HTTP."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson
from flask import current_app

from flux.api.once import Made, make_once
from flux.extensions import engine
from flux.ids import public_id
from flux.mistakes import ProfileNotFound
from flux.removal import remove_project
from flux.schemas import projects as shapes
from flux.schemas.base import instant, written
from flux.store.analyses import list_analyses
from flux.store.data_sources import list_sources
from flux.store.profiles import find_profiles
from flux.store.projects import (
    Also,
    Page,
    Project,
    change_project,
    create_project,
    find_project,
    list_projects,
)

NEWEST = Page(limit=100)


def index(account_id: int, query: shapes.ListQuery) -> shapes.ProjectListAnswer:
    """A page of the account's projects."""
    found, total = list_projects(engine, account_id, page_of(query))
    data = [
        shapes.ProjectSummary(
            id=p.public_id,
            name=p.name,
            description=p.description,
            created_at=instant(p.created_at),
            updated_at=instant(p.updated_at),
        )
        for p in found
    ]
    return shapes.ProjectListAnswer(data=data, meta=list_meta(query, total))


def create(account_id: int, body: shapes.ProjectIn) -> Made:
    """A new project."""

    def make(also: Also) -> str:
        chosen = _numbers(account_id, body.profile_ids)
        return create_project(engine, account_id, written(body), chosen, also).public_id

    return make_once(account_id, orjson.dumps(written(body)), make, partial(_show, account_id))


def show(project: Project) -> shapes.ProjectDetailAnswer:
    """A project with what it groups."""
    sources, _ = list_sources(engine, project, NEWEST)
    analyses, _ = list_analyses(engine, project, NEWEST)
    detail = shapes.ProjectDetail(
        **_fields(project),
        data_sources=[
            shapes.DataSourceBrief(id=s.public_id, name=s.name, type=s.type, created_at=instant(s.created_at))
            for s in sources
        ],
        analyses=[
            shapes.AnalysisBrief(
                id=a.public_id, name=a.name, status=a.status, created_at=instant(a.created_at)
            )
            for a in analyses
        ],
    )
    return shapes.ProjectDetailAnswer(data=detail)


def change(project: Project, body: shapes.ProjectChanges) -> shapes.ProjectAnswer:
    """The project with other values."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if "profile_ids" in changes:
        changes["profile_ids"] = _numbers(project.account_id, body.profile_ids)
    return shapes.ProjectAnswer(data=shapes.Project(**_fields(change_project(engine, project, changes))))


def delete(project: Project) -> None:
    """Nothing is left of it but what was imported into profiles."""
    remove_project(engine, current_app.config, project)


def page_of(query: shapes.ListQuery) -> Page:
    """The part of a list that is asked for."""
    return Page(query.limit, query.offset, query.sort, query.order)


def list_meta(query: shapes.ListQuery, total: int) -> shapes.ListMeta:
    """Where a page stands in its list."""
    return shapes.ListMeta(total=total, limit=query.limit, offset=query.offset)


def _show(account_id: int, made: str) -> shapes.ProjectAnswer:
    return shapes.ProjectAnswer(data=shapes.Project(**_fields(find_project(engine, account_id, made))))


def _fields(project: Project) -> dict[str, Any]:
    chosen = project.profile_ids
    return {
        "id": project.public_id,
        "name": project.name,
        "description": project.description,
        "industry": project.industry,
        "created_at": instant(project.created_at),
        "updated_at": instant(project.updated_at),
        "profile_ids": None if chosen is None else [public_id("prof", number) for number in chosen],
    }


def _numbers(account_id: int, profile_ids: Sequence[str] | None) -> list[int] | None:
    """The internal ids. Raises ProfileNotFound for one that is not the account's."""
    if profile_ids is None:
        return None
    try:
        return [p.id for p in find_profiles(engine, account_id, profile_ids)] if profile_ids else []
    except ProfileNotFound as unknown:
        raise ProfileNotFound(unknown.details["value"], "profile_ids") from None
