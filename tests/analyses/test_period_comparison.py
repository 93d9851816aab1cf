"""period_comparison: a planted difference is told with its size, and both windows are the right ones."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from flux.analyses import KINDS
from flux.analyses.period_comparison import PeriodComparison
from flux.catalog.ranges import Window
from flux.mistakes import InvalidParameter
from tests.analyses.making import DAY, START, author, frame, material

COMPARE = KINDS["period_comparison"]
YEAR = Window(date(2025, 1, 1), date(2025, 12, 31))


def compare(seed: int, count: int, factor: float, **parameters: Any) -> PeriodComparison:
    """Two years of posts; those of the second get `factor` times as much."""
    dice = np.random.default_rng(seed)
    moments = np.sort(START + dice.uniform(0, 731 * DAY, count)).astype("int64")
    logs = np.where(moments >= START + 366 * DAY, np.log(factor), 0)
    of = material(frame(author(dice, count, at=moments, log_effect=logs)), window=YEAR)
    found = COMPARE.run(of, COMPARE.parameters.model_validate(parameters))
    assert isinstance(found, PeriodComparison)
    return found


def test_a_known_factor_lies_in_the_interval() -> None:
    found = [compare(seed, 300, 1.5).per_post for seed in range(100)]
    assert np.mean([(f.low or 0) <= 1.5 <= (f.high or 99) for f in found if f]) >= 0.91
    assert np.mean([f.outcome == "more" for f in found if f]) > 0.9


def test_no_difference_is_rarely_told() -> None:
    told = [compare(seed, 200, 1.0) for seed in range(100)]
    assert sum(f.per_post is not None and f.per_post.outcome != "no clear difference" for f in told) <= 9


def test_growth_shows_in_engagement_and_less_when_adjusted() -> None:
    found = compare(1, 600, 3.0)
    assert found.per_post and found.adjusted_per_post
    assert (found.per_post.factor or 0) > 2.4
    assert (found.adjusted_per_post.factor or 9) < 1.5
    assert found.verdict.startswith("Posts got ")


def test_the_stretch_before_has_the_same_length() -> None:
    found = compare(1, 300, 1.0)
    assert found.before and found.now
    assert (found.before.from_, found.before.to) == ("2024-01-02", "2024-12-31")
    assert found.now.posts + found.before.posts <= 300


def test_a_window_of_ones_own_is_compared_with() -> None:
    found = compare(1, 300, 1.0, compare_from="2024-01-01", compare_to="2024-06-30")
    assert found.before and (found.before.from_, found.before.to) == ("2024-01-01", "2024-06-30")


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"compare_from": "2024-01-01"}, "given together with 'compare_to'"),
        ({"compare_to": "2024-01-01"}, "given together with 'compare_from'"),
        ({"compare_from": "2024-06-01", "compare_to": "2024-01-01"}, "not after 'compare_to'"),
        ({"compare_from": "2024-06-01", "compare_to": "2025-01-01"}, "shares no day with 2025-01-01"),
        ({"compare_from": "2024-02-30", "compare_to": "2025-01-01"}, "a day from 1970-01-01"),
        ({"range": "all"}, "something before it"),
    ],
)
def test_a_window_that_will_not_do_is_refused(parameters: dict[str, str], told: str) -> None:
    with pytest.raises(InvalidParameter, match=told) as refused:
        compare(1, 50, 1.0, **parameters)
    assert refused.value.details["parameter"] in parameters


def test_few_posts_in_either_window_are_told() -> None:
    dice = np.random.default_rng(2)
    of = material(frame(author(dice, 40, days=300)), window=YEAR)
    found = COMPARE.run(of, COMPARE.parameters())
    assert found.verdict == (
        "Not enough data: at least 8 measured posts from 2025-01-01 to 2025-12-31 are needed; there are 0."
    )
    before = COMPARE.run(
        replace(of, window=Window(date(2024, 1, 1), date(2024, 12, 31))), COMPARE.parameters()
    )
    assert "from 2022-12-31 to 2023-12-31" in before.verdict
