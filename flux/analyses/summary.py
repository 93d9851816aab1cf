"""summary: what was published in the window and how it was received."""

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from flux.analyses.kind import Kind, Parameters, Result, sample_of
from flux.analyses.material import Material, scored
from flux.analyses.rhythm import Month, longest_gap, months_of, total, weeks_in_a_row
from flux.analyses.sentences import count, figure, left_out
from flux.analyses.statistics import finite, ratio
from flux.catalog.posts import FORMATS
from flux.schemas.base import Model

if TYPE_CHECKING:
    from pandas import DataFrame

BEST_POSTS = 5
METHOD = (
    "Counts and sums over the posts whose engagement is known; median and quartiles by linear "
    "interpolation (Hyndman and Fan 1996, type 7). Best posts by adjusted engagement against what is "
    "typical for the author."
)


class Share(Model):
    """A format's part in the posts."""

    format: str | None = Field(description="Null: not known.")
    posts: int
    share: float = Field(description="Of all posts, 0 to 1.")


class BestPost(Model):
    """A post that did well for its author."""

    profile_id: str
    profile_name: str
    post_id: str
    url: str | None
    date: str
    format: str | None
    engagement: int
    adjusted_engagement: float
    multiple: float = Field(description="Of what is typical for the author.")


class Followers(Model):
    """A profile's followers at the first and at the last day of the window that tells them."""

    profile_id: str
    from_: str = Field(validation_alias="from", serialization_alias="from")
    to: str
    first: int
    last: int
    change: int


class Summary(Result):
    """A summary; sums are over the posts that have the figure, null where none has."""

    posts_per_week: float | None = None
    engagement: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    impressions: int | None = None
    engagement_per_post: float | None = None
    median: float | None = Field(default=None, description="Engagement of the post in the middle.")
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    formats: list[Share] = Field(default=[])
    months: list[Month] = Field(default=[])
    busiest_month: str | None = None
    weeks_in_a_row: int = Field(default=0, description="The longest run of weeks that each have a post.")
    longest_gap_days: int | None = Field(default=None, description="Days between two posts in a row.")
    best_posts: list[BestPost] = Field(default=[])
    followers: list[Followers] = Field(default=[])


def run(material: Material, _parameters: Parameters) -> Summary:
    """The summary of the window."""
    posts = material.inside()
    sample = sample_of(material, posts)
    followers = _followers(material.days)
    told: dict[str, Any] = {"method": METHOD, "sample": sample, "followers": followers}
    if not len(posts):
        verdict = f"Not enough data: no post was published from {sample.from_} to {sample.to}."
        return Summary(enough=False, verdict=verdict, **told)
    engagement, months = posts["engagement"].dropna(), months_of(posts)
    quartiles = engagement.quantile([0.25, 0.5, 0.75]).tolist()
    per_week = len(posts) * 7 / material.window.days
    busiest = max(months, key=lambda m: m.posts)
    return Summary(
        enough=True,
        verdict=_verdict(len(posts), per_week, quartiles[1], busiest),
        notes=left_out(sample.posts, sample.posts_measured),
        posts_per_week=finite(per_week),
        engagement=total(posts["engagement"]),
        likes=total(posts["likes"]),
        comments=total(posts["comments"]),
        shares=total(posts["shares"]),
        impressions=total(posts["impressions"]),
        engagement_per_post=finite(engagement.mean()),
        median=finite(quartiles[1]),
        lower_quartile=finite(quartiles[0]),
        upper_quartile=finite(quartiles[2]),
        formats=_formats(posts),
        months=months,
        busiest_month=busiest.month,
        weeks_in_a_row=weeks_in_a_row(posts),
        longest_gap_days=longest_gap(posts),
        best_posts=_best(posts),
        **told,
    )


def _verdict(posts: int, per_week: float, median: float, busiest: Month) -> str:
    pace = f"{count(posts, 'post')}, {figure(per_week)} a week"
    typical = "their engagement is not known"
    if not np.isnan(median):
        typical = f"half of them have an engagement of {figure(median)} or more"
    return (
        f"{pace}; {typical}. The busiest month was {busiest.month[:7]} with {count(busiest.posts, 'post')}."
    )


def _formats(posts: "DataFrame") -> list[Share]:
    found = posts["format"].value_counts(dropna=False)
    counts = {name if isinstance(name, str) else None: int(n) for name, n in found.items()}
    names = [name for name in (*FORMATS, None) if name in counts]
    return [Share(format=n, posts=counts[n], share=round(counts[n] / len(posts), 4)) for n in names]


def _best(posts: "DataFrame") -> list[BestPost]:
    known = scored(posts).nlargest(BEST_POSTS, ["score", "published_at"])
    return [
        BestPost(
            profile_id=row.profile_id,
            profile_name=row.profile_name,
            post_id=row.post_id,
            url=_text(row.url),
            date=row.local.date().isoformat(),
            format=_text(row.format),
            engagement=int(row.engagement),
            adjusted_engagement=float(row.adjusted),
            multiple=ratio(row.score) or 0.0,
        )
        for row in known.itertuples()
    ]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _followers(days: "DataFrame") -> list[Followers]:
    found = []
    for profile_id, own in days.dropna(subset=["followers"]).sort_values("day").groupby("profile_id"):
        first, last = own.iloc[0], own.iloc[-1]
        began, ended = int(first["followers"]), int(last["followers"])
        found.append(
            Followers(
                profile_id=str(profile_id), from_=first["day"], to=last["day"], first=began, last=ended,
                change=ended - began,
            )
        )  # fmt: skip
    return found


SUMMARY = Kind(
    name="summary",
    title="Summary",
    help="What was published and how it was received: pace, engagement, formats, best posts, followers.",
    parameters=Parameters,
    result=Summary,
    run=run,
    window="-90d",
    example={"range": "last_90_days"},
)
