"""Data sources and projects removed together with the files that were sent for them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from flux import uploads
from flux.store.data_sources import DataSource, delete_source
from flux.store.projects import Project, delete_project


def remove_source(engine: Engine, settings: Mapping[str, Any], source: DataSource) -> None:
    """Removes a data source with its rows, its job and its file. What was imported stays in its profile."""
    delete_source(engine, source)
    uploads.remove(settings, source.account_id, source.id)


def remove_project(engine: Engine, settings: Mapping[str, Any], project: Project) -> None:
    """Removes a project with its data sources, their files, and its analyses."""
    for number in delete_project(engine, project):
        uploads.remove(settings, project.account_id, number)
