"""breakdown: posts and engagement by weekday, hour, format or length."""

from flux.catalog import params
from flux.catalog.declare import (
    ENGAGEMENT_PER_POST,
    MEASURES,
    POSTS_MEASURED,
    PROFILE_COLUMNS,
    Column,
    Dataset,
    Param,
)
from flux.catalog.posts import FORMATS

# Each axis: its buckets in order. Those of format and length appear only where there are posts of them.
BUCKETS: dict[str, tuple[str, ...]] = {
    "day_of_week": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "hour": tuple(f"{hour:02d}:00" for hour in range(24)),
    "format": FORMATS,
    "length": ("short", "medium", "long", "very_long"),
}
ALWAYS_PRESENT = ("day_of_week", "hour")
LENGTH_STARTS = (0, 300, 900, 2000)  # characters, inclusive

BY = Param(
    "by",
    "choice",
    "What posts are grouped by. `length`: `short` under 300 characters, `medium` to 899, `long` to 1,999, "
    "`very_long` from 2,000.",
    "hour",
    "day_of_week",
    tuple(BUCKETS),
)

BREAKDOWN = Dataset(
    name="breakdown",
    title="Breakdown",
    grain="one row per profile and bucket",
    help=(
        "Sums per bucket. Every weekday and every hour has its row, posts or not. Posts whose format, text "
        "or hour is "
        "unknown stand together in a last row with an empty bucket."
    ),
    columns=(
        *PROFILE_COLUMNS,
        Column("by", "string", "What the posts are grouped by."),
        Column(
            "bucket",
            "string",
            "The bucket: `Monday`, `09:00`, `video`, `short` …; empty: unknown.",
            nullable=True,
        ),
        Column(
            "bucket_order",
            "integer",
            "The bucket's place, from 1: weekdays from Monday, hours from midnight.",
        ),
        Column("posts", "integer", "Posts published.", "metric", "posts"),
        POSTS_MEASURED,
        *MEASURES,
        ENGAGEMENT_PER_POST,
    ),
    params=(*params.WINDOW, BY, *params.WRITING),
    example="by=hour&range=all&format=csv",
    limits={"profiles": params.MAX_PROFILES},
    key=("profile_id", "by", "bucket_order"),
)
