"""`adjusted_engagement`: how well a post did against what its author's own history leads one to expect.

A robust local-level trend of log engagement, two-sided, fitted on the whole history: the smoothed state of a
random walk seen through noise whose outliers are clipped (Huber), on the posts' own, irregular moments. It is
one tridiagonal system, solved some ten to twenty times.

For post i, published at t, with e likes, comments and shares, as read at the moment r:

    maturity   M = max(1/4, age / (age + 24 h) · 8/7),  age = r - t;  M = 1 from 7 days on, or r unknown
    log        y = ln(e / M + 1/2)
    level      m = argmin Σ M² · huber₁(y - m)  +  ½ Σ (2 years / gap) · (step between neighbouring levels)²
    adjusted   e / M · exp(mean(m) - m)

Posts of one moment share one level; a gap counts as one hour at least; huber₁(x) is x²/2 up to 1 and
|x| - 1/2 beyond. The level's memory adapts by itself: √(2 years · gap) each way, 27 days for a daily poster.
The unit is engagements at the author's typical level, the geometric mean of the level over the posts.

Sources: the local-level model is Harvey's (Forecasting, Structural Time Series Models and the Kalman Filter,
1989); the loss is Huber's (1964), minimised by iterated weighted least squares; a LinkedIn post's half-life
of 24 hours is S. Graffius's figure. The stiffness of two years and the clip at 1 were fitted on held-out
histories.

Limits: a lasting improvement of the author looks like a growing audience, and is taken out; a step is
smeared over the memory; the newest posts' values move as later ones arrive; levels below about five
engagements are only partly taken out. It ranks within one author: two authors' values are on different
scales.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOUR = 3_600.0
DAY = 24 * HOUR
MATURE = 7 * DAY  # seconds after which a post has earned nearly all that it will
HALF_LIFE = 24 * HOUR
LEAST_MATURITY = 0.25
STIFFNESS = 2 * 365.25 * DAY
CLIP = 1.0
LEAST_GAP = HOUR
LEAST_MOMENTS = 3
TOLERANCE = 1e-6
ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Detrended:
    """Per post, in the order given; NaN: not known."""

    adjusted: Floats  # engagements at the author's typical level, 2 decimals, at least 0
    expected: Floats  # the level at the post's moment, in engagements, 2 decimals
    typical: float  # the scale of `adjusted`: the geometric mean of the level, or of the counts without one


def detrend(published: Floats, engagement: Floats, read_at: Floats) -> Detrended:
    """The model of this module's docstring, on all the posts of one author.

    Three arrays of one length: `published` and `read_at` in Unix seconds, `engagement` a count; NaN where
    `engagement` or `read_at` is not known. Any order: row i of the result is about row i. Posts without
    engagement get no adjusted value and do not count in the fit. With fewer than 3 distinct moments there
    is no level: the adjusted value is then the mature count, and nothing is expected.
    """
    known = ~np.isnan(engagement)
    maturity = mature_share(published, read_at)
    grown = engagement / maturity
    moments, place = np.unique(published[known], return_inverse=True)
    if len(moments) < LEAST_MOMENTS:
        typical = float(np.exp(np.mean(np.log(grown[known] + 0.5)))) if known.any() else 0.5
        return Detrended(np.round(grown, 2), np.full(len(published), np.nan), typical - 0.5)
    level = fit_level(moments, place, np.log(grown[known] + 0.5), maturity[known] ** 2)
    here = np.interp(published, moments, level)  # between two moments the smoothed level is a straight line
    mean = np.mean(level[place])
    adjusted = np.round(grown * np.exp(mean - here), 2)
    return Detrended(adjusted, np.round(np.exp(here) - 0.5, 2), float(np.exp(mean)) - 0.5)


def mature_share(published: Floats, read_at: Floats) -> Floats:
    """The share of its final engagement that a post had earned when it was read: 1/4 to 1."""
    age = np.clip(read_at - published, 0, MATURE)
    share = np.maximum(LEAST_MATURITY, age / (age + HALF_LIFE) * (MATURE + HALF_LIFE) / MATURE)
    return np.where(np.isnan(age), 1.0, share)


def fit_level(moments: Floats, place: NDArray[np.intp], logs: Floats, weights: Floats) -> Floats:
    """The level of log engagement at each of `moments`, ascending and distinct.

    `place` is each post's moment, `logs` and `weights` are the posts' own. The problem is convex with one
    minimum; each round solves (W + L) m = W y, where L is the stiffness and W the clipped weights.
    """
    from scipy.linalg import solveh_banded  # 20 MB that only whoever asks for posts needs

    count = len(moments)
    stiffness = STIFFNESS / np.maximum(np.diff(moments), LEAST_GAP)
    bands = np.zeros((2, count))
    bands[0, 1:] = -stiffness
    own = np.zeros(count)
    own[:-1] += stiffness
    own[1:] += stiffness
    level = np.full(count, np.median(logs))
    for _ in range(ROUNDS):
        clipped = weights * np.minimum(1, CLIP / np.maximum(np.abs(logs - level[place]), CLIP))
        bands[1] = own + np.bincount(place, clipped, count)
        before, level = level, solveh_banded(bands, np.bincount(place, clipped * logs, count))
        if np.max(np.abs(level - before)) < TOLERANCE:
            break
    return np.asarray(level)
