"""trend: whether what a post usually gets grows, and when it changed at once."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from flux.analyses.kind import Kind, Parameters, Result, sample_of
from flux.analyses.material import Material, scored
from flux.analyses.sentences import left_out, short_of
from flux.analyses.statistics import Floats, block_bootstrap, clipped, finite, ratio, spread
from flux.analyses.steps import LEAST_POSTS as LEAST_FOR_STEPS
from flux.analyses.steps import find_steps
from flux.schemas.base import Model

if TYPE_CHECKING:
    from pandas import DataFrame

LEAST_POSTS = 20
LEAST_DAYS = 28  # from the first post to the last
DAY = 86_400.0
MONTH = 365.25 / 12
METHOD = (
    "Log of engagement per post, a young post's carried on to seven days, winsorised at 2 robust standard "
    "deviations around the author's level (local-level model, Harvey 1989, with Huber's loss). Growth is the "
    "least-squares line through all posts, each profile around its own mean; its 95 % interval is a "
    "moving-block bootstrap of the posts' distances from it (Künsch 1989, blocks of n^(1/3) posts), so that "
    "what neighbours have in common widens it. Changes at once: least squares at a price of 2.5 ln(n) noise "
    "variances each (PELT, Killick et al. 2012; after Yao 1988), told where they fit better than a line."
)
NO_FORECAST = "Growth is told for this window: it is no forecast."


class Growth(Model):
    """How the level grows; 0.02 is 2 % more."""

    per_month: float | None
    per_month_low: float | None = Field(description="Lower end of the 95 % interval.")
    per_month_high: float | None
    over_window: float | None = Field(description="From the first post of the window to the last.")
    over_window_low: float | None
    over_window_high: float | None


class Step(Model):
    """A change of level at once."""

    profile_id: str
    profile_name: str
    date: str = Field(description="The day of the first post at the new level.")
    before: float | None = Field(description="Engagement of a usual post up to then.")
    after: float | None
    factor: float | None


class Level(Model):
    """What a usual post of a profile got in a month."""

    profile_id: str
    profile_name: str
    month: str = Field(description="Its first day.")
    level: float | None = Field(description="Engagement of a usual post; null: no measured post.")
    posts: int


class Trend(Result):
    """The level of engagement over time."""

    growth: Growth | None = None
    steps: list[Step] = Field(default=[])
    levels: list[Level] = Field(default=[])


def run(material: Material, _parameters: Parameters) -> Trend:
    """Growth, steps and the level by month."""
    inside = material.inside()
    posts = scored(inside).dropna(subset=["expected"]).sort_values("published_at")
    told: dict[str, Any] = {"method": METHOD, "sample": sample_of(material, inside), "levels": _levels(posts)}
    notes = left_out(len(inside), len(scored(inside)))
    days = (posts["published_at"].max() - posts["published_at"].min()) / DAY if len(posts) else 0
    if len(posts) < LEAST_POSTS or days < LEAST_DAYS:
        few = short_of(len(posts), LEAST_POSTS, "posts whose engagement is known")
        short = short_of(int(days), LEAST_DAYS, "days from the first post to the last")
        return Trend(enough=False, verdict=few if len(posts) < LEAST_POSTS else short, notes=notes, **told)
    posts = posts.assign(value=clipped(posts["reached"].to_numpy(float), posts["level"].to_numpy(float)))
    growth = _growth(posts, days)
    steps = [step for _, own in posts.groupby("profile_id", sort=False) for step in _steps(own)]
    if posts["profile_id"].value_counts().max() < LEAST_FOR_STEPS:
        notes.append(f"Changes at once are looked for from {LEAST_FOR_STEPS} measured posts of a profile on.")
    notes.append(NO_FORECAST)
    return Trend(
        enough=True, verdict=_verdict(growth, steps), growth=growth, steps=steps, notes=notes, **told
    )


def _growth(posts: "DataFrame", days: float) -> Growth:
    groups = posts.groupby("profile_id")
    time = ((posts["published_at"] - groups["published_at"].transform("mean")) / DAY).to_numpy(float)
    value = (posts["value"] - groups["value"].transform("mean")).to_numpy(float)
    weights = time / max(float(time @ time), 1e-9)
    slope = float(weights @ value)
    drawn = slope + block_bootstrap(value - slope * time, lambda some: float(weights @ some))
    low, high = np.quantile(drawn, [0.025, 0.975])
    month = [_share(s * MONTH) for s in (slope, low, high)]
    window = [_share(s * days) for s in (slope, low, high)]
    return Growth(
        per_month=month[0], per_month_low=month[1], per_month_high=month[2],
        over_window=window[0], over_window_low=window[1], over_window_high=window[2],
    )  # fmt: skip


def _share(log: float) -> float | None:
    return finite(np.expm1(min(float(log), 700.0)), 3)


def _steps(posts: "DataFrame") -> list[Step]:
    values = posts["value"].to_numpy(float)
    places = find_steps(values, spread((posts["value"] - posts["level"]).to_numpy(float)))
    edges = [0, *places, len(values)]
    means: list[float] = [float(values[a:b].mean()) for a, b in pairwise(edges)]
    found = []
    for place, before, after in zip(places, means, means[1:], strict=False):
        row = posts.iloc[place]
        found.append(
            Step(
                profile_id=row["profile_id"], profile_name=row["profile_name"],
                date=row["local"].date().isoformat(), before=_engagement(before), after=_engagement(after),
                factor=ratio(after - before),
            )
        )  # fmt: skip
    return found


def _levels(posts: "DataFrame") -> list[Level]:
    """Each profile's geometric mean level by month, from its first to its last, gaps told as null."""
    found = []
    for profile_id, own in posts.groupby("profile_id", sort=False):
        months = own["local"].dt.to_period("M")
        every = own["level"].groupby(months).agg(["mean", "size"])
        name = own["profile_name"].iloc[0]
        span = [months.min() + n for n in range((months.max() - months.min()).n + 1)]
        for month, (mean, size) in zip(span, every.reindex(span).itertuples(index=False), strict=True):
            level = None if np.isnan(mean) else _engagement(mean)
            start = f"{month.year:04d}-{month.month:02d}-01"
            count = 0 if np.isnan(size) else int(size)
            found.append(
                Level(profile_id=str(profile_id), profile_name=name, month=start, level=level, posts=count)
            )
    return found


def _engagement(log: Floats | float) -> float | None:
    return finite(max(float(np.exp(log)) - 0.5, 0.0))


def _verdict(growth: Growth, steps: list[Step]) -> str:
    low, high, month = growth.per_month_low, growth.per_month_high, growth.per_month
    if low is None or high is None or month is None or low <= 0 <= high:
        first = "What a usual post gets neither clearly grows nor shrinks"
        first += "." if low is None or high is None else f" ({_signed(low)} to {_signed(high)} a month)."
    else:
        moves = "grows" if month > 0 else "shrinks"
        first = f"What a usual post gets {moves} by {abs(month) * 100:.1f} % a month"
        first += f" (with 95 % confidence {_signed(low)} to {_signed(high)})."
    if not steps:
        return first
    largest = max(steps, key=lambda s: abs(np.log(s.factor or 1)))
    levels = f"from about {largest.before:g} to {largest.after:g}"
    return f"{first} It changed at once around {largest.date}, {levels}."


def _signed(share: float) -> str:
    return f"{'+' if share >= 0 else '−'}{abs(share) * 100:.1f} %"


TREND = Kind(
    name="trend",
    title="Trend",
    help="Whether what a usual post gets grows, by how much, and when it changed at once.",
    parameters=Parameters,
    result=Trend,
    run=run,
    window="all",
    example={"range": "all"},
)
