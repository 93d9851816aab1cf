"""What an analysis declares: what it is asked, what it answers, and the function between the two."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from flux.analyses.material import Material
from flux.catalog.params import MAX_PROFILES
from flux.catalog.ranges import RANGES, Window
from flux.mistakes import InvalidParameter
from flux.schemas.base import Model, Text

if TYPE_CHECKING:
    from pandas import DataFrame

Day = Annotated[
    str,
    StringConstraints(pattern=r"^(today|yesterday|[0-9]{4}-[0-9]{2}-[0-9]{2}|-[0-9]{1,4}[dwmy])$"),
    Field(examples=["2026-01-31", "today", "-90d", "-12w", "-6m", "-1y"]),
]
ProfileId = Annotated[str, StringConstraints(pattern=r"^prof_[0-9A-Za-z]{11}$")]
SourceId = Annotated[str, StringConstraints(pattern=r"^ds_[0-9A-Za-z]{11}$")]
Zone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_+/-]+$"),
    Field(examples=["Europe/Berlin"]),
]
RangeName = Literal[RANGES]  # type: ignore[valid-type]  # the catalog's own list

Outcome = Literal["more", "less", "no clear difference", "too few posts"]
"""What a comparison comes to."""


class Parameters(Model):
    """The posts that an analysis is about, as in the Data API."""

    from_: Day | None = Field(
        default=None, validation_alias="from", serialization_alias="from", description="First day, inclusive."
    )
    to: Day | None = Field(default=None, description="Last day, inclusive; today where it is left out.")
    range: RangeName | None = Field(default=None, description="A named window, instead of `from` and `to`.")
    tz: Zone | None = Field(
        default=None,
        description="IANA time zone in which days and hours are counted; default: each profile's own.",
    )
    profile_ids: Annotated[list[ProfileId], Field(min_length=1, max_length=MAX_PROFILES)] | None = Field(
        default=None, description="Only these of the project's profiles; default: all of them."
    )


class SourceParameters(Parameters):
    """The same, for an analysis that reads a data source's table as well."""

    data_source_id: SourceId = Field(description="A data source of the project that was kept as a table.")

    def wanted(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Which columns are read: by parameter, the column's name and the types that will do."""
        raise NotImplementedError


def check_columns(columns: Mapping[str, str], parameters: SourceParameters) -> None:
    """Raises InvalidParameter unless the table (its columns' types by name) has what is wanted."""
    for name, (column, types) in parameters.wanted().items():
        if columns.get(column) not in types:
            fitting = [c for c, type in columns.items() if type in types]
            kind = "a column that holds numbers" if "number" in types else "a column that holds days"
            there = f"there is {', '.join(fitting)}" if fitting else "the data source has none"
            others = "" if fitting else f"; its columns are {', '.join(columns) or 'not known'}"
            raise InvalidParameter(name, column[:100], f"{kind}: {there}{others}"[:1000])


ColumnName = Annotated[Text, StringConstraints(min_length=1)]


class Sample(Model):
    """What an answer rests on."""

    profiles: int
    posts: int
    posts_measured: int = Field(description="Posts whose engagement is known.")
    from_: str = Field(validation_alias="from", serialization_alias="from")
    to: str


class Result(Model):
    """What every analysis answers; figures are null where they are not known."""

    enough: bool = Field(description="Whether there were enough data for an answer.")
    verdict: str = Field(description="The answer in a plain sentence.")
    method: str = Field(description="How it was found, with the method's source.")
    sample: Sample
    notes: list[str] = Field(default=[], description="What to keep in mind.")


def sample_of(material: Material, posts: "DataFrame") -> Sample:
    """What is told of these posts of the material's."""
    window = material.window
    return Sample(
        profiles=len(material.profiles),
        posts=len(posts),
        posts_measured=int(posts["engagement"].notna().sum()),
        from_=window.first.isoformat(),
        to=window.last.isoformat(),
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """An analysis, declared once."""

    name: str
    title: str
    help: str
    parameters: type[Parameters]
    result: type[Result]
    run: Callable[[Material, Any], Result]  # pure and deterministic; raises InvalidParameter
    window: str  # where from, to and range are left out: a first day, or a named range
    # Given the parameters, the window and today, before any data are read; raises InvalidParameter.
    check: Callable[[Any, Window, date], object] | None = None
    example: Mapping[str, Any] = field(default_factory=dict)  # parameters that can be sent as they stand
