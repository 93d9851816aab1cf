"""The rows of posts, snapshots and days as an import handles them: the tables' columns, in their order."""

from typing import NamedTuple


class Post(NamedTuple):
    """A post as it is stored, without account and profile: the columns of `posts` in this order."""

    id: int
    urn: str
    alias: str | None
    url: str | None
    published_at: int
    time_known: bool
    text: str | None
    hashtags: str | None
    format: str | None
    length: int | None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    engagement: int | None = None
    impressions: int | None = None
    counts_read_at: int | None = None
    time_read_at: int | None = None
    text_read_at: int | None = None
    format_read_at: int | None = None

    def served(self) -> tuple[object, ...]:
        """What feeds may show of it: all but the book-keeping of when each fact was read."""
        return self[:-3]


class Snapshot(NamedTuple):
    """What one file says of a post's counts: the columns of `post_snapshots` after the account."""

    post_id: int
    source: str
    window_start: int
    read_at: int
    likes: int | None
    comments: int | None
    shares: int | None
    engagement: int | None
    impressions: int | None


class Day(NamedTuple):
    """A day as it is stored: the columns of `daily_activity` after account and profile."""

    day: str
    impressions: int | None = None
    engagements: int | None = None
    activity_read_at: int | None = None
    new_followers: int | None = None
    followers: int | None = None
    followers_read_at: int | None = None

    def served(self) -> tuple[object, ...]:
        """What feeds may show of it."""
        return (self.impressions, self.engagements, self.new_followers, self.followers)
