"""What to expect of a post from the author's other posts: by format, weekday, hour, length and hashtags.

The log score of a post (adjusted engagement against what is typical) is

    y = µ + format + weekday + hour + length + hashtags + noise,

each effect normal around 0. How much formats, weekdays … differ at all, and the noise, are fitted to the data
by marginal likelihood (empirical Bayes; Efron and Morris 1975) with a gamma penalty that keeps them off zero
(Chung et al. 2013) and near USUAL, what they are in real histories: formats explain a seventh of the
variance there, weekdays and hours one or two hundredths. So a level with few posts is believed only as far
as its posts go, and one never seen may be what levels of its kind may be. Scores are clipped for the fit
(Winsorised), so that no single post decides.

The range is not the model's own: it is made of the residuals of all posts, each predicted from the others and
divided by its own standard deviation (leave-one-out residuals of a linear smoother in closed form; the
jackknife interval of Barber et al. 2021). So it holds where the noise is neither normal nor symmetric.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flux.analyses.statistics import SURE, Estimate, Floats, clipped
from flux.catalog.breakdown import BUCKETS

INTERVAL = 0.8
LEAST_POSTS = 20  # of a history from which something is expected
HASHTAGS = ("none", "1 or 2", "3 to 5", "6 or more")
HASHTAG_STARTS = (0, 1, 3, 6)
LEVELS: dict[str, tuple[str, ...]] = {
    "format": BUCKETS["format"],
    "weekday": BUCKETS["day_of_week"],
    "hour": BUCKETS["hour"],
    "length": BUCKETS["length"],
    "hashtags": HASHTAGS,
}
GROUP = np.repeat(np.arange(len(LEVELS)), [len(levels) for levels in LEVELS.values()])
FIRST = np.array([int(np.searchsorted(GROUP, group)) for group in range(len(LEVELS))])
USUAL = np.array([0.3, 0.1, 0.1, 0.1, 0.1])
OVERALL = 1.0  # prior sd of µ: scores are centred, so it is near 0
START = math.log(0.2)
BOUNDS = (math.log(1e-3), math.log(5.0))

Codes = NDArray[np.int64]
"""A level's place in each group of LEVELS, in their order; -1: not known."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A fitted history: what it leads one to expect."""

    scores: Floats  # of its posts, in their order
    predicted: Floats  # each from all the others
    errors: Floats  # of those predictions, in their standard deviations, sorted
    mean: Floats  # of µ and of each level's effect
    covariance: Floats
    noise: float  # variance
    variances: Floats  # of the levels of each group
    counts: Floats  # posts of each level

    def predict(self, codes: Codes) -> Estimate:
        """The middle of what to expect of a post like that, and the ends of the range: logs of factors."""
        row = design(codes[None])[0]
        return self._around(float(row @ self.mean), self._variance(row, codes))

    def predict_own(self, place: int, codes: Codes) -> Estimate:
        """The same of a post of the history, from all its others."""
        variance = self._variance(design(codes[None])[0], codes)
        return self._around(float(self.predicted[place]), variance)

    def effect(self, group: int, level: int) -> Estimate:
        """A level against the other levels as the author uses them, all else equal; 95 % interval."""
        own = 1 + FIRST[group] + level
        others = np.flatnonzero(np.equal(GROUP, group)) + 1
        weights = np.where(others == own, 0, self.counts[others - 1])
        contrast = np.zeros(len(self.mean))
        if weights.sum():
            contrast[others] = -weights / weights.sum()
        contrast[own] = 1
        mean, sd = float(contrast @ self.mean), math.sqrt(float(contrast @ self.covariance @ contrast))
        return Estimate(mean, mean - SURE * sd, mean + SURE * sd)

    def posts_of(self, group: int, level: int) -> int:
        """How many posts of the history have this level."""
        return int(self.counts[FIRST[group] + level])

    def surpassed(self, score: float) -> float:
        """The share of the history below a score, 0 to 1; what equals it counts half."""
        below, same = np.sum(self.scores < score), np.sum(self.scores == score)
        return float((below + same / 2) / len(self.scores))

    def _variance(self, row: Floats, codes: Codes) -> float:
        unknown = float(self.variances[codes < 0].sum())
        return float(row @ self.covariance @ row) + unknown + self.noise

    def _around(self, mean: float, variance: float) -> Estimate:
        count, sd = len(self.errors), math.sqrt(variance)
        tail = (1 - INTERVAL) / 2 * (count + 1)
        low, high = self.errors[max(math.floor(tail), 1) - 1], self.errors[count - max(math.floor(tail), 1)]
        return Estimate(mean + sd * float(np.median(self.errors)), mean + sd * low, mean + sd * high)


def fit(codes: Codes, scores: Floats) -> Expectation:
    """The expectation of a history: a row of `codes` and a score for each post; at least LEAST_POSTS."""
    rows, fitted = design(codes), np.full(len(scores), np.median(scores))
    square = rows.T @ rows
    for _ in range(2):  # clipped around the middle first, then around what is expected of each
        held = clipped(scores, fitted)
        variances, noise = _variances(square, rows.T @ held, float(held @ held), len(scores))
        covariance = np.asarray(np.linalg.inv(square / noise + np.diag(_precision(variances))))
        mean = np.asarray(covariance @ (rows.T @ held) / noise)
        fitted = rows @ mean
    share = np.minimum(np.einsum("ij,jk,ik->i", rows, covariance, rows) / noise, 0.99)
    predicted = held - (held - fitted) / (1 - share)
    spread = noise * (1 + share / (1 - share)) + (codes < 0).astype(float) @ variances
    errors = np.sort((scores - predicted) / np.sqrt(spread))
    counts = np.asarray(rows[:, 1:].sum(axis=0))
    return Expectation(scores, predicted, errors, mean, covariance, noise, variances, counts)


def design(codes: Codes) -> Floats:
    """One row a post: 1 for µ, and 1 for each level that it has."""
    rows = np.zeros((len(codes), 1 + len(GROUP)))
    rows[:, 0] = 1
    posts, groups = np.nonzero(codes >= 0)
    rows[posts, 1 + FIRST[groups] + codes[posts, groups]] = 1
    return rows


def _precision(variances: Floats) -> Floats:
    return np.concatenate([[1 / OVERALL**2], 1 / variances[GROUP]])


def _variances(square: Floats, product: Floats, total: float, count: int) -> tuple[Floats, float]:
    """How much the levels of each group differ, and the noise."""
    from scipy.optimize import minimize

    arguments = (square, product, total, count)
    start = np.full(len(LEVELS) + 1, START)
    best = minimize(_loss, start, arguments, method="L-BFGS-B", jac=True, bounds=[BOUNDS] * len(start))
    found = np.exp(2 * best.x)
    return found[:-1], float(found[-1])


def _loss(logs: Floats, square: Floats, product: Floats, total: float, count: int) -> tuple[float, Floats]:
    """Minus the log marginal likelihood and the penalty, with its slopes, at the logs of the sds."""
    sds, noise = np.exp(logs[:-1]), float(np.exp(2 * logs[-1]))
    precision = _precision(sds**2)
    covariance = np.linalg.inv(square / noise + np.diag(precision))
    mean = covariance @ product / noise
    size = -np.linalg.slogdet(covariance)[1] - np.sum(np.log(precision))
    loss = (count * 2 * logs[-1] + size + (total - product @ mean) / noise) / 2
    spread = np.bincount(GROUP, (np.diag(covariance) + mean**2)[1:])
    slopes = np.bincount(GROUP) - spread / sds**2 - 1 + sds / USUAL
    left = total - 2 * product @ mean + mean @ square @ mean + np.sum(square * covariance)
    return float(loss + np.sum(sds / USUAL - logs[:-1])), np.append(slopes, count - left / noise)
