"""EXPORTS: what of an account its own SQL may read, table by table. What is not here is not to be had.

A table is filled from the rows that `select` finds for some profiles of the account. `select` means the same
on SQLite and PostgreSQL: whole numbers, texts and nothing else, so that both give the same file.
"""

from dataclasses import dataclass

STORED_AS = {"integer": "INTEGER", "number": "REAL"}  # all else is text


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, its type (string, integer, number, date, datetime, json) and what it says."""

    name: str
    type: str
    help: str


@dataclass(frozen=True, slots=True)
class Export:
    """A table of the public schema.

    `select` reads the application database: the profile's id, which it calls `owner`, then what it likes, all
    of one account's, to be ordered by `order`.
    `insert` makes the table's columns of the numbered values of such a row, in which ?1 is the profile's
    public id. With `local` one more value is at hand: ?2, Unix seconds, by the clock of the profile's zone.
    `derive` fills the table from others of the file instead; `{moved}` holds for the profiles read anew.
    """

    name: str
    help: str
    fields: tuple[Field, ...]
    select: str | None = None
    owner: str = "profile_id"
    order: str = ""
    insert: str = ""
    local: bool = False
    derive: str | None = None
    index: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(field.name for field in self.fields)


_PROFILE_ID = Field("profile_id", "string", "The profile: `prof_…`.")
_COUNTS = (
    Field("engagement", "integer", "Likes + comments + shares; null: not known."),
    Field("likes", "integer", "Reactions of every kind; null: not known."),
    Field("comments", "integer", "Comments; null: not known."),
    Field("shares", "integer", "Shares (reposts); null: not known."),
)
_MOMENT = "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')"

PROFILES = Export(
    name="profiles",
    help="The tracked profiles and company pages.",
    fields=(
        _PROFILE_ID,
        Field("name", "string", "What it is called."),
        Field("kind", "string", "`personal` or `company`."),
        Field("url", "string", "Its address; null: not known."),
        Field("timezone", "string", "The zone in which its days are counted."),
        Field("created_at", "datetime", "Since when it is here, UTC."),
    ),
    select="SELECT id, name, kind, url, coalesce(timezone, 'UTC'), created_at FROM profiles"
    " WHERE account_id = ?",
    owner="id",
    order="id",
    insert=f"?1, ?2, ?3, ?4, ?5, {_MOMENT.format('?6')}",
)

POSTS = Export(
    name="posts",
    help="Every post with its counts as last read.",
    fields=(
        _PROFILE_ID,
        Field("post_id", "string", "LinkedIn's URN of the post."),
        Field("url", "string", "The post's address; null: not known."),
        Field("published_at", "datetime", "When it was published, UTC; 10:30 where only the day is known."),
        Field("published_local", "datetime", "The same by the clock of the profile's zone."),
        Field("date", "date", "The day of that."),
        Field("hashtags", "string", "Its hashtags, separated by spaces."),
        Field("format", "string", "text, image, video, document, article, poll, other; null: not known."),
        Field("length", "integer", "Characters of the text."),
        *_COUNTS,
        Field("impressions", "integer", "How often it was shown; null: not known."),
        Field("text", "string", "The post's text; null: not known."),
    ),
    select="SELECT profile_id, published_at, urn, url, hashtags, format, length, engagement, likes,"
    " comments, shares, impressions, text FROM posts WHERE account_id = ?",
    order="id",
    insert=f"?1, ?3, ?4, {_MOMENT.format('?2')}, datetime(?14, 'unixepoch'), date(?14, 'unixepoch'),"
    " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13",
    local=True,
    # All that sums over days need, so that they never walk through the texts.
    index="profile_id, date, engagement, likes, comments, shares, impressions",
)

DAILY_ACTIVITY = Export(
    name="daily_activity",
    help="The exports' daily figures, one row for each profile and day that a file covers.",
    fields=(
        _PROFILE_ID,
        Field("date", "date", "The day."),
        Field("impressions", "integer", "Impressions of that day; null: not known."),
        Field("engagements", "integer", "Engagements of that day; null: not known."),
        Field("new_followers", "integer", "Followers won; null: not known."),
        Field("followers", "integer", "Followers in all; null: not known."),
    ),
    select="SELECT profile_id, day, impressions, engagements, new_followers, followers FROM daily_activity"
    " WHERE account_id = ?",
    order="profile_id, day",
    insert="?1, ?2, ?3, ?4, ?5, ?6",
    index="profile_id, date",
)

DAILY = Export(
    name="daily",
    help="Posts summed by profile and day of publication: read this for trends. Days without a post are left "
    "out.",
    fields=(
        _PROFILE_ID,
        Field("date", "date", "The day, in the profile's zone."),
        Field("posts", "integer", "Posts of the day."),
        Field("posts_measured", "integer", "Those whose engagement is known."),
        *_COUNTS,
        Field("impressions", "integer", "How often they were shown; null: not known."),
    ),
    derive="SELECT profile_id, date, count(*), count(engagement), sum(engagement), sum(likes), sum(comments),"
    " sum(shares), sum(impressions) FROM posts WHERE {moved} GROUP BY 1, 2 ORDER BY 1, 2",
    index="profile_id, date",
)

EVENTS = Export(
    name="eventsTable",
    help="What was sent to `/event/ingest`. `properties.a.b` reads a nested value.",
    fields=(
        Field("timestamp", "datetime", "When it happened, UTC."),
        Field("userId", "string", "Who did it; null: not known."),
        Field("anonymousId", "string", "The visitor, where nobody was signed in."),
        Field("name", "string", "What happened."),
        Field("properties", "json", "What the sender told of it."),
        Field("ufProperties", "json", "What the sender's page told of it, such as `urlPath`."),
    ),
)

EXPORTS = (POSTS, PROFILES, DAILY_ACTIVITY, DAILY, EVENTS)
