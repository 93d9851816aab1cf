"""posts: one row per post."""

from flux.catalog import params
from flux.catalog.declare import PROFILE_COLUMNS, Column, Dataset, Param

FORMATS = ("text", "image", "video", "document", "article", "poll", "other")

LIMIT = Param(
    "limit",
    "integer",
    "At most so many posts.",
    "100",
    minimum=1,
    maximum=params.MAX_ROWS,
    default_help="all",
)
OFFSET = Param(
    "offset", "integer", "Skip so many posts first.", "100", "0", minimum=0, maximum=params.MAX_ROWS
)
ORDER = Param(
    "order",
    "choice",
    "`desc`: newest first; `asc`: oldest first. Ties by id.",
    "asc",
    "desc",
    ("desc", "asc"),
)


def _count(name: str, help: str, unit: str) -> Column:
    return Column(name, "integer", f"{help} Empty: not known.", "metric", unit, nullable=True)


POSTS = Dataset(
    name="posts",
    title="Posts",
    grain="one row per post",
    help="Every post published in the window, with its counts as last read. Newest first, unless ordered "
    "otherwise.",
    columns=(
        *PROFILE_COLUMNS,
        Column(
            "post_id",
            "string",
            "LinkedIn's URN of the post; never a bare number, which spreadsheets would round.",
        ),
        Column("url", "string", "The post's address.", nullable=True, free_text=True),
        Column(
            "published_at",
            "datetime",
            "Moment of publication, ISO 8601 with offset, in the zone asked for;"
            " 10:30 UTC where only the day is known.",
        ),
        Column("date", "date", "Day of publication in that zone."),
        Column("text", "string", "The post's text.", nullable=True, free_text=True),
        Column(
            "hashtags", "list", "Its hashtags; separated by spaces in CSV.", nullable=True, free_text=True
        ),
        Column(
            "format",
            "string",
            f"One of {', '.join(f'`{f}`' for f in FORMATS)}; empty where unknown.",
            nullable=True,
        ),
        Column("length", "integer", "Characters of the text.", "metric", "characters", nullable=True),
        _count("likes", "Reactions of every kind.", "reactions"),
        _count("comments", "Comments.", "comments"),
        _count("shares", "Shares (reposts).", "shares"),
        _count(
            "engagement",
            "Likes + comments + shares; LinkedIn's own total where only that is known.",
            "interactions",
        ),
        Column(
            "adjusted_engagement",
            "number",
            "Engagement as if the audience and the post's age had been the same all along: a post of 100 did "
            "better than one "
            "of 80, whenever they were published. From the profile's whole history, whatever the window.",
            "metric",
            "interactions at the typical level",
            nullable=True,
            additive=False,
        ),
        _count("impressions", "How often the post was shown.", "impressions"),
        Column(
            "expected_engagement",
            "number",
            "What a typical post of this profile earned at that time. Empty with fewer than three posts "
            "measured.",
            "metric",
            "interactions",
            nullable=True,
            additive=False,
        ),
        Column(
            "maturing",
            "boolean",
            "Whether the post was younger than 7 days when its counts were read: its figures will still "
            "grow. Empty "
            "where nothing is measured.",
            nullable=True,
        ),
    ),
    params=(*params.WINDOW, LIMIT, OFFSET, ORDER, *params.WRITING),
    example="from=-90d&format=csv",
    limits={"profiles": params.MAX_PROFILES},
    key=("profile_id", "post_id"),
)
