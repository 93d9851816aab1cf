"""roi: what was spent, in money or hours, against the engagement of the posts of the same time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from flux.analyses.kind import ColumnName, Kind, Result, SourceParameters, sample_of
from flux.analyses.material import Material
from flux.analyses.relation import Relation, relate
from flux.analyses.sentences import left_out, short_of
from flux.analyses.statistics import LEVEL, finite
from flux.catalog.periods import PERIODS, Period
from flux.mistakes import InvalidParameter
from flux.schemas.base import Model

if TYPE_CHECKING:
    from pandas import DataFrame, Series

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
        default=0, ge=0, le=2, description="How many periods later the engagement is looked for."
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
    posts: int
    engagement: int | None = Field(description="Null where none of its posts is measured.")


class Roi(Result):
    """What engagement cost, and whether the two go together."""

    period: Literal["day", "week", "month"] = "week"
    lag: int = 0
    amount: float | None = Field(default=None, description="Of all periods told.")
    posts: int | None = None
    engagement: int | None = None
    cost_per_engagement: float | None = None
    cost_per_post: float | None = None
    relation: Relation | None = None
    periods: list[PeriodSum] = Field(default=[])


def run(material: Material, parameters: RoiParameters) -> Roi:
    """Amounts of the table against engagement. Raises InvalidParameter for columns that will not do."""
    rows, dropped = _rows(material, parameters)
    inside = material.inside()
    notes = left_out(len(inside), int(inside["engagement"].notna().sum()))
    notes += (
        [f"{dropped:,} rows of the table have no day or no amount: they are left out."] if dropped else []
    )
    told: dict[str, Any] = {"method": METHOD, "sample": sample_of(material, inside)}
    told |= {"period": parameters.period, "lag": parameters.lag}
    if not len(rows):
        window = f"from {material.window.first} to {material.window.last}"
        verdict = f"Not enough data: the table has no row with day and amount {window}."
        return Roi(enough=False, verdict=verdict, notes=notes, **told)
    sums = _sums(rows, inside, PERIODS[STEPS[parameters.period]], parameters)
    told |= _totals(sums)
    notes.append(
        f"A {parameters.period} without a row between the table's first and last counts as amount 0."
    )
    pairs = _pairs(sums, parameters.lag)
    if few := _too_few(pairs, told["sample"].posts_measured, parameters.period):
        return Roi(enough=False, verdict=few, notes=notes, **told)
    relation = relate(pairs["amount"].to_numpy(float), pairs["engagement"].to_numpy(float))
    verdict = _verdict(relation, parameters, told["cost_per_engagement"])
    return Roi(enough=True, verdict=verdict, relation=relation, notes=[*notes, CAUSE], **told)


def _rows(material: Material, parameters: RoiParameters) -> tuple["DataFrame", int]:
    """(day, amount) of the window's rows, and how many rows have no day or no amount."""
    import pandas as pd

    table = material.table
    if table is None or not {parameters.date_column, parameters.amount_column} <= set(table.columns):
        raise InvalidParameter(
            "data_source_id", parameters.data_source_id, "a table with the columns that are asked for"
        )
    texts = table[parameters.date_column].astype("str").str.slice(0, 10)
    day = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
    amount = pd.to_numeric(table[parameters.amount_column], errors="coerce").astype("float64")
    rows = pd.DataFrame({"day": day, "amount": amount.where(np.isfinite(amount))})
    known = rows.dropna()
    first, last = np.datetime64(material.window.first), np.datetime64(material.window.last)
    return known[(known["day"] >= first) & (known["day"] <= last)], len(rows) - len(known)


def _sums(rows: "DataFrame", posts: "DataFrame", period: Period, parameters: RoiParameters) -> "DataFrame":
    """amount, posts and engagement by period, from the table's first to its last and `lag` more."""
    import pandas as pd

    first, last = rows["day"].min().date(), rows["day"].max().date()
    if period.count(first, last) > MOST_PERIODS:
        shorter = f"a longer period, or a shorter window: {MOST_PERIODS:,} periods fit"
        raise InvalidParameter("period", parameters.period, shorter)
    starts = list(period.starts(first, last))
    for _ in range(parameters.lag):
        starts.append(period.after(starts[-1]))

    def start(days: "Series") -> Any:
        return days.dt.date.map(period.start)

    by_post = posts["engagement"].groupby(start(posts["local"]))
    sums = pd.DataFrame(index=starts)
    sums["amount"] = rows["amount"].groupby(start(rows["day"])).sum().reindex(starts).fillna(0.0)
    sums["amount"] = sums["amount"].where([s <= last for s in starts])
    sums["posts"] = by_post.size().reindex(starts).fillna(0).astype("int64")
    sums["engagement"] = by_post.sum(min_count=1).reindex(starts)
    sums["engagement"] = sums["engagement"].where(sums["posts"] > 0, 0.0)
    return sums


def _totals(sums: "DataFrame") -> dict[str, Any]:
    own = sums[sums["amount"].notna()]
    amount, posts = float(own["amount"].sum()), int(own["posts"].sum())
    measured = own[own["engagement"].notna()]
    engagement = int(measured["engagement"].sum())
    cost = float(measured["amount"].sum()) / engagement if engagement else np.nan
    periods = [
        PeriodSum(
            start=day.isoformat(),
            amount=finite(row.amount, 12),
            posts=int(row.posts),
            engagement=None if np.isnan(row.engagement) else int(row.engagement),
        )
        for day, row in zip(sums.index, sums.itertuples(index=False), strict=True)
    ]
    return {
        "amount": finite(amount, 12),
        "posts": posts,
        "engagement": engagement if len(measured) else None,
        "cost_per_engagement": finite(cost),
        "cost_per_post": finite(amount / posts) if posts else None,
        "periods": periods,
    }


def _pairs(sums: "DataFrame", lag: int) -> "DataFrame":
    return sums.assign(engagement=sums["engagement"].shift(-lag))[["amount", "engagement"]].dropna()


def _too_few(pairs: "DataFrame", measured: int, period: str) -> str | None:
    """What is missing for a link to be looked for, in words; None where there is enough."""
    if measured < LEAST_PERIODS:
        return short_of(measured, LEAST_PERIODS, "posts whose engagement is known")
    if len(pairs) < LEAST_PERIODS:
        return short_of(len(pairs), LEAST_PERIODS, f"{period}s with amount and engagement")
    same = [name for name in ("amount", "engagement") if np.ptp(pairs[name]) == 0]
    return f"Not enough data: the {same[0]} is the same in every {period}." if same else None


def _verdict(relation: Relation, parameters: RoiParameters, cost: float | None) -> str:
    spent = f"One engagement for every {cost:g} of {parameters.amount_column}. " if cost is not None else ""
    period, later = parameters.period, f" {parameters.lag} later" if parameters.lag else ""
    if relation.p_value is None or relation.p_value >= LEVEL or relation.correlation is None:
        pair = f"{parameters.amount_column} and engagement"
        return f"{spent}No clear link between {pair}, {period} by {period}{later}."
    more = "more" if relation.correlation > 0 else "less"
    return f"{spent}A {period} with more {parameters.amount_column} goes with {more} engagement{later}."


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
