"""Weekdays, hours and slots of the week as an answer tells them: a factor, its interval, how sure."""

import math

import numpy as np
from pydantic import Field

from flux.analyses.pooling import Slots, pool
from flux.analyses.statistics import SURE, ratio
from flux.catalog.breakdown import BUCKETS
from flux.schemas.base import Model

WEEKDAYS = BUCKETS["day_of_week"]


class Slot(Model):
    """A weekday, an hour, or both, and how posts do then."""

    weekday: str | None = None
    hour: int | None = None
    posts: int
    multiple: float = Field(description="Of the average post, drawn towards 1 where there are few posts.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float
    sure: float = Field(description="Probability that posts then do better than the average post.")


def times_of(slots: Slots) -> tuple[list[Slot], list[Slot], list[Slot]]:
    """The slots, weekdays and hours that have a post.

    A weekday is told for the hours at which posts usually come, an hour for the weekdays.
    """
    week, posts = pool(slots), np.zeros((7, 24))
    posts[slots.weekday, slots.hour] = slots.posts
    share = posts / posts.sum()
    every, weekdays, hours = [], [], []
    for day in range(7):
        for hour in [h for h in range(24) if posts[day, h]]:
            weights = np.zeros((7, 24))
            weights[day, hour] = 1
            every.append(_slot(day, hour, posts[day, hour], week.average(weights.ravel())))
        weights = np.zeros((7, 24))
        weights[day] = share.sum(axis=0)
        weekdays.append(_slot(day, None, posts[day].sum(), week.average(weights.ravel())))
    for hour in range(24):
        weights = np.zeros((7, 24))
        weights[:, hour] = share.sum(axis=1)
        hours.append(_slot(None, hour, posts[:, hour].sum(), week.average(weights.ravel())))
    return every, [s for s in weekdays if s.posts], [s for s in hours if s.posts]


def _slot(weekday: int | None, hour: int | None, posts: float, estimate: tuple[float, float]) -> Slot:
    mean, sd = estimate
    return Slot(
        weekday=None if weekday is None else WEEKDAYS[weekday],
        hour=hour,
        posts=int(posts),
        multiple=ratio(mean) or 0.0,
        low=ratio(mean - SURE * sd) or 0.0,
        high=ratio(mean + SURE * sd) or 0.0,
        sure=round((1 + math.erf(mean / sd / math.sqrt(2))) / 2, 3),
    )
