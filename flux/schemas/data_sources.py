"""Data sources as the REST API takes and shows them."""

from typing import Literal

from pydantic import Field

from flux.schemas.base import DataSourceId, Instant, Model, Name, ProfileId, without_default
from flux.schemas.jobs import Failure, Status
from flux.schemas.projects import ListMeta

FileType = Literal["csv", "json", "xlsx", "xls", "zip", "unknown"]


class UploadQuery(Model):
    """What may be said of a file that is sent; in the address, or beside the file in a form."""

    name: Name | None = Field(None, description="What to call it; else the file's own name.")
    profile_id: ProfileId | None = Field(
        None,
        description="The profile that a LinkedIn export is taken into. Left out: the project's or the "
        "account's only one; a new one where there is none.",
    )
    kind: Literal["export", "table"] | None = Field(
        None,
        description="`table` keeps the file as a table of its own, `export` takes it in as posts or days. "
        "Left out: what the file looks like.",
    )
    dates: Literal["day_first", "month_first"] | None = Field(
        None, description="How to read dates such as 6/1/2026, where the file does not tell."
    )


class Upload(Model):
    """A file in a form, with what may be said of it."""

    file: bytes = Field(description="The file as it was exported.")
    # A field of a form is left out, and never null.
    name: Name = Field("", json_schema_extra=without_default)
    profile_id: ProfileId = Field("", json_schema_extra=without_default)
    kind: Literal["export", "table"] = Field("table", json_schema_extra=without_default)
    dates: Literal["day_first", "month_first"] = Field("day_first", json_schema_extra=without_default)


class SourceField(Model):
    """A column of a data source."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "date", "datetime"]


class DataSource(Model):
    """A file that was taken into a project."""

    id: DataSourceId
    name: str
    type: FileType
    rows: int | None = Field(description="How many rows were taken in; null until then.")
    columns: int | None = Field(description="How many columns it has; null until it is read.")
    created_at: Instant
    updated_at: Instant
    status: Status
    fields: list[SourceField] = Field(description="The columns by name and type.")
    importer: str | None = Field(description="What it was known as; null for a table of its own.")
    recognised: list[str] = Field(description="What was found in it, in words.")
    profile_id: ProfileId | None = Field(description="The profile that a LinkedIn export went into.")
    error: Failure | None = Field(description="Why it failed.")


class DataSourceAnswer(Model):
    """One data source."""

    data: DataSource


class DataSourceListAnswer(Model):
    """A page of data sources."""

    data: list[DataSource]
    meta: ListMeta
