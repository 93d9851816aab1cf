"""Whether two series go together, beyond what both owe to time."""

import math

import numpy as np
from pydantic import Field

from flux.analyses.statistics import Floats, finite
from flux.schemas.base import Model

LEAST_DEGREES = 1.0


class Relation(Model):
    """How engagement goes with the amount, what both owe to time taken out."""

    correlation: float | None = Field(description="Spearman's, −1 to 1.")
    p_value: float | None
    slope: float | None = Field(description="Engagement for one more of the amount.")
    low: float | None = Field(description="Lower end of the slope's 95 % interval.")
    high: float | None
    periods: int
    independent_periods: float = Field(description="What they count for: neighbours resemble each other.")


def relate(amount: Floats, engagement: Floats) -> Relation:
    """The link between two series of one length, in order of time; null where one has no spread."""
    from scipy.stats import rankdata, t, theilslopes

    count = len(amount)
    x, y = _freed(rankdata(amount)), _freed(rankdata(engagement))
    if min(np.std(x), np.std(y)) < 1e-9 * count:
        return _unknown(count)
    r = float(np.corrcoef(x, y)[0, 1])
    worth = count * _independence(x, y)
    degrees = max(worth - 3, LEAST_DEGREES)
    p_value = 2 * t.sf(abs(r) * math.sqrt(degrees / max(1 - r**2, 1e-12)), degrees)
    line = theilslopes(_levelled(engagement), _levelled(amount))
    wider = math.sqrt(count / worth)
    low, high = (line.slope + (end - line.slope) * wider for end in (line.low_slope, line.high_slope))
    return Relation(
        correlation=finite(r, 3), p_value=finite(p_value), slope=finite(line.slope), low=finite(low),
        high=finite(high), periods=count, independent_periods=round(worth, 1),
    )  # fmt: skip


def _unknown(count: int) -> Relation:
    return Relation(
        correlation=None,
        p_value=None,
        slope=None,
        low=None,
        high=None,
        periods=count,
        independent_periods=count,
    )


def _freed(ranks: Floats) -> Floats:
    """What a straight line over time leaves of the ranks."""
    time = np.arange(len(ranks), dtype=float)
    return np.asarray(ranks - np.polyval(np.polyfit(time, ranks, 1), time))


def _levelled(values: Floats) -> Floats:
    """The values less their own Theil-Sen line over time."""
    from scipy.stats import theilslopes

    time = np.arange(len(values), dtype=float)
    return np.asarray(values - theilslopes(values, time).slope * time)


def _independence(x: Floats, y: Floats) -> float:
    """The share of the periods that two series of such memory are worth: (1 - ab) / (1 + ab), at most 1.

    a and b are the correlations of neighbours (Bretherton et al. 1999).
    """
    together = max(_neighbours(x) * _neighbours(y), 0.0)
    return max((1 - together) / (1 + together), 3 / len(x))


def _neighbours(values: Floats) -> float:
    if min(np.std(values[1:]), np.std(values[:-1])) == 0:
        return 0.0
    return float(np.corrcoef(values[1:], values[:-1])[0, 1])
