"""Amounts of a table beside the posts of the same time: read, summed by period, and paired."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from flux.analyses.material import Material
from flux.catalog.periods import Period
from flux.catalog.ranges import DAY, Window

if TYPE_CHECKING:  # only a worker loads it
    from pandas import DataFrame, Series


def read_amounts(
    table: "DataFrame", days: str, amounts: str, window: Window, zone: str
) -> tuple["DataFrame", int]:
    """(day, amount) of the window's rows, and how many rows of the table have no day or no amount.

    `days` and `amounts` name columns; `zone` is the one in which moments are told.
    """
    import pandas as pd

    amount = pd.to_numeric(table[amounts], errors="coerce").astype("float64")
    day = _days(table[days].astype("str"), zone)
    rows = pd.DataFrame({"day": day, "amount": amount.where(np.isfinite(amount))})
    known = rows.dropna()
    first, last = np.datetime64(window.first), np.datetime64(window.last)
    return known[(known["day"] >= first) & (known["day"] <= last)], len(rows) - len(known)


def _days(texts: "Series", zone: str) -> "Series":
    """The days that ISO texts name: of moments in UTC (`…Z`) those in the zone, others as they are told."""
    import pandas as pd

    told = pd.to_datetime(texts.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    zoned = texts.where(texts.str.endswith("Z"))
    moments = pd.to_datetime(zoned, format="ISO8601", errors="coerce", utc=True).dt.tz_convert(zone)
    return moments.dt.tz_localize(None).dt.normalize().fillna(told)


def posts_of(material: Material, period: Period, starts: Sequence[date], lag: int) -> "DataFrame":
    """The window's posts of these periods, and those of the last `lag`; all where there is no period."""
    if not starts:
        return material.inside()
    window = material.window
    last = max(window.last, period.after(starts[-1]) - DAY) if lag else window.last
    inside = material.inside(Window(window.first, last))
    return inside[_start(inside["local"], period).isin(starts)]


def sum_up(
    rows: "DataFrame", posts: "DataFrame", period: Period, starts: Sequence[date], today: date
) -> "DataFrame":
    """amount, posts and engagement by period.

    The amount is NaN after the last row's period, posts and engagement in one that has not begun.
    """
    import pandas as pd

    by_post = posts["engagement"].groupby(_start(posts["local"], period))
    last = rows["day"].max().date()
    sums = pd.DataFrame(index=starts)
    sums["amount"] = rows["amount"].groupby(_start(rows["day"], period)).sum().reindex(starts).fillna(0.0)
    sums["amount"] = sums["amount"].where([s <= last for s in starts])
    begun = [start <= today for start in starts]
    sums["posts"] = by_post.size().reindex(starts).fillna(0).where(begun)
    sums["engagement"] = by_post.sum(min_count=1).reindex(starts).where(sums["posts"] != 0, 0.0)
    return sums


def pair(sums: "DataFrame", lag: int) -> "DataFrame":
    """Each period's amount beside the posts and the engagement of the period `lag` later."""
    later = sums[["posts", "engagement"]].shift(-lag)
    return later.assign(amount=sums["amount"]).loc[sums["amount"].notna()]


def _start(days: "Series", period: Period) -> "Series":
    return days.dt.date.map(period.start)
