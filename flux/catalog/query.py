"""A question, frozen: every default filled in, every day resolved, nothing validated again after this."""

from collections.abc import Mapping
from dataclasses import dataclass

from flux.catalog.declare import Column, Dataset
from flux.catalog.ranges import Window
from flux.ids import public_id

Arguments = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as a query needs it: who it is, its zone, and which state of its data is asked."""

    id: int
    name: str
    zone: str  # IANA; UTC where none is set
    version: int
    updated_at: int  # Unix seconds
    first_post_at: int | None
    first_day: str | None
    kind: str = "personal"
    url: str | None = None

    @property
    def public_id(self) -> str:
        """The id that users see."""
        return public_id("prof", self.id)


@dataclass(frozen=True, slots=True)
class Writing:
    """How rows are written."""

    format: str = "json"
    delimiter: str = "comma"
    decimal: str = "dot"
    safe: bool = True
    bom: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One question, with every default filled in and every day resolved."""

    dataset: Dataset
    profiles: tuple[Profile, ...]
    window: Window
    previous: Window | None
    zone: str | None  # None: each profile's own
    granularity: str
    by: str
    limit: int | None
    offset: int
    order: str
    writing: Writing

    def zone_of(self, profile: Profile) -> str:
        """The zone in which this profile's days are counted."""
        return self.zone or profile.zone

    def columns(self) -> tuple[Column, ...]:
        """The columns of the answer, in order."""
        return self.dataset.columns + (self.dataset.compared_columns() if self.previous else ())

    def canonical(self) -> str:
        """The question and the state of its data, spelled one way: equal text, equal rows."""
        d, w, p = self.dataset, self.window, self.previous
        asked = [f"{q.id}:{q.version}:{self.zone_of(q)}" for q in self.profiles]
        extra = [self.granularity] if d.granularities else []
        extra += [self.by] if d.param("by") else []
        extra += [str(self.limit), str(self.offset), self.order] if d.param("limit") else []
        before = f"{p.first}..{p.last}" if p else ""
        return "|".join([d.name, f"{w.first}..{w.last}", before, *extra, self.zone or "", *asked])
