"""Partial pooling over weekday × hour: a slot with few posts is believed only as far as its posts go.

The log score of a post on weekday w at hour h is

    y = µ + weekday(w) + hour(h) + slot(w, h) + noise,

each effect normal around 0. How much weekdays, hours and slots differ, and the noise, are fitted to the data
by marginal likelihood (empirical Bayes; Efron and Morris 1975; Gelman and Hill, Data Analysis Using
Regression, 2007, ch. 12); ln(sd) is added for each effect, so that a few posts never make one of them exactly
nothing (Chung et al. 2013). What comes out is the effects' posterior, in closed form.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flux.analyses.statistics import Floats

OVERALL = 1.0  # prior sd of µ: scores are centred, so it is near 0
START = math.log(0.2)
BOUNDS = (math.log(1e-3), math.log(5.0))


@dataclass(frozen=True, slots=True)
class Week:
    """The joint posterior of all 7 × 24 slots, in order of weekday and hour: logs of factors."""

    mean: Floats
    covariance: Floats

    def average(self, weights: Floats) -> tuple[float, float]:
        """Mean and standard deviation of a weighted average of slots; `weights` has 168 numbers."""
        variance = float(weights @ self.covariance @ weights)
        return float(weights @ self.mean), math.sqrt(max(variance, 1e-12))


@dataclass(frozen=True, slots=True)
class Slots:
    """The posts, summed up by slot: all that the model needs of them."""

    weekday: NDArray[np.int64]
    hour: NDArray[np.int64]
    posts: Floats
    mean: Floats
    within: float  # sum of squares around the slots' means

    @property
    def spare(self) -> float:
        """Degrees of freedom that the noise has."""
        return float(self.posts.sum() - len(self.posts))


def by_slot(weekday: NDArray[np.int64], hour: NDArray[np.int64], scores: Floats) -> Slots:
    """The slots that have a post, in order of weekday and hour."""
    codes, place = np.unique(weekday * 24 + hour, return_inverse=True)
    posts = np.bincount(place).astype(float)
    mean = np.bincount(place, scores) / posts
    return Slots(codes // 24, codes % 24, posts, mean, float(np.sum((scores - mean[place]) ** 2)))


def pool(slots: Slots) -> Week:
    """The posterior of every slot of the week, those without a post as well."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.optimize import minimize

    best = minimize(_loss, np.full(4, START), (slots,), method="L-BFGS-B", bounds=[BOUNDS] * 4)
    days, hours, own, noise = np.exp(2 * best.x)
    every = np.arange(7 * 24)
    prior = _covariance(every // 24, every % 24, days, hours, own)
    seen = prior[:, slots.weekday * 24 + slots.hour]
    factor = cho_factor(seen[slots.weekday * 24 + slots.hour] + np.diag(noise / slots.posts))
    return Week(seen @ cho_solve(factor, slots.mean), prior - seen @ cho_solve(factor, seen.T))


def _covariance(weekday: NDArray[np.int64], hour: NDArray[np.int64], *variances: float) -> Floats:
    """Of slots before any post is seen, from the variances of weekdays, hours and slots."""
    days, hours, own = variances
    same_day, same_hour = weekday[:, None] == weekday, hour[:, None] == hour
    return np.asarray(OVERALL**2 + days * same_day + hours * same_hour + own * (same_day & same_hour))


def _loss(logs: Floats, slots: Slots) -> float:
    """Minus the log marginal likelihood and the penalty, at the logs of the four standard deviations."""
    from scipy.linalg import cho_factor, cho_solve

    days, hours, own, noise = np.exp(2 * logs)
    prior = _covariance(slots.weekday, slots.hour, days, hours, own)
    factor = cho_factor(prior + np.diag(noise / slots.posts), lower=True)
    between = 2 * np.sum(np.log(np.diag(factor[0]))) + slots.mean @ cho_solve(factor, slots.mean)
    within = slots.spare * 2 * logs[3] + slots.within / noise
    return float((between + within) / 2 - np.sum(logs[:3]))
