"""The rows of each dataset: READERS, one file per dataset, same stem as its declaration."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection

from flux.catalog.query import Query
from flux.store.read.breakdown import read_breakdown
from flux.store.read.daily_activity import read_daily_activity
from flux.store.read.engagement_trends import read_engagement_trends
from flux.store.read.overview import read_overview
from flux.store.read.posts import read_posts

Row = tuple[Any, ...]
Reader = Callable[[Connection, int, Query], Iterator[Row]]

READERS: dict[str, Reader] = {
    "engagement-trends": read_engagement_trends,
    "posts": read_posts,
    "overview": read_overview,
    "breakdown": read_breakdown,
    "daily-activity": read_daily_activity,
}
