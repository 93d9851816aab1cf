"""roi: what was spent, in money or hours, against the engagement of the posts of the same time."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from flux.analyses.kind import ColumnName, Kind, Result, SourceParameters, sample_of
from flux.analyses.material import Material
from flux.analyses.relation import Relation, relate
from flux.analyses.sentences import count, left_out, short_of
from flux.analyses.spending import pair, posts_of, read_amounts, sum_up
from flux.analyses.statistics import LEVEL, finite
from flux.catalog.periods import PERIODS, Period
from flux.mistakes import InvalidParameter
from flux.schemas.base import Model

if TYPE_CHECKING:
    from pandas import DataFrame

LEAST_PERIODS = 12
MOST_PERIODS = 2_000
STEPS = {"day": "daily", "week": "weekly", "month": "monthly"}
METHOD = (
    "Amounts and engagement summed by period. The link between the two is Spearman's rank correlation with"
    " what both owe to time taken out; its p-value counts as many periods as are independent of each other"
    " (Bretherton et al. 1999). The slope is the median of Theil (1950) and Sen (1968), both sides freed "
    "of their trends in the same way, with Sen's 95 % interval widened by the same count."
)
CAUSE = "That two things go together does not show that one brings about the other."


class RoiParameters(SourceParameters):
    """The posts, and the table's columns that are held against them."""

    date_column: ColumnName = Field(description="The table's column that holds the day.")
    amount_column: ColumnName = Field(description="The column that holds money, hours or another amount.")
    period: Literal["day", "week", "month"] = Field(
        "week", description="What is summed up; weeks from Monday."
    )
    lag: int = Field(
        default=0,
        ge=0,
        le=2,
        description="How many periods later the engagement is looked for, after the window too.",
    )

    def wanted(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """A day and a number."""
        return {
            "date_column": (self.date_column, ("date", "datetime")),
            "amount_column": (self.amount_column, ("integer", "number")),
        }


class PeriodSum(Model):
    """A period's amount, and its posts' engagement."""

    start: str
    amount: float | None
    posts: int | None = Field(description="Null for a period that has not begun.")
    engagement: int | None = Field(description="Null where none of its posts is measured.")


class Roi(Result):
    """What engagement cost, and whether the two go together."""

    period: Literal["day", "week", "month"] = "week"
    lag: int = 0
    amount: float | None = Field(default=None, description="Of all periods of the table.")
    posts: int | None = Field(default=None, description="Of the periods `lag` later.")
    engagement: int | None = Field(default=None, description="Of those posts.")
    cost_per_engagement: float | None = Field(
        default=None, description="Amount for each engagement `lag` periods later, where that is known."
    )
    cost_per_post: float | None = None
    relation: Relation | None = None
    periods: list[PeriodSum] = Field(default=[])


def run(material: Material, parameters: RoiParameters) -> Roi:
    """Amounts of the table against engagement. Raises InvalidParameter for columns that will not do."""
    rows, dropped = _rows(material, parameters)
    period = PERIODS[STEPS[parameters.period]]
    starts = _starts(rows, period, parameters)
    posts = posts_of(material, period, starts, parameters.lag)
    notes = left_out(len(posts), int(posts["engagement"].notna().sum()))
    notes += (
        [f"{dropped:,} rows of the table have no day or no amount: they are left out."] if dropped else []
    )
    told: dict[str, Any] = {"method": METHOD, "sample": sample_of(material, posts)}
    told |= {"period": parameters.period, "lag": parameters.lag}
    if not starts:
        window = f"from {material.window.first} to {material.window.last}"
        verdict = f"Not enough data: the table has no row with day and amount {window}."
        return Roi(enough=False, verdict=verdict, notes=notes, **told)
    sums = sum_up(rows, posts, period, starts, material.today)
    paired = pair(sums, parameters.lag)
    told |= _totals(paired) | {"periods": _periods(sums)}
    notes.append(
        f"A {parameters.period} without a row between the table's first and last counts as amount 0."
    )
    pairs = paired.dropna()
    if few := _too_few(pairs, told["sample"].posts_measured, parameters.period):
        return Roi(enough=False, verdict=few, notes=notes, **told)
    relation = relate(pairs["amount"].to_numpy(float), pairs["engagement"].to_numpy(float))
    verdict = _verdict(relation, parameters, told["cost_per_engagement"])
    return Roi(enough=True, verdict=verdict, relation=relation, notes=[*notes, CAUSE], **told)


def _rows(material: Material, parameters: RoiParameters) -> tuple["DataFrame", int]:
    columns = parameters.date_column, parameters.amount_column
    if material.table is None or not set(columns) <= set(material.table.columns):
        raise InvalidParameter(
            "data_source_id", parameters.data_source_id, "a table with the columns that are asked for"
        )
    return read_amounts(material.table, *columns, material.window, material.zone)


def _starts(rows: "DataFrame", period: Period, parameters: RoiParameters) -> list[date]:
    """The periods from the table's first to its last, and `lag` more; none where it has no row."""
    if not len(rows):
        return []
    first, last = rows["day"].min().date(), rows["day"].max().date()
    if period.count(first, last) > MOST_PERIODS:
        shorter = f"a longer period, or a shorter window: {MOST_PERIODS:,} periods fit"
        raise InvalidParameter("period", parameters.period, shorter)
    starts = list(period.starts(first, last))
    for _ in range(parameters.lag):
        starts.append(period.after(starts[-1]))
    return starts


def _totals(paired: "DataFrame") -> dict[str, Any]:
    begun, measured = paired.dropna(subset="posts"), paired.dropna()
    posts = int(begun["posts"].sum())
    engagement = int(measured["engagement"].sum())
    cost = float(measured["amount"].sum()) / engagement if engagement else np.nan
    return {
        "amount": finite(float(paired["amount"].sum()), 12),
        "posts": posts,
        "engagement": engagement if len(measured) else None,
        "cost_per_engagement": finite(cost),
        "cost_per_post": finite(float(begun["amount"].sum()) / posts) if posts else None,
    }


def _periods(sums: "DataFrame") -> list[PeriodSum]:
    return [
        PeriodSum(
            start=day.isoformat(),
            amount=finite(row.amount, 12),
            posts=None if np.isnan(row.posts) else int(row.posts),
            engagement=None if np.isnan(row.engagement) else int(row.engagement),
        )
        for day, row in zip(sums.index, sums.itertuples(index=False), strict=True)
    ]


def _too_few(pairs: "DataFrame", measured: int, period: str) -> str | None:
    """What is missing for a link to be looked for, in words; None where there is enough."""
    if measured < LEAST_PERIODS:
        return short_of(measured, LEAST_PERIODS, "posts whose engagement is known")
    if len(pairs) < LEAST_PERIODS:
        return short_of(len(pairs), LEAST_PERIODS, f"{period}s with amount and engagement")
    same = [name for name in ("amount", "engagement") if np.ptp(pairs[name]) == 0]
    return f"Not enough data: the {same[0]} is the same in every {period}." if same else None


def _verdict(relation: Relation, parameters: RoiParameters, cost: float | None) -> str:
    period, amount = parameters.period, parameters.amount_column
    later = f" {count(parameters.lag, period)} later" if parameters.lag else ""
    spent = "" if cost is None else f"One engagement{later} for every {cost:g} of {amount}. "
    if relation.p_value is None or relation.p_value >= LEVEL or relation.correlation is None:
        return f"{spent}No clear link between {amount} and engagement{later}, {period} by {period}."
    more = "more" if relation.correlation > 0 else "less"
    return f"{spent}A {period} with more {amount} goes with {more} engagement{later}."


ROI = Kind(
    name="roi",
    title="Return on spend",
    help="What engagement cost in money or hours, and whether more of it goes with more engagement.",
    parameters=RoiParameters,
    result=Roi,
    run=run,
    window="-1y",
    example={
        "data_source_id": "ds_00000000001",
        "date_column": "date",
        "amount_column": "spend",
        "period": "week",
    },
)
