"""The statistics that several analyses share: robust, on logarithms, from scipy where it has them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SURE = 1.959964  # standard deviations each way that hold 95 %
LEVEL = 0.05  # of all tests
RESAMPLES = 999
CLIP = 2.0  # robust standard deviations
SEED = 20_260_101  # fixed: equal data, equal answer
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; NaN or infinite where it cannot be told."""

    value: float
    low: float
    high: float


def finite(value: float, digits: int = 4) -> float | None:
    """`value` rounded to so many significant digits; None for NaN and the infinite."""
    number = float(value)
    if not math.isfinite(number) or number == 0:
        return 0.0 if number == 0 else None
    return round(number, digits - 1 - math.floor(math.log10(abs(number))))


def ratio(log: float, digits: int = 3) -> float | None:
    """A difference of logarithms as a factor: 0 is 1, half as much again is 1.5."""
    return finite(math.exp(min(float(log), 700.0)), digits) if not math.isnan(log) else None


def spread(values: Floats) -> float:
    """The standard deviation as the middle half tells it (scaled MAD); the plain one where that is 0."""
    from scipy.stats import median_abs_deviation

    robust = float(median_abs_deviation(values, scale="normal"))
    return robust or float(np.std(values))


def clipped(values: Floats, around: Floats | float) -> Floats:
    """`values` at most CLIP robust standard deviations away from `around`: no single post decides.

    Winsorising (Tukey 1962), the influence that Huber's loss gives each value.
    """
    away = values - around
    bound = CLIP * spread(away)
    return np.asarray(around + np.clip(away, -bound, bound))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several tests, adjusted so that one false alarm in all is as rare as in one (Holm 1979)."""
    order = np.argsort(p_values)
    steps = np.asarray(p_values, dtype=float)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return [float(p) for p in adjusted]


def rank_test(a: Floats, b: Floats) -> float:
    """The two-sided p-value of Mann and Whitney (1947); 1 where all values are alike."""
    from scipy.stats import mannwhitneyu

    if np.ptp(np.concatenate([a, b])) == 0:
        return 1.0
    return float(mannwhitneyu(a, b, method="asymptotic").pvalue)


def groups_test(groups: Sequence[Floats]) -> float:
    """The p-value of Kruskal and Wallis (1952) for all groups being of one distribution."""
    from scipy.stats import kruskal

    if len(groups) < 2 or np.ptp(np.concatenate(groups)) == 0:
        return 1.0
    return float(kruskal(*groups).pvalue)


def shift(a: Floats, b: Floats) -> Estimate:
    """How far `a` lies above `b`: the median of all pairs' differences, with its distribution-free interval.

    Hodges and Lehmann (1963); the interval is Moses', the rank test's own turned round (Hollander and Wolfe,
    Nonparametric Statistical Methods, 4.3).
    """
    pairs = len(a) * len(b)
    off = SURE * math.sqrt(pairs * (len(a) + len(b) + 1) / 12)
    least = math.floor(pairs / 2 - off)
    middle = (_pair(a, b, (pairs + 1) // 2) + _pair(a, b, pairs // 2 + 1)) / 2
    if least < 1:
        return Estimate(middle, -math.inf, math.inf)
    return Estimate(middle, _pair(a, b, least), _pair(a, b, pairs - least + 1))


def _pair(a: Floats, b: Floats, rank: int) -> float:
    """The difference of that rank among all pairs, by halving: ten thousand posts have millions of them."""
    ordered = np.sort(b)
    low, high = float(np.min(a) - ordered[-1]) - 1e-9, float(np.max(a) - ordered[0])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.sum(len(ordered) - np.searchsorted(ordered, a - middle, side="left")) >= rank:
            high = middle
        else:
            low = middle
    return round(high, 9)


def block_bootstrap(residuals: Floats, statistic: Callable[[Floats], float]) -> Floats:
    """RESAMPLES values of `statistic` on residuals drawn anew in blocks of neighbours.

    The moving-block bootstrap (Künsch 1989): blocks of n^(1/3) keep what neighbours have in common. Blocks
    vary less than the whole by √(1 - length / n), which is made good.
    """
    count = len(residuals)
    length = max(1, math.ceil(count ** (1 / 3)))
    residuals = residuals * math.sqrt(count / max(count - length, 1))
    dice = np.random.default_rng(SEED)
    starts = dice.integers(0, count - length + 1, (RESAMPLES, math.ceil(count / length)))
    within = np.arange(length)
    return np.array([statistic(residuals[(s[:, None] + within).ravel()[:count]]) for s in starts])
