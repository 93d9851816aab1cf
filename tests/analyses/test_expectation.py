"""What a history leads one to expect, checked on simulated authors whose truth is known."""

from dataclasses import dataclass

import numpy as np
import pytest

from flux.analyses.expectation import GROUP, LEVELS, Codes, Expectation, design, fit
from flux.analyses.features import codes_of
from flux.analyses.statistics import Floats
from flux.detrend import detrend

DAY = 86_400
NEW = 10  # posts of each author that come after the history
VIDEO = LEVELS["format"].index("video")
DOUBLED = tuple(np.log(2) if name == "video" else 0.0 for name in LEVELS["format"])
NOTHING = (0.0,) * 7
MIXED = (0.0, 0.3, 0.7, 0.2, -0.3, 0.0, 0.0)


@dataclass
class Author:
    """A simulated history with its fit, and what the next posts really earned, on the same scale."""

    model: Expectation
    codes: Codes
    truth: Floats


def simulate(seed: int, posts: int, formats: tuple[float, ...]) -> Author:
    """A wandering audience, heavy-tailed noise of 0.9 (what LinkedIn's posts have), whole counts."""
    dice = np.random.default_rng(seed)
    every = posts + NEW
    moments = np.sort(dice.uniform(0, posts * 2.5 * DAY, every))
    shares = [0.35, 0.3, 0.1, 0.1, 0.05, 0.05, 0.05]
    codes = np.stack(
        [dice.choice(7, every, p=shares), dice.integers(0, 7, every), dice.integers(0, 24, every),
         dice.integers(0, 4, every), dice.integers(0, 4, every)], axis=1,
    )  # fmt: skip
    level = np.log(60) + 0.5 * np.sin(moments / moments[-1] * dice.uniform(1, 5) + dice.uniform(0, 6))
    score = np.array(formats)[codes[:, 0]] + dice.standard_t(5, every) * 0.9 / np.sqrt(5 / 3)
    counts = dice.poisson(np.exp(level + score)).astype(float)
    known = detrend(moments[:posts], counts[:posts], np.full(posts, np.nan))
    typical = np.log(known.typical + 0.5)
    truth = counts[posts:] / np.exp(level[posts:] - level[:posts].mean())
    model = fit(codes[:posts], np.log(known.adjusted + 0.5) - typical)
    return Author(model, codes[posts:], np.log(truth + 0.5) - typical)


@pytest.mark.parametrize("posts", [20, 40, 150])
@pytest.mark.parametrize("formats", [NOTHING, MIXED], ids=["noise", "effects"])
def test_eight_posts_of_ten_fall_into_the_range(posts: int, formats: tuple[float, ...]) -> None:
    inside = []
    for seed in range(100):
        author = simulate(seed, posts, formats)
        for codes, truth in zip(author.codes, author.truth, strict=True):
            range_ = author.model.predict(codes)
            inside.append(range_.low <= truth <= range_.high)
    assert 0.75 <= np.mean(inside) <= 0.85


def test_a_format_that_doubles_engagement_is_found() -> None:
    effects = [simulate(seed, 300, DOUBLED).model.effect(0, VIDEO) for seed in range(40)]
    assert np.mean([effect.low > 0 for effect in effects]) >= 0.9
    assert 1.5 <= np.exp(np.median([effect.value for effect in effects])) <= 2.1


def test_noise_gives_no_factor() -> None:
    clear = []
    for seed in range(60):
        author = simulate(seed, 100, NOTHING)
        for codes in author.codes:
            effects = [author.model.effect(group, level) for group, level in enumerate(codes)]
            clear += [effect.low > 0 or effect.high < 0 for effect in effects]
    assert np.mean(clear) <= 0.03


def test_a_level_never_seen_widens_the_range() -> None:
    dice = np.random.default_rng(5)
    codes = np.stack([dice.integers(0, 2, 80), *(dice.integers(0, n, 80) for n in (7, 24, 4, 4))], axis=1)
    model = fit(codes, np.array([0.0, 0.6])[codes[:, 0]] + dice.normal(0, 0.9, 80))
    seen, unseen = (model.predict(np.array([form, 1, 9, 1, 1])) for form in (0, VIDEO))
    assert model.posts_of(0, VIDEO) == 0
    assert unseen.high - unseen.low > seen.high - seen.low


def test_a_post_of_the_history_is_predicted_from_the_others_alone() -> None:
    """In closed form; here each is left out and predicted by a ridge of the same variances."""
    dice = np.random.default_rng(4)
    codes = np.stack([dice.integers(0, n, 40) for n in (7, 7, 24, 4, 4)], axis=1)
    scores = dice.uniform(-0.5, 0.5, 40)  # nothing is far enough out to be clipped
    model, rows = fit(codes, scores), design(codes)
    ridge = np.diag(np.concatenate([[1.0], 1 / model.variances[GROUP]]))
    for place in range(40):
        others = np.delete(rows, place, axis=0)
        told = others.T @ np.delete(scores, place) / model.noise
        mean = np.linalg.solve(others.T @ others / model.noise + ridge, told)
        assert model.predicted[place] == pytest.approx(rows[place] @ mean, abs=1e-6)


def test_a_constant_history_expects_the_same_again() -> None:
    codes = np.tile(np.array([0, 1, 9, 1, 0]), (30, 1))
    model = fit(codes, np.zeros(30))
    range_ = model.predict(codes[0])
    assert abs(range_.value) < 0.01
    assert np.isfinite([range_.low, range_.high]).all()


def test_features_are_places_in_the_levels() -> None:
    from datetime import datetime

    tuesday = datetime(2026, 1, 6, 9, 30)  # noqa: DTZ001 - local, as features are
    assert codes_of("video", tuesday, True, 900, 4).tolist() == [2, 1, 9, 2, 2]
    assert codes_of(None, tuesday, False, None, 0).tolist() == [-1, 1, -1, -1, 0]
    assert codes_of("poll", None, True, 299, None).tolist() == [5, -1, -1, 0, -1]
