"""EXPORTS: what of an account its own SQL may read, table by table. What is not here is not to be had.

Beside these an account has its data sources: each is a table, see `flux.store.export_sources`. Whole numbers
and texts are read and nothing else, so that SQLite and PostgreSQL give the same file.
"""

from functools import partial

from sqlalchemy import Engine

from flux.store.engine import fetch
from flux.store.export_declare import MOST_TEXT, Export, Field
from flux.store.export_sources import name_tables, source_exports
from flux.store.export_state import MOST_ROWS, MOST_TABLES, Source, State, find_state

__all__ = ["EXPORTS", "MOST_ROWS", "MOST_TABLES", "Export", "Field", "find_exports", "named_sources"]

_PROFILE_ID = Field("profile_id", "string", "The profile: `prof_…`.")
_COUNTS = (
    Field("engagement", "integer", "Likes + comments + shares; null: not known."),
    Field("likes", "integer", "Reactions of every kind; null: not known."),
    Field("comments", "integer", "Comments; null: not known."),
    Field("shares", "integer", "Shares (reposts); null: not known."),
)
_AS_THEY_ARE = ("format", "length", "engagement", "likes", "comments", "shares", "impressions")
_BEGINNING = f"substr({{}}, 1, {MOST_TEXT})"
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
    table="profiles",
    reads=("id", "name", "kind", "url", "created_at"),
    order="id",
    owner="id",
    insert=("public_id", "name", "kind", "url", "zone", _MOMENT.format("created_at")),
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
        Field("text", "string", f"The post's text, its first {MOST_TEXT:,} characters; null: not known."),
    ),
    table="posts",
    reads=("id", "profile_id", "published_at", "urn", "url", "hashtags", *_AS_THEY_ARE, "text"),
    order="id",
    owner="profile_id",
    insert=(
        *("public_id", "urn", "url", _MOMENT.format("published_at")),
        *("datetime({local}, 'unixepoch')", "date({local}, 'unixepoch')"),
        *(_BEGINNING.format("hashtags"), *_AS_THEY_ARE, _BEGINNING.format("text")),
    ),
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
    table="daily_activity",
    reads=("profile_id", "day", "impressions", "engagements", "new_followers", "followers"),
    order="profile_id, day",
    owner="profile_id",
    insert=("public_id", "day", "impressions", "engagements", "new_followers", "followers"),
    key="profile_id, date",
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
    " sum(shares), sum(impressions) FROM file.posts WHERE {moved} GROUP BY 1, 2 ORDER BY 1, 2",
    key="profile_id, date",
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
    table="events",
    reads=("number", "happened_at", "user_id", "anonymous_id", "name", "properties", "uf_properties"),
    order="number",
    insert=(
        "strftime('%Y-%m-%dT%H:%M:%fZ', happened_at / 1000.0, 'unixepoch')",
        *("user_id", "anonymous_id", "name", "properties", "uf_properties"),
    ),
    index="name, timestamp",
)

EXPORTS = (POSTS, PROFILES, DAILY_ACTIVITY, DAILY, EVENTS)


def named_sources(state: State) -> dict[str, Source]:
    """The data sources that are tables, each by its table's name."""
    names = name_tables([source.told for source in state.sources], [export.name for export in EXPORTS])
    return dict(zip(names, state.sources, strict=True))


def find_exports(engine: Engine, account_id: int) -> tuple[Export, ...]:
    """All tables that the account's SQL may read: EXPORTS and its data sources, oldest first.

    Of data sources MOST_TABLES at most, and no more than hold MOST_ROWS together.
    """
    read = partial(fetch, engine)
    sources = named_sources(find_state(read, account_id))
    return (*EXPORTS, *source_exports(read, account_id, sources))
