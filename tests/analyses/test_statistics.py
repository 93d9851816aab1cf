"""The shared statistics, against their definitions and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux.analyses.statistics import (
    block_bootstrap,
    clipped,
    finite,
    groups_test,
    holm,
    rank_test,
    ratio,
    shift,
    spread,
)

numbers = st.lists(st.integers(-50, 50), min_size=1, max_size=25)


@given(numbers, numbers)
def test_the_shift_is_the_median_of_all_pairs_differences(a: list[int], b: list[int]) -> None:
    found = shift(np.array(a, float), np.array(b, float))
    assert found.value == pytest.approx(float(np.median(np.subtract.outer(a, b))), abs=1e-6)
    assert found.low <= found.value + 1e-6 and found.value <= found.high + 1e-6


def test_the_shifts_interval_is_the_rank_tests_turned_round() -> None:
    """A shift inside the interval is one that the test would not refuse, one outside it would."""
    dice = np.random.default_rng(1)
    a, b = dice.normal(0.7, 1, 40), dice.normal(0, 1, 60)
    found = shift(a, b)
    for edge, inward in ((found.low, 1), (found.high, -1)):
        assert rank_test(a - edge - inward * 0.01, b) > 0.045
        assert rank_test(a - edge + inward * 0.03, b) < 0.055


def test_the_shifts_interval_holds_the_truth_in_95_of_100() -> None:
    held = 0
    for seed in range(400):
        dice = np.random.default_rng(seed)
        found = shift(0.4 + dice.standard_t(3, 15), dice.standard_t(3, 40))
        held += found.low <= 0.4 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_one_value_against_one_has_an_open_interval() -> None:
    found = shift(np.array([3.0]), np.array([1.0]))
    assert (found.value, found.low, found.high) == (2.0, -math.inf, math.inf)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]


def test_values_that_are_all_alike_differ_in_no_test() -> None:
    same = np.full(9, 2.0)
    assert rank_test(same, same) == groups_test([same, same, same]) == groups_test([same]) == 1


def test_one_far_value_is_drawn_in_and_the_others_stay() -> None:
    values = np.append(np.linspace(-1, 1, 99), 50.0)
    found = clipped(values, 0.0)
    assert found[:-1] == pytest.approx(values[:-1])
    assert found[-1] == pytest.approx(2 * spread(values))


def test_blocks_keep_what_neighbours_have_in_common() -> None:
    """The mean of a series with memory varies more than that of independent values, and this sees it."""
    dice = np.random.default_rng(2)
    series = dice.normal(size=1000)
    for i in range(1, 1000):
        series[i] += 0.6 * series[i - 1]
    blocks = np.std(block_bootstrap(series, lambda some: float(some.mean())))
    apart = np.std(block_bootstrap(dice.permutation(series), lambda some: float(some.mean())))
    assert blocks / apart > 1.4
    assert apart == pytest.approx(np.std(series) / math.sqrt(1000), rel=0.25)


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, 0.0), (1234.567, 1235.0), (-0.00012345, -0.0001234), (math.nan, None), (-math.inf, None)],
)
def test_figures_are_rounded_and_never_nan(value: float, told: float | None) -> None:
    assert finite(value) == told


def test_a_log_becomes_a_factor() -> None:
    assert ratio(math.log(1.5)) == 1.5
    assert ratio(-math.inf) == 0
    assert ratio(math.nan) is None
