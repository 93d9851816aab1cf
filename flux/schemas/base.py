"""What every model shares, and the types that many of them use."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Model(BaseModel):
    """A shape of the interface: unknown fields are refused, no value is bent into another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


# Databases hold no NUL; a name has something to be seen.
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\u0000]*$")]
Label = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\u0000]*$")]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$")
]
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2025-01-15T10:30:00Z"])]

_ID = "^{}_[0-9A-Za-z]{{11}}$"
ProjectId = Annotated[str, Field(pattern=_ID.format("proj"), examples=["proj_0Aq3kQ9ZxYb"])]
DataSourceId = Annotated[str, Field(pattern=_ID.format("ds"), examples=["ds_0Aq3kQ9ZxYb"])]
AnalysisId = Annotated[str, Field(pattern=_ID.format("an"), examples=["an_0Aq3kQ9ZxYb"])]
MetricId = Annotated[str, Field(pattern=_ID.format("met"), examples=["met_0Aq3kQ9ZxYb"])]
LinkSecret = Annotated[
    str,
    Field(
        pattern=r"^flux_link_[0-9A-Za-z]{38}(\.csv|\.json)?$",
        description="The link's secret, and how its rows are to be written: `.csv` or `.json`.",
    ),
]
ProfileId = Annotated[str, Field(pattern=_ID.format("prof"), examples=["prof_0Aq3kQ9ZxYb"])]


def without_default(schema: dict[str, Any]) -> None:
    """Tells nothing of the default of a field that may be left out, but not be sent with that value."""
    schema.pop("default")


def instant(seconds: int) -> str:
    """A moment in Unix seconds as the interface writes it: `2025-01-15T10:30:00Z`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def written(model: BaseModel) -> dict[str, Any]:
    """The model as JSON types, by the names that the interface uses."""
    return model.model_dump(mode="json", by_alias=True)
