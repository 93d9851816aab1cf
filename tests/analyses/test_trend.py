"""trend: planted growth and steps are found, noise gives neither, the interval holds the truth."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from flux.analyses import KINDS
from flux.analyses.trend import Trend
from tests.analyses.making import DAY, START, author, frame, material

TREND = KINDS["trend"]
MONTH = 365.25 / 12


def trend(seed: int, count: int, log_level: Any) -> Trend:
    """The trend of an author over two years; `log_level` is a function of the years gone, 0 to 1."""
    dice = np.random.default_rng(seed)
    moments = np.sort(START + dice.uniform(0, 730 * DAY, count)).astype("int64")
    logs = log_level((moments - START) / DAY / 730)
    found = TREND.run(material(frame(author(dice, count, at=moments, log_effect=logs))), TREND.parameters())
    assert isinstance(found, Trend)
    return found


@pytest.mark.parametrize("count", [50, 200, 1000])
def test_pure_noise_has_no_step_in_95_of_100(count: int) -> None:
    assert sum(bool(trend(seed, count, lambda t: 0 * t).steps) for seed in range(100)) <= 5


def test_steady_growth_is_no_step() -> None:
    assert sum(bool(trend(seed, 200, lambda t: np.log(3) * t).steps) for seed in range(60)) <= 6


def test_a_step_is_found_near_its_day() -> None:
    near = 0
    for seed in range(40):
        steps = trend(seed, 300, lambda t: np.where(t > 0.6, np.log(2.5), 0)).steps
        off = [abs((date.fromisoformat(s.date) - date(2025, 3, 13)).days) for s in steps]
        near += bool(off) and min(off) <= 30
        assert len(steps) <= 2
        assert all(1.5 < (s.factor or 0) < 4 for s in steps if len(steps) == 1)
    assert near >= 37


@pytest.mark.parametrize("count", [60, 300])
def test_the_interval_of_growth_holds_the_truth(count: int) -> None:
    a_month = 2 ** (MONTH / 730) - 1
    held = sure = 0
    for seed in range(100):
        growth = trend(seed, count, lambda t: np.log(2) * t).growth
        assert growth and growth.per_month_low is not None and growth.per_month_high is not None
        held += growth.per_month_low <= a_month <= growth.per_month_high
        sure += growth.per_month_low > 0
    assert held >= 89
    assert sure >= 40


def test_growth_is_told_in_words() -> None:
    found = trend(1, 600, lambda t: np.log(4) * t)
    assert found.verdict.startswith("What a usual post gets grows by ")
    assert found.growth and 2 < (found.growth.over_window or 0) < 4, "three times as much again"
    assert trend(1, 600, lambda t: -np.log(4) * t).verdict.startswith("What a usual post gets shrinks by ")


def test_growth_of_two_profiles_is_not_their_difference() -> None:
    """A large profile that posts late and a small one that posts early: neither grows."""
    dice = np.random.default_rng(5)
    early = START + np.arange(200) * DAY
    small = frame(author(dice, 200, level=20, at=early))
    large = frame(author(dice, 200, level=900, at=early + 400 * DAY), "Bob", 2)
    found = TREND.run(material(small, large), TREND.parameters())
    assert found.growth.per_month_low <= 0 <= found.growth.per_month_high


def test_levels_tell_every_month_and_leave_gaps_open() -> None:
    dice = np.random.default_rng(6)
    moments = START + np.concatenate([np.arange(40), 200 + np.arange(40)]) * DAY
    found = TREND.run(material(frame(author(dice, 80, at=moments))), TREND.parameters())
    months = [point.month for point in found.levels]
    assert months == [f"2024-{n:02d}-01" for n in range(1, 9)]
    assert [point.posts for point in found.levels] == [31, 9, 0, 0, 0, 0, 13, 27]
    assert [point.level is None for point in found.levels] == [False, False, *[True] * 4, False, False]
