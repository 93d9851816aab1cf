"""How regularly posts come: by month, weeks in a row, gaps."""

from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import Field

from flux.catalog.periods import PERIODS
from flux.schemas.base import Model

if TYPE_CHECKING:
    from pandas import DataFrame, Series


class Month(Model):
    """A month's posts and their engagement."""

    month: str = Field(description="Its first day.")
    posts: int
    engagement: int | None


def total(column: "Series") -> int | None:
    """The sum of what is known; None where nothing is."""
    return int(column.sum()) if column.notna().any() else None


def months_of(posts: "DataFrame") -> list[Month]:
    """Every month from the first post's to the last one's, those without a post as well."""
    month = PERIODS["monthly"]
    local = posts["local"].dt.date
    groups = dict(list(posts.groupby(local.map(month.start))))
    return [
        Month(month=start.isoformat(), posts=0, engagement=0)
        if start not in groups
        else Month(
            month=start.isoformat(), posts=len(groups[start]), engagement=total(groups[start]["engagement"])
        )
        for start in month.starts(local.min(), local.max())
    ]


def weeks_in_a_row(posts: "DataFrame") -> int:
    """The longest run of weeks, from Monday, that each have a post."""
    weeks = sorted({PERIODS["weekly"].start(day).toordinal() // 7 for day in posts["local"].dt.date})
    longest = run_length = 1
    for before, week in pairwise(weeks):
        run_length = run_length + 1 if week == before + 1 else 1
        longest = max(longest, run_length)
    return longest


def longest_gap(posts: "DataFrame") -> int | None:
    """The most days between two days with posts; None where there is one such day."""
    days = sorted({day.toordinal() for day in posts["local"].dt.date})
    return max((b - a for a, b in pairwise(days)), default=None)
