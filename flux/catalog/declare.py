"""What a dataset, a column and a parameter are made of."""

from dataclasses import dataclass, field, replace
from typing import Literal

Type = Literal["string", "integer", "number", "boolean", "date", "datetime", "list"]
Role = Literal["dimension", "metric"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset: the same name and meaning in JSON, CSV and every connector."""

    name: str
    type: Type
    help: str
    role: Role = "dimension"
    unit: str | None = None
    nullable: bool = False
    additive: bool = True  # may a tool sum it over rows? (metrics only)
    compared: bool = False  # gets previous_* and change_* with compare=previous
    free_text: bool = False  # written by people: guarded against spreadsheet formulas in CSV


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a dataset's address."""

    name: str
    type: Literal["choice", "date", "integer", "number", "text", "list", "ids", "zone", "flag"]
    help: str
    example: str
    default: str | None = None  # what holds when it is left out, as one would write it
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    default_help: str | None = None  # said instead of the default, where it depends on the data
    representation: bool = False  # changes how rows are written, not which


@dataclass(frozen=True, slots=True)
class Dataset:
    """A published table: its columns never change with the question, but for `compare`."""

    name: str
    title: str
    grain: str
    help: str
    columns: tuple[Column, ...]
    params: tuple[Param, ...]
    example: str  # a query string that runs as it stands
    granularities: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)
    key: tuple[str, ...] = ()  # the columns that name a row: never null, and no two rows alike in all of them
    compared_window: tuple[str, ...] = ()  # the date columns that compare=previous adds first
    folder: str = "datasets"  # "metrics" for a saved metric, whose name is its id

    @property
    def path(self) -> str:
        """Where it is below /api/v1: `datasets/posts`."""
        return f"{self.folder}/{self.name}"

    def param(self, name: str) -> Param | None:
        """The parameter of that name, or None if this dataset has none."""
        return next((p for p in self.params if p.name == name), None)

    def compared_columns(self) -> tuple[Column, ...]:
        """What `compare=previous` adds behind the dataset's own columns."""
        dates = [
            Column(name, "date", "First or last day compared with.", nullable=True)
            for name in self.compared_window
        ]
        metrics = [c for c in self.columns if c.compared]
        past = [
            replace(c, name=f"previous_{c.name}", help=f"`{c.name}` of the window before.", nullable=True)
            for c in metrics
        ]
        changes = [
            Column(
                f"change_{c.name}",
                "number",
                f"Relative change of `{c.name}`: 0.25 is a quarter more.",
                "metric",
                "fraction",
                True,
                additive=False,
            )
            for c in metrics
        ]
        return (*dates, *past, *changes)


PROFILE_COLUMNS = (
    Column("profile_id", "string", "The profile's id, `prof_…`."),
    Column("profile_name", "string", "The profile's name.", free_text=True),
)

# The five sums that trends, overview and breakdown share, in this order.
MEASURES = (
    Column(
        "engagement",
        "integer",
        "Likes, comments and shares of the posts together.",
        "metric",
        "interactions",
        True,
        compared=True,
    ),
    Column("likes", "integer", "Reactions of every kind.", "metric", "reactions", True, compared=True),
    Column("comments", "integer", "Comments.", "metric", "comments", True, compared=True),
    Column("shares", "integer", "Shares (reposts).", "metric", "shares", True, compared=True),
)
POSTS = Column("posts", "integer", "Posts published.", "metric", "posts", compared=True)
POSTS_MEASURED = Column(
    "posts_measured",
    "integer",
    "Those of the posts whose engagement is known; the sums hold for them.",
    "metric",
    "posts",
    compared=True,
)
ENGAGEMENT_PER_POST = Column(
    "engagement_per_post",
    "number",
    "Engagement divided by the posts measured.",
    "metric",
    "interactions per post",
    True,
    additive=False,
    compared=True,
)
