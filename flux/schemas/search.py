"""What a search of posts answers."""

from typing import Literal

from pydantic import Field

from flux.schemas.base import Model, ProfileId

Sort = Literal["relevance", "date", "engagement"]


class Hit(Model):
    """A post that was found."""

    rank: int = Field(description="Its place among all that was found, from 1.")
    profile_id: ProfileId
    post_id: str = Field(description="LinkedIn's URN of the post.")
    url: str | None
    published_at: str = Field(description="ISO 8601 with offset, in the profile's own zone.")
    date: str = Field(description="Day of publication in that zone.")
    format: str | None
    snippet: str = Field(description="The passage that fits best; what was looked for stands between ** **.")
    likes: int | None
    comments: int | None
    shares: int | None
    engagement: int | None
    adjusted_engagement: float | None
    impressions: int | None


class Found(Model):
    """A page of what was found."""

    hits: list[Hit]
    total: int | None = Field(description="How many posts were found; null where they were not all counted.")
    total_is_known: bool
    more: bool = Field(description="Whether there are hits after this page.")
    note: str | None = Field(default=None, description="What to keep in mind of the order, if anything.")
