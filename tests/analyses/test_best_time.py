"""best_time: a planted hour is found, one viral post wins nothing, noise stands out rarely."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from flux.analyses import KINDS
from flux.analyses.best_time import BestTime
from flux.analyses.pooling import by_slot, pool
from flux.analyses.week_times import WEEKDAYS
from tests.analyses.making import DAY, START, author, frame, material

BEST = KINDS["best_time"]
HOURS = (7, 8, 9, 12, 17)


def moments(dice: np.random.Generator, count: int) -> Any:
    days = np.sort(dice.integers(0, 700, count))
    return START + days * DAY + dice.choice(HOURS, count) * 3600 + dice.integers(0, 3600, count)


def best_time(seed: int, count: int, log_effect: Any) -> BestTime:
    """Of an author with five usual hours; `log_effect` is a function of weekdays and hours."""
    dice = np.random.default_rng(seed)
    at = moments(dice, count)
    local = pd.to_datetime(pd.Series(at), unit="s").dt
    logs = log_effect(local.day_of_week.to_numpy(), local.hour.to_numpy())
    found = BEST.run(material(frame(author(dice, count, at=at, log_effect=logs))), BEST.parameters())
    assert isinstance(found, BestTime)
    return found


@pytest.mark.parametrize("count", [60, 400])
def test_noise_rarely_has_a_best_time(count: int) -> None:
    found = [best_time(seed, count, lambda day, hour: 0.0 * hour) for seed in range(40)]
    assert sum(f.best is not None for f in found) <= 3
    assert not any("do best" in f.verdict for f in found if f.best is None)
    assert sum("No time stands out" in f.verdict for f in found) >= 35


def test_a_planted_hour_is_found() -> None:
    found = [best_time(seed, 300, lambda day, hour: 0.7 * (hour == 8)) for seed in range(30)]
    assert sum(f.best is not None and f.best.hour == 8 for f in found) >= 28
    assert "between 08:00 and 09:00" in found[0].verdict


def test_a_planted_weekday_is_found() -> None:
    found = [best_time(seed, 300, lambda day, hour: 0.7 * (day == 1)) for seed in range(30)]
    assert sum(f.best is not None and f.best.weekday == "Tuesday" for f in found) >= 28


def test_one_viral_post_does_not_win() -> None:
    for seed in range(20):
        dice = np.random.default_rng(seed)
        posts = author(dice, 120, at=moments(dice, 120))
        posts["published_at"][60] = START + 400 * DAY + 3 * 3600  # alone at three in the morning
        posts["published_at"] = np.sort(posts["published_at"])
        alone = int(np.flatnonzero(posts["published_at"] % DAY < 4 * 3600)[0])
        posts["engagement"][alone] = 60_000
        found = BEST.run(material(frame(posts)), BEST.parameters())
        slot = next(s for s in found.slots if s.hour == 3)
        assert slot.posts == 1 and slot.multiple < 1.6 and slot.sure < 0.95
        assert found.best is None or found.best.hour != 3


def test_intervals_hold_the_truth_in_95_of_100() -> None:
    held = []
    for seed in range(40):
        dice = np.random.default_rng(1000 + seed)
        days, hours, slots = dice.normal(0, 0.25, 7), dice.normal(0, 0.25, 24), dice.normal(0, 0.1, (7, 24))
        truth = days[:, None] + hours + slots
        found = best_time(seed, 250, lambda day, hour, truth=truth: truth[day, hour])
        average = (
            sum(truth[WEEKDAYS.index(s.weekday or ""), s.hour or 0] * s.posts for s in found.slots) / 250
        )
        for slot in found.slots:
            effect = np.exp(truth[WEEKDAYS.index(slot.weekday or ""), slot.hour or 0] - average)
            held.append(slot.low * 0.99 <= effect <= slot.high * 1.01)
    assert 0.92 <= np.mean(held) <= 0.99


def test_the_fewer_posts_the_nearer_to_the_average() -> None:
    """Two slots of the same mean, one of them of one post only."""
    dice = np.random.default_rng(3)
    weekday = np.repeat(range(7), [60, 60, 60, 60, 60, 25, 1])
    noise = dice.normal(0, 0.8, 326)
    noise[300:325] += 0.8 - noise[300:325].mean()
    noise[325] = 0.8
    slots = by_slot(weekday, np.full(326, 9), noise)
    week = pool(slots)
    mean, sd = zip(*(week.average(np.eye(168)[day * 24 + 9]) for day in range(7)), strict=True)
    assert slots.mean[5] == pytest.approx(slots.mean[6]) == pytest.approx(0.8)
    assert 0.5 < mean[5] < 0.8
    assert 0 < mean[6] < 0.4
    assert sd[6] > sd[5] > sd[0]


def test_hours_are_told_apart_from_the_weekdays_they_go_with() -> None:
    """Who posts at eight on good days only has good days, not a good hour."""
    dice = np.random.default_rng(6)
    day = np.arange(700)
    at = START + day * DAY + np.where((day % 7 < 3) & (dice.uniform(size=700) < 0.8), 8, 12) * 3600
    found = BEST.run(
        material(frame(author(dice, 700, at=at, log_effect=0.7 * (day % 7 < 3)))), BEST.parameters()
    )
    eight, noon = found.hours
    assert (eight.hour, noon.hour) == (8, 12)
    assert eight.multiple / noon.multiple < 1.3, "posts at eight got some 1.8 times as much"
    good, usual = found.weekdays[:3], found.weekdays[3:]
    assert min(s.multiple for s in good) > 1.2 * max(s.multiple for s in usual)


def test_posts_whose_hour_is_not_known_are_left_out() -> None:
    dice = np.random.default_rng(4)
    posts = author(dice, 100, at=moments(dice, 100), time_known=np.arange(100) % 2 == 0)
    found = BEST.run(material(frame(posts)), BEST.parameters())
    assert sum(s.posts for s in found.slots) == 50
    assert any("The hour of 50 posts is not known" in note for note in found.notes)


def test_profiles_of_other_sizes_are_compared_with_themselves() -> None:
    """A large profile posts at noon, a small one at eight: that makes noon no better."""
    dice = np.random.default_rng(5)
    days = START + np.arange(150) * DAY
    small = frame(author(dice, 150, level=10, at=days + 8 * 3600))
    large = frame(author(dice, 150, level=5000, at=days + 12 * 3600), "Bob", 2)
    found = BEST.run(material(small, large), BEST.parameters())
    assert found.best is None
    assert all(0.8 < s.multiple < 1.25 for s in found.slots)
