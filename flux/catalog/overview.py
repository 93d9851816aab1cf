"""overview: the scorecard of a window."""

from flux.catalog import params
from flux.catalog.declare import (
    ENGAGEMENT_PER_POST,
    MEASURES,
    POSTS,
    POSTS_MEASURED,
    PROFILE_COLUMNS,
    Column,
    Dataset,
)

OVERVIEW = Dataset(
    name="overview",
    title="Overview",
    grain="one row per profile",
    help="The totals of the window on one row for each profile: a scorecard, or a single-cell figure.",
    columns=(
        *PROFILE_COLUMNS,
        Column("from", "date", "First day of the window."),
        Column("to", "date", "Last day of the window."),
        POSTS,
        POSTS_MEASURED,
        *MEASURES,
        ENGAGEMENT_PER_POST,
        Column(
            "posts_per_week",
            "number",
            "Posts divided by the window's length in weeks.",
            "metric",
            "posts a week",
            additive=False,
            compared=True,
        ),
        Column(
            "best_post_url",
            "string",
            "Address of the post with the most engagement; the newest of equals.",
            nullable=True,
            free_text=True,
        ),
        Column(
            "followers",
            "integer",
            "The last total of followers that an export told, up to the window's end.",
            "metric",
            "followers",
            True,
            additive=False,
        ),
    ),
    params=(*params.WINDOW, params.COMPARE, *params.WRITING),
    example="range=this_month&compare=previous",
    limits={"profiles": params.MAX_PROFILES},
    key=("profile_id",),
    compared_window=("previous_from", "previous_to"),
)
