"""WHAT is published: CATALOG, the one list of datasets. Standard library only."""

from flux.catalog.breakdown import BREAKDOWN
from flux.catalog.daily_activity import DAILY_ACTIVITY
from flux.catalog.declare import Dataset
from flux.catalog.engagement_trends import ENGAGEMENT_TRENDS
from flux.catalog.overview import OVERVIEW
from flux.catalog.posts import POSTS

CATALOG: dict[str, Dataset] = {
    d.name: d for d in (ENGAGEMENT_TRENDS, POSTS, OVERVIEW, BREAKDOWN, DAILY_ACTIVITY)
}
