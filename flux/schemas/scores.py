"""What the score of a post, or of a draft, tells."""

from typing import Literal

from pydantic import Field

from flux.schemas.base import Model, ProfileId

FactorName = Literal["format", "weekday", "hour", "length", "hashtags"]


class Factor(Model):
    """One thing about the post, and how the author's posts that have it do against the others."""

    name: FactorName
    value: str = Field(description="What it is here: `video`, `Tuesday`, `09:00`, `long`, `3 to 5` …")
    effect: float = Field(description="Adjusted engagement as a factor of the author's other posts'.")
    low: float = Field(description="Lower end of the effect's 95 % interval.")
    high: float
    clear: bool = Field(description="Whether the interval leaves 1 out: else it may well be chance.")
    sample_size: int = Field(description="Posts of the history that have it.")
    meaning: str = Field(description="The same in words, with how sure it is.")


class Score(Model):
    """A post against its author's own history."""

    kind: Literal["post", "draft"]
    profile_id: ProfileId
    measure: Literal["adjusted_engagement"] = "adjusted_engagement"
    value: float | None = Field(description="What the post earned; null for a draft, or where not known.")
    expected_low: float | None = Field(description="Lower end of what to expect of such a post.")
    expected: float | None = Field(description="The middle of what to expect of such a post.")
    expected_high: float | None
    interval: float = Field(default=0.8, description="How often a post falls between the two ends.")
    percentile: float | None = Field(
        description="0 to 100: the share of the author's posts that this one (a draft: what is expected of "
        "it) surpasses."
    )
    sample_size: int = Field(description="Posts of the author that this rests on.")
    factors: list[Factor]
    verdict: str = Field(description="The score in a plain sentence.")
    enough: bool = Field(description="Whether there were enough posts to tell.")
    method: str
    notes: list[str] = Field(default=[], description="What to keep in mind.")
