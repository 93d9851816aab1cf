"""Projects as the REST API takes and shows them."""

from typing import Literal

from pydantic import Field

from flux.schemas.base import (
    AnalysisId,
    DataSourceId,
    Instant,
    Label,
    Model,
    Name,
    ProfileId,
    ProjectId,
    Text,
    without_default,
)
from flux.schemas.jobs import Status

_PROFILES = "The profiles that the project is about; null: every profile of the account, also those to come."


class ListQuery(Model):
    """Which part of a list, and in what order. Ties go by id."""

    limit: int = Field(20, ge=1, le=100, description="How many at most.")
    offset: int = Field(0, ge=0, le=1_000_000_000, description="How many to pass over.")
    sort: Literal["created_at", "name", "updated_at"] = Field("created_at", description="By which field.")
    order: Literal["asc", "desc"] = Field("desc", description="In which direction.")


class ListMeta(Model):
    """Where a page stands in its list."""

    total: int = Field(description="How many there are in all.")
    limit: int
    offset: int


class ProjectIn(Model):
    """A project to be made."""

    name: Name = Field(examples=["Marketing Campaign Analysis"])
    description: Text | None = Field(None, examples=["Analysis of Q1 marketing campaigns"])
    industry: Label | None = Field(None, examples=["retail"])
    profile_ids: list[ProfileId] | None = Field(None, max_length=50, description=_PROFILES)


class ProjectChanges(Model):
    """What is to be other; a field left out stays as it is."""

    name: Name = Field("", json_schema_extra=without_default)
    description: Text | None = None
    industry: Label | None = None
    profile_ids: list[ProfileId] | None = Field(None, max_length=50, description=_PROFILES)


class ProjectSummary(Model):
    """A project in a list."""

    id: ProjectId
    name: str
    description: str | None
    created_at: Instant
    updated_at: Instant


class Project(Model):
    """A project."""

    id: ProjectId
    name: str
    description: str | None
    industry: str | None
    created_at: Instant
    updated_at: Instant
    profile_ids: list[ProfileId] | None = Field(description=_PROFILES)


class DataSourceBrief(Model):
    """A data source in its project."""

    id: DataSourceId
    name: str
    type: str
    created_at: Instant


class AnalysisBrief(Model):
    """An analysis in its project."""

    id: AnalysisId
    name: str
    status: Status
    created_at: Instant


class ProjectDetail(Project):
    """A project with what it groups; the newest hundred of each."""

    data_sources: list[DataSourceBrief]
    analyses: list[AnalysisBrief]


class ProjectAnswer(Model):
    """One project."""

    data: Project


class ProjectDetailAnswer(Model):
    """One project with what it groups."""

    data: ProjectDetail


class ProjectListAnswer(Model):
    """A page of projects."""

    data: list[ProjectSummary]
    meta: ListMeta
