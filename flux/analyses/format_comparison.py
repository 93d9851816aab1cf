"""format_comparison: whether the format, or the length, of a post goes with more engagement."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from flux.analyses.kind import Kind, Outcome, Parameters, Result, sample_of
from flux.analyses.material import Material, scored
from flux.analyses.sentences import AUTHOR, between, left_out, listed, percent, short_of
from flux.analyses.statistics import LEVEL, finite, groups_test, holm, rank_test, ratio, shift
from flux.catalog.breakdown import BUCKETS, LENGTH_STARTS
from flux.schemas.base import Model

if TYPE_CHECKING:
    from pandas import DataFrame, Series

LEAST_POSTS = 8  # of a format that is compared
LEAST_GROUPS = 2
METHOD = (
    "Adjusted engagement against what is typical for the author. Each group is held against all other "
    "posts: rank test of Mann and Whitney (1947), p-values after Holm (1979); the factor is Hodges and "
    "Lehmann's (1963) on logarithms, its 95 % interval Moses' (Hollander and Wolfe, 4.3). Over all groups:"
    " Kruskal and Wallis (1952)."
)


class FormatParameters(Parameters):
    """The posts, and what they are grouped by."""

    by: Literal["format", "length"] = Field(
        "format",
        description="`length`: `short` under 300 characters, `medium` to 899, `long` to 1,999, `very_long`.",
    )


class Group(Model):
    """The posts of one format or length, against all others."""

    group: str
    posts: int
    outcome: Outcome
    multiple: float | None = Field(
        default=None, description="Adjusted engagement as a factor of the other posts'."
    )
    low: float | None = Field(default=None, description="Lower end of the 95 % interval; null: open.")
    high: float | None = None
    p_value: float | None = Field(default=None, description="Adjusted for the number of groups.")
    of_typical: float | None = Field(
        default=None, description="The group's median, as a factor of what is typical."
    )


class FormatComparison(Result):
    """How formats, or lengths, compare."""

    by: Literal["format", "length"] = "format"
    groups: list[Group] = Field(default=[], description="The best first; those with too few posts last.")
    p_value: float | None = Field(default=None, description="Of the test whether the groups differ at all.")


def run(material: Material, parameters: FormatParameters) -> FormatComparison:
    """Each group against the rest."""
    inside = material.inside()
    posts = scored(inside).assign(group=lambda p: _groups(p, parameters.by)).dropna(subset=["group"])
    sizes = posts["group"].value_counts()
    large = [name for name in BUCKETS[parameters.by] if sizes.get(name, 0) >= LEAST_POSTS]
    told: dict[str, Any] = {"method": METHOD, "sample": sample_of(material, inside), "by": parameters.by}
    told["notes"] = [*_notes(inside, posts, parameters.by), AUTHOR]
    small = [
        Group(group=name, posts=int(sizes[name]), outcome="too few posts")
        for name in BUCKETS[parameters.by]
        if 0 < sizes.get(name, 0) < LEAST_POSTS
    ]
    if len(large) < LEAST_GROUPS:
        verdict = short_of(len(large), LEAST_GROUPS, f"{parameters.by}s with {LEAST_POSTS} measured posts")
        return FormatComparison(enough=False, verdict=verdict, groups=small, **told)
    compared = _compare(posts[posts["group"].isin(large)], large)
    overall = groups_test([posts.loc[posts["group"] == name, "score"].to_numpy(float) for name in large])
    return FormatComparison(
        enough=True,
        verdict=_verdict(compared, parameters.by),
        groups=[*compared, *small],
        p_value=finite(overall),
        **told,
    )


def _groups(posts: "DataFrame", by: str) -> "Series":
    if by == "format":
        return posts["format"]
    known = posts["length"].dropna()
    places = np.searchsorted(LENGTH_STARTS, known.to_numpy(), side="right") - 1
    names = [BUCKETS["length"][place] for place in places]
    return known.astype("object").mask(known.notna(), names).reindex(posts.index)


def _compare(posts: "DataFrame", names: list[str]) -> list[Group]:
    scores = {name: posts.loc[posts["group"] == name, "score"].to_numpy(float) for name in names}
    others = {name: np.concatenate([scores[n] for n in names if n != name]) for name in names}
    p_values = holm([rank_test(scores[name], others[name]) for name in names])
    found = []
    for name, p_value in zip(names, p_values, strict=True):
        factor = shift(scores[name], others[name])
        found.append(
            Group(
                group=name,
                posts=len(scores[name]),
                outcome=outcome(p_value, factor.value),
                multiple=ratio(factor.value),
                low=ratio(factor.low) or None,
                high=ratio(factor.high) if np.isfinite(factor.high) else None,
                p_value=finite(p_value),
                of_typical=ratio(np.median(scores[name])),
            )
        )
    return sorted(found, key=lambda g: -(g.multiple or 0))


def outcome(p_value: float, log_factor: float) -> Outcome:
    """What a test comes to."""
    if p_value >= LEVEL or log_factor == 0:
        return "no clear difference"
    return "more" if log_factor > 0 else "less"


def _verdict(groups: list[Group], by: str) -> str:
    better = [g for g in groups if g.outcome == "more"]
    worse = [_named(g, by) for g in groups if g.outcome == "less"]
    if not better and not worse:
        return f"No {by} clearly does better or worse than the others."
    if not better:
        return (
            f"{listed(worse).capitalize()} posts get less engagement than the others; no {by} clearly more."
        )
    best = better[0]
    than = "as the other posts" if (best.multiple or 0) >= 2 else "engagement than the other posts"
    first = f"{_named(best, by).capitalize()} posts get {percent(best.multiple or 1)} {than}"
    rest = [_named(g, by) for g in better[1:]]
    also = f" {listed(rest).capitalize()} posts get more as well." if rest else ""
    less = f" {listed(worse).capitalize()} posts get less." if worse else ""
    return f"{first}{between(best.low, best.high)}.{also}{less}"


def _named(group: Group, by: str) -> str:
    return group.group.replace("_", " ") if by == "length" or group.group != "text" else "text-only"


def _notes(inside: "DataFrame", posts: "DataFrame", by: str) -> list[str]:
    measured = int(inside["engagement"].notna().sum())
    found = left_out(len(inside), measured)
    if len(posts) < measured:
        found.append(f"The {by} of {measured - len(posts):,} posts is not known: they are left out.")
    found.append(
        "A format that goes with certain topics or times shares their effect: this is no experiment."
    )
    return found


FORMAT_COMPARISON = Kind(
    name="format_comparison",
    title="Formats compared",
    help="Whether a format, or a length, goes with more engagement than the others, and by how much.",
    parameters=FormatParameters,
    result=FormatComparison,
    run=run,
    window="-1y",
    example={"from": "-1y", "by": "format"},
)
