"""period_comparison: whether posts got more in this window than in another."""

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from flux.analyses.format_comparison import outcome
from flux.analyses.kind import Day, Kind, Outcome, Parameters, Result, sample_of
from flux.analyses.material import Material, scored
from flux.analyses.sentences import between, left_out, percent, short_of
from flux.analyses.statistics import finite, holm, rank_test, ratio, shift
from flux.analyses.windows import span
from flux.catalog.ranges import Window, previous_window
from flux.mistakes import InvalidParameter
from flux.schemas.base import Model

if TYPE_CHECKING:
    from pandas import DataFrame

LEAST_POSTS = 8  # measured, in each of the two
METHOD = (
    "Engagement per post, young posts' carried on to seven days, and adjusted engagement, both against "
    "what is typical for the author: rank test of Mann and Whitney (1947), the two p-values after Holm "
    "(1979); factors are Hodges and Lehmann's (1963) on logarithms, their 95 % intervals Moses' (Hollander"
    " and Wolfe, 4.3)."
)
SIDES = (
    "Engagement per post tells what posts got; adjusted engagement tells how they did against the author's"
    " level at that time, so a grown audience shows in the first and not in the second."
)


class PeriodParameters(Parameters):
    """The window, and the one it is held against."""

    compare_from: Day | None = Field(
        default=None, description="Default: the stretch of equal length just before."
    )
    compare_to: Day | None = Field(
        default=None, description="Last day of it, inclusive; given with `compare_from`."
    )


class Side(Model):
    """One of the two windows."""

    from_: str = Field(validation_alias="from", serialization_alias="from")
    to: str
    posts: int
    posts_measured: int
    posts_per_week: float | None
    engagement: int | None
    engagement_per_post: float | None
    median: float | None


class Difference(Model):
    """How posts of the window compare with those of the other one."""

    outcome: Outcome
    factor: float | None = None
    low: float | None = Field(default=None, description="Lower end of the 95 % interval; null: open.")
    high: float | None = None
    p_value: float | None = Field(default=None, description="Adjusted for there being two tests.")


class PeriodComparison(Result):
    """Two windows beside each other."""

    now: Side | None = None
    before: Side | None = None
    per_post: Difference | None = None
    adjusted_per_post: Difference | None = None


def run(material: Material, parameters: PeriodParameters) -> PeriodComparison:
    """The window against the other one."""
    other = compared_window(parameters, material.window, material.today)
    inside, outside = material.inside(), material.inside(other)
    now, before = scored(inside), scored(outside)
    told: dict[str, Any] = {"method": METHOD, "sample": sample_of(material, inside)}
    told |= {"now": _side(inside, material.window), "before": _side(outside, other)}
    told["notes"] = [*left_out(len(inside) + len(outside), len(now) + len(before)), SIDES]
    least = min(len(now), len(before))
    if least < LEAST_POSTS:
        window = material.window if len(now) < len(before) else other
        what = f"measured posts from {window.first} to {window.last}"
        return PeriodComparison(enough=False, verdict=short_of(least, LEAST_POSTS, what), **told)
    pairs = [
        (now["reached"] - _typical(now), before["reached"] - _typical(before)),
        (now["score"], before["score"]),
    ]
    arrays = [(a.to_numpy(float), b.to_numpy(float)) for a, b in pairs]
    p_values = holm([rank_test(a, b) for a, b in arrays])
    found = [_difference(a, b, p) for (a, b), p in zip(arrays, p_values, strict=True)]
    return PeriodComparison(
        enough=True,
        verdict=_verdict(told["now"], told["before"], found[0]),
        per_post=found[0],
        adjusted_per_post=found[1],
        **told,
    )


def compared_window(parameters: PeriodParameters, window: Window, today: date) -> Window:
    """The other window. Raises InvalidParameter where it is half told, or meets the first one."""
    first, last = parameters.compare_from, parameters.compare_to
    if not first and not last:
        if parameters.range == "all":
            raise InvalidParameter("range", "all", "a window with something before it to compare with")
        return previous_window(window, parameters.range)
    if not first or not last:
        given, missing = ("compare_from", "compare_to") if first else ("compare_to", "compare_from")
        raise InvalidParameter(given, str(first or last), f"given together with '{missing}'")
    other = span(first, last, today, "compare_")
    if other.first <= window.last and window.first <= other.last:
        raise InvalidParameter(
            "compare_from", first, f"of a window that shares no day with {window.first} to {window.last}"
        )
    return other


def _typical(posts: "DataFrame") -> Any:
    return np.log(posts["typical"] + 0.5)


def _side(posts: "DataFrame", window: Window) -> Side:
    engagement = posts["engagement"].dropna()
    return Side(
        from_=window.first.isoformat(),
        to=window.last.isoformat(),
        posts=len(posts),
        posts_measured=len(engagement),
        posts_per_week=finite(len(posts) * 7 / window.days),
        engagement=int(engagement.sum()) if len(engagement) or not len(posts) else None,
        engagement_per_post=finite(engagement.mean()),
        median=finite(engagement.median()),
    )


def _difference(now: Any, before: Any, p_value: float) -> Difference:
    factor = shift(now, before)
    return Difference(
        outcome=outcome(p_value, factor.value),
        factor=ratio(factor.value),
        low=ratio(factor.low) or None,
        high=ratio(factor.high) if np.isfinite(factor.high) else None,
        p_value=finite(p_value),
    )


def _verdict(now: Side, before: Side, per_post: Difference) -> str:
    paces = f"{now.posts:,} posts against {before.posts:,} from {before.from_} to {before.to}."
    if per_post.outcome == "no clear difference":
        return f"Engagement per post shows no clear difference{between(per_post.low, per_post.high)}. {paces}"
    factor = per_post.factor or 1
    than = "as before" if factor >= 2 else "engagement than before"
    return f"Posts got {percent(factor)} {than}{between(per_post.low, per_post.high)}. {paces}"


PERIOD_COMPARISON = Kind(
    name="period_comparison",
    title="Periods compared",
    help="The window against the stretch before it, or another one: posts, engagement, what differs.",
    parameters=PeriodParameters,
    result=PeriodComparison,
    run=run,
    window="-90d",
    check=compared_window,
    example={"range": "last_90_days"},
)
