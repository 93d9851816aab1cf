"""roi: sums by hand, a planted effect in its interval, links that are only time's or chance's rarely told."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flux.analyses import KINDS
from flux.analyses.kind import check_columns
from flux.analyses.roi import Roi, RoiParameters
from flux.catalog.ranges import Window
from flux.mistakes import InvalidParameter
from tests.analyses.making import DAY, FIRST, START, frame, material

ROI = KINDS["roi"]


def parameters(**more: Any) -> RoiParameters:
    given = {"data_source_id": "ds_00000000001", "date_column": "date", "amount_column": "spend"}
    return RoiParameters.model_validate(given | more)


def roi(at: Any, engagement: Any, days: list[Any], amounts: Any, **more: Any) -> Roi:
    table = pd.DataFrame({"date": days, "spend": list(amounts)}).astype("object")
    posts = frame({"published_at": np.array(at).astype("int64"), "engagement": engagement})
    found = ROI.run(material(posts, table=table), parameters(**more))
    assert isinstance(found, Roi)
    return found


def iso(at: Any) -> list[str]:
    return [str(np.datetime64(int(second), "s"))[:10] for second in at]


def weekly(seed: int, effect: float, weeks: int = 52, both_grow: bool = False) -> Roi:
    dice = np.random.default_rng(seed)
    grown = 1 + np.arange(weeks) / weeks * 2 * both_grow
    spend = dice.gamma(2, 50, weeks) * grown
    engagement = np.round(200 * dice.lognormal(0, 0.5, weeks) * grown + effect * spend)
    at = START + np.arange(weeks) * 7 * DAY + DAY
    return roi(at, engagement, iso(at), spend)


def test_sums_by_hand() -> None:
    at = START + np.array([0, 1, 8, 15]) * DAY  # two in the first week, one in each of the next two
    days = ["2024-01-01", "2024-01-07", "2024-01-20T10:00:00+02:00", None, "2024-01-16"]
    found = roi(at, [10, 20, np.nan, 40], days, [5, 7.5, 8, 3, None])
    told = [(p.start, p.amount, p.posts, p.engagement) for p in found.periods]
    assert told == [("2024-01-01", 12.5, 2, 30), ("2024-01-08", 0.0, 1, None), ("2024-01-15", 8.0, 1, 40)]
    assert (found.amount, found.posts, found.engagement) == (20.5, 4, 70)
    assert found.cost_per_engagement == pytest.approx(20.5 / 70, abs=1e-4)
    assert found.cost_per_post == pytest.approx(20.5 / 4, abs=1e-3)
    assert any("2 rows of the table have no day or no amount" in note for note in found.notes)
    assert not found.enough and found.verdict == (
        "Not enough data: at least 12 posts whose engagement is known are needed; there are 3."
    )


def test_months_and_days_are_summed_too() -> None:
    at = START + np.array([0, 40]) * DAY
    months = roi(at, [10, 20], ["2024-01-31", "2024-02-01"], [1, 2], period="month")
    assert [(p.start, p.amount, p.engagement) for p in months.periods] == [
        ("2024-01-01", 1.0, 10),
        ("2024-02-01", 2.0, 20),
    ]
    days = roi(at, [10, 20], ["2024-01-01", "2024-01-03"], [1, 2], period="day")
    assert [(p.start, p.amount, p.posts) for p in days.periods] == [
        ("2024-01-01", 1.0, 1),
        ("2024-01-02", 0.0, 0),
        ("2024-01-03", 2.0, 0),
    ]


def test_a_known_effect_lies_in_the_interval() -> None:
    relations = [weekly(seed, 1.0).relation for seed in range(100)]
    assert np.mean([r.low <= 1.0 <= r.high for r in relations]) >= 0.91
    assert np.mean([r.p_value < 0.05 for r in relations]) > 0.85
    assert "goes with more engagement" in weekly(1, 3.0).verdict


def test_chance_and_common_growth_are_rarely_taken_for_a_link() -> None:
    for both_grow in (False, True):
        found = [weekly(seed, 0.0, both_grow=both_grow) for seed in range(100)]
        assert sum("No clear link" not in f.verdict for f in found) <= 11


def test_a_later_effect_is_found_with_the_lag() -> None:
    dice = np.random.default_rng(3)
    spend = dice.gamma(2, 50, 60)
    at = START + np.arange(60) * 7 * DAY + DAY
    engagement = np.round(100 + 3 * np.append(0, spend[:-1]) + dice.normal(0, 20, 60))
    now, later = (roi(at, engagement, iso(at), spend, lag=lag).relation for lag in (0, 1))
    assert later and later.p_value is not None and later.p_value < 1e-6
    assert later.slope == pytest.approx(3, abs=0.3)
    assert now and now.p_value is not None and now.p_value > 0.01


def test_an_amount_that_never_changes_tells_nothing() -> None:
    at = START + np.arange(30) * 7 * DAY
    found = roi(at, np.arange(30.0), iso(at), np.full(30, 20))
    assert found.verdict == "Not enough data: the amount is the same in every week."
    few = roi(np.repeat(at, 2), np.arange(60.0), iso(at)[:11], np.arange(11))
    assert few.verdict == (
        "Not enough data: at least 12 weeks with amount and engagement are needed; there are 11."
    )
    assert found.cost_per_engagement is not None


def test_only_the_posts_of_the_tables_time_are_the_sample() -> None:
    at = START + np.arange(30) * 7 * DAY
    found = roi(at, np.arange(30.0), iso(at)[10:15], range(5))
    assert (found.sample.posts, found.sample.posts_measured, found.posts) == (5, 5, 5)
    assert found.verdict.endswith("posts whose engagement is known are needed; there are 5.")
    assert roi(at, np.arange(30.0), iso(at)[10:15], range(5), lag=2).sample.posts == 7


def test_what_comes_later_is_counted_later() -> None:
    at = START + np.arange(4) * 7 * DAY
    found = roi(at, [1, 2, 3, 4], iso(at)[:2], [10, 20], lag=2)
    assert [p.engagement for p in found.periods] == [1, 2, 3, 4]
    assert (found.amount, found.posts, found.engagement) == (30, 2, 7)
    assert found.cost_per_engagement == pytest.approx(30 / 7, abs=1e-3) and found.cost_per_post == 15


def test_the_later_periods_may_lie_after_the_window_but_not_after_today() -> None:
    at = START + np.arange(5) * 7 * DAY
    table = pd.DataFrame({"date": iso(at)[:3], "spend": [10, 20, 40]}).astype("object")
    posts = frame({"published_at": at.astype("int64"), "engagement": [1, 2, 3, 4, 5]})
    short = replace(material(posts, table=table), window=Window(FIRST, date(2024, 1, 15)))
    found = ROI.run(short, parameters(lag=2))
    assert isinstance(found, Roi)
    assert [(p.posts, p.engagement) for p in found.periods] == [(1, n) for n in range(1, 6)]
    assert (found.posts, found.engagement) == (3, 12)

    early = replace(short, posts=posts[:4], today=date(2024, 1, 24))
    found = ROI.run(early, parameters(lag=2))
    assert isinstance(found, Roi)
    assert [(p.posts, p.engagement) for p in found.periods[-2:]] == [(1, 4), (None, None)]
    assert (found.amount, found.posts, found.engagement) == (70, 2, 7)
    assert found.cost_per_engagement == pytest.approx(30 / 7, abs=1e-3) and found.cost_per_post == 15


@pytest.mark.parametrize(("lag", "told"), [(0, ""), (1, " 1 week later"), (2, " 2 weeks later")])
def test_the_sentence_says_how_much_later(lag: int, told: str) -> None:
    dice = np.random.default_rng(3)
    at = START + np.arange(60) * 7 * DAY
    spend, noise = dice.gamma(2, 50, 60), dice.gamma(2, 50, 60)
    plain = roi(at, np.round(noise), iso(at), spend, lag=lag).verdict
    assert plain.startswith(f"One engagement{told} for every ")
    assert plain.endswith(f"No clear link between spend and engagement{told}, week by week.")
    linked = roi(at, np.round(np.roll(spend, lag) * 9), iso(at), spend, lag=lag).verdict
    assert linked.endswith(f"A week with more spend goes with more engagement{told}.")


def test_a_moment_in_utc_counts_on_the_zones_day() -> None:
    days = ["2024-01-07T23:30:00Z", "2024-01-07T23:30:00", "2024-01-07", "2024-01-07T22:30:00Z"]
    table = pd.DataFrame({"date": days, "spend": [1, 2, 4, 8]}).astype("object")
    of = material(frame({"published_at": np.array([START]), "engagement": [3]}), table=table)
    for zone, sums in (("Europe/Berlin", [14, 1]), ("UTC", [15]), ("Asia/Kolkata", [6, 9])):
        found = ROI.run(replace(of, zone=zone), parameters())
        assert isinstance(found, Roi)
        assert [p.amount for p in found.periods] == sums, zone


def test_no_row_in_the_window_is_told() -> None:
    found = roi([START], [3], ["2030-01-01"], [20])
    assert not found.enough and found.verdict.startswith("Not enough data: the table has no row")


def test_too_many_days_are_refused() -> None:
    table = pd.DataFrame({"date": ["2000-01-01", "2025-01-01"], "spend": [1, 2]}).astype("object")
    from datetime import date

    from flux.catalog.ranges import Window

    of = material(window=Window(date(2000, 1, 1), date(2025, 12, 31)), table=table)
    with pytest.raises(InvalidParameter, match="2,000 periods fit"):
        ROI.run(of, parameters(period="day"))


COLUMNS = {"date": "date", "at": "datetime", "spend": "number", "hours": "integer", "campaign": "string"}


@pytest.mark.parametrize(("day", "amount"), [("date", "spend"), ("at", "hours")])
def test_columns_that_fit_pass(day: str, amount: str) -> None:
    check_columns(COLUMNS, parameters(date_column=day, amount_column=amount))


@pytest.mark.parametrize(
    ("columns", "given", "parameter", "told"),
    [
        (COLUMNS, {"amount_column": "cost"}, "amount_column", "holds numbers: there is spend, hours"),
        (COLUMNS, {"amount_column": "campaign"}, "amount_column", "there is spend, hours"),
        (COLUMNS, {"date_column": "spend"}, "date_column", "holds days: there is date, at"),
        ({"a": "string", "b": "string"}, {}, "date_column", "has none; its columns are a, b"),
    ],
)
def test_columns_that_do_not_fit_are_refused_with_those_that_do(
    columns: dict[str, str], given: dict[str, str], parameter: str, told: str
) -> None:
    with pytest.raises(InvalidParameter, match=told) as refused:
        check_columns(columns, parameters(**given))
    assert refused.value.details["parameter"] == parameter


def test_a_table_without_the_column_is_refused() -> None:
    table = pd.DataFrame({"date": ["2024-01-01"]})
    with pytest.raises(InvalidParameter, match="ds_00000000001"):
        ROI.run(material(table=table), parameters())
