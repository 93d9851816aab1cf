"""What analyses work on: the profiles' posts and days as tables, read beforehand."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from flux.catalog.query import Profile
from flux.catalog.ranges import DAY, Window

if TYPE_CHECKING:  # only a worker loads it
    from pandas import DataFrame

POST_COLUMNS = {
    "profile_id": "str",
    "profile_name": "str",
    "post_id": "str",
    "url": "str",
    "published_at": "int64",
    "time_known": "bool",
    "format": "str",
    "length": "float64",
    "likes": "float64",
    "comments": "float64",
    "shares": "float64",
    "engagement": "float64",
    "impressions": "float64",
    "adjusted": "float64",
    "expected": "float64",
    "typical": "float64",
}
DAY_COLUMNS = {
    "profile_id": "str",
    "day": "str",
    "impressions": "float64",
    "engagements": "float64",
    "new_followers": "float64",
    "followers": "float64",
}


@dataclass(frozen=True, slots=True)
class Material:
    """One state of the data, with the window that is asked about.

    `posts` is the whole history of the profiles in order of time, with POST_COLUMNS and `local`, the naive
    local time; `adjusted`, `expected` (the level at the post's moment) and `typical` (the author's) are those
    of flux.detrend, in engagements. `days` holds DAY_COLUMNS for the window. Floats are NaN and texts missing
    where nothing is known. `table` is a data source's rows; its moments are told in `zone`.
    """

    profiles: tuple[Profile, ...]
    window: Window
    today: date
    posts: "DataFrame"
    days: "DataFrame"
    table: "DataFrame | None" = None
    zone: str = "UTC"  # the one asked for, else the profiles' common one

    def inside(self, window: Window | None = None) -> "DataFrame":
        """The posts of the window's days, or of another window's."""
        chosen = window or self.window
        first, after = np.datetime64(chosen.first), np.datetime64(chosen.last + DAY)
        return self.posts[(self.posts["local"] >= first) & (self.posts["local"] < after)]


def scored(posts: "DataFrame") -> "DataFrame":
    """The posts with known engagement, and three columns of natural logarithms.

    `score`: adjusted engagement against what is typical for the author, 0 where it is just that; authors can
    be compared by it. `level`: what the author's level at that moment led one to expect. `reached`: the
    engagement itself, a young post's carried on to its seventh day. The half keeps zeros finite, as in
    flux.detrend.
    """
    known = posts[posts["adjusted"].notna()]
    typical = np.log(known["typical"] + 0.5)
    score = np.log(known["adjusted"] + 0.5) - typical
    level = np.log(known["expected"].fillna(known["typical"]) + 0.5)
    return known.assign(score=score, level=level, reached=level + score)
