"""The model, from its definition: what must hold whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from flux.detrend import CLIP, DAY, HOUR, STIFFNESS, detrend, mature_share

START = 1_600_000_000.0


def days(*numbers: float) -> np.ndarray:
    return START + np.array(numbers, dtype=float) * DAY


def unread(published: np.ndarray) -> np.ndarray:
    return np.full(len(published), np.nan)


def adjusted(published: np.ndarray, engagement: np.ndarray, read_at: np.ndarray | None = None) -> np.ndarray:
    read_at = unread(published) if read_at is None else read_at
    return detrend(published, np.asarray(engagement, dtype=float), read_at).adjusted


def test_a_constant_history_is_left_as_it_is() -> None:
    found = detrend(days(*range(50)), np.full(50, 40.0), unread(days(*range(50))))
    assert found.adjusted.tolist() == [40.0] * 50
    assert found.expected == pytest.approx(40.0, abs=0.01)


def test_exponential_growth_comes_out_flat_within_two_percent() -> None:
    published = days(*range(0, 730, 2))
    engagement = 100 * np.exp(np.linspace(0, 1.5, len(published)))
    found = adjusted(published, engagement)
    inner = found[30:-30]  # at the two ends half of the neighbours are missing
    assert np.max(np.abs(inner / np.mean(inner) - 1)) < 0.02


def test_one_viral_post_moves_the_others_by_less_than_six_percent() -> None:
    noise = np.random.default_rng(5).lognormal(0, 0.8, 300)
    published = days(*np.arange(300) * 2)
    plain = np.round(60 * noise)
    viral = plain.copy()
    viral[150] *= 100
    before, after = adjusted(published, plain), adjusted(published, viral)
    others = (np.arange(300) != 150) & (before > 0)
    assert np.max(np.abs(after[others] / before[others] - 1)) < 0.06


def test_a_step_in_level_is_followed() -> None:
    published = days(*range(400))
    engagement = np.where(np.arange(400) < 200, 20.0, 200.0)
    found = detrend(published, engagement, unread(published))
    assert found.expected[100] == pytest.approx(20, rel=0.05)
    assert found.expected[300] == pytest.approx(200, rel=0.05)
    assert abs(np.log(found.adjusted[300] / found.adjusted[100])) < 0.05 * np.log(10)


def test_the_level_is_the_minimum_of_the_stated_sum() -> None:
    dice = np.random.default_rng(2)
    published = np.sort(START + dice.uniform(0, 300 * DAY, 12))
    engagement = np.round(dice.lognormal(3, 1, 12))
    logs = np.log(engagement + 0.5)
    stiffness = STIFFNESS / np.maximum(np.diff(published), HOUR)

    def objective(level: np.ndarray) -> float:
        off = np.abs(logs - level)
        huber = np.where(off <= CLIP, off**2 / 2, CLIP * off - CLIP**2 / 2)
        return float(np.sum(huber) + 0.5 * np.sum(stiffness * np.diff(level) ** 2))

    best = minimize(
        objective, np.full(12, np.median(logs)), method="BFGS", options={"gtol": 1e-10, "maxiter": 10_000}
    ).x
    found = detrend(published, engagement, unread(published))
    assert np.log(found.expected + 0.5) == pytest.approx(best, abs=2e-3)
    assert found.adjusted == pytest.approx(engagement * np.exp(np.mean(best) - best), rel=2e-3, abs=0.02)


def test_rows_may_come_in_any_order() -> None:
    dice = np.random.default_rng(3)
    published = START + dice.integers(0, 400, 80) * DAY / 2
    engagement = dice.poisson(30, 80).astype(float)
    read_at = published + dice.uniform(0, 20 * DAY, 80)
    order = dice.permutation(80)
    straight = detrend(published, engagement, read_at)
    shuffled = detrend(published[order], engagement[order], read_at[order])
    assert shuffled.adjusted.tolist() == straight.adjusted[order].tolist()
    assert shuffled.expected.tolist() == straight.expected[order].tolist()


def test_zero_stays_zero_and_unknown_unknown() -> None:
    published = days(0, 1, 2, 3, 4)
    found = adjusted(published, np.array([5, 0, np.nan, 8, 2]))
    assert found[1] == 0
    assert np.isnan(found[2]) and np.isfinite(found[[0, 1, 3, 4]]).all()
    whole = adjusted(published[[0, 1, 3, 4]], np.array([5, 0, 8, 2]))
    assert found[[0, 1, 3, 4]].tolist() == whole.tolist()


@pytest.mark.parametrize("published", [[], [0], [0, 0, 0], [0, 1, 1, 0]])
def test_fewer_than_three_moments_give_the_mature_count(published: list[float]) -> None:
    moments = days(*published)
    engagement = np.arange(len(moments)) + 3.0
    assert adjusted(moments, engagement).tolist() == engagement.tolist()
    young = adjusted(moments, engagement, moments + DAY)
    assert young.tolist() == [round(e / (8 / 14), 2) for e in engagement.tolist()]
    assert np.isnan(detrend(moments, engagement, unread(moments)).expected).all()


def test_two_posts_of_one_moment_keep_their_order() -> None:
    found = adjusted(days(0, 1, 1, 1, 2, 3), np.array([9, 1, 2, 40, 9, 9]))
    assert found[1] < found[2] < found[3]
    assert found[2] / found[1] == pytest.approx(2, abs=0.02)


def test_maturity_by_hand() -> None:
    ages = np.array([0, 6.7 * HOUR, DAY, 3 * DAY, 7 * DAY, 400 * DAY, -DAY, np.nan])
    shares = mature_share(np.zeros(8), ages)
    by_hand = [0.25, 0.25, 8 / 14, 3 / 4 * 8 / 7, 1, 1, 0.25, 1]
    assert shares == pytest.approx(by_hand, abs=0.003)


@settings(deadline=None)
@given(st.data())
def test_finite_not_negative_and_rising_with_a_posts_own_engagement(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 30))
    numbers = st.lists(st.integers(0, 10**6), min_size=count, max_size=count)
    published = START + np.array(
        data.draw(st.lists(st.integers(0, 10**8), min_size=count, max_size=count)), dtype=float
    )
    engagement = np.array(data.draw(numbers), dtype=float)
    read_at = published + np.array(data.draw(numbers), dtype=float)
    found = adjusted(published, engagement, read_at)
    assert np.isfinite(found).all() and (found >= 0).all()
    place = data.draw(st.integers(0, count - 1))
    more = engagement.copy()
    more[place] += data.draw(st.integers(1, 10**6))
    assert adjusted(published, more, read_at)[place] >= found[place]
