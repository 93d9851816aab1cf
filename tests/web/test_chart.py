"""Charts as numbers: scales, gaps, bars below zero, labels, and a table that says the same."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux.web.chart import HEIGHT, Series, bar_chart, line_chart, scale, short

values = st.one_of(st.none(), st.integers(-(10**12), 10**12), st.floats(-1e9, 1e9))


@given(st.lists(values))
def test_scale_holds_zero_and_every_value(some: list[float | None]) -> None:
    low, high, ticks = scale(some)
    known = [v for v in some if v is not None]
    assert low <= min([0, *known]) or math.isclose(low, min([0, *known]))
    assert high >= max([0, *known]) or math.isclose(high, max([0, *known]))
    assert low < high
    assert 2 <= len(ticks) <= 12


@pytest.mark.parametrize(
    ("some", "ticks"),
    [
        ([], [0, 0.5, 1]),
        ([None], [0, 0.5, 1]),
        ([7], [0, 2, 4, 6, 8]),
        ([0, 1000], [0, 500, 1000]),
        ([-3, 5], [-4, -2, 0, 2, 4, 6]),
        ([0.2], [0, 0.05, 0.1, 0.15, 0.2]),
    ],
)
def test_ticks_are_round(some: list[float | None], ticks: list[float]) -> None:
    assert scale(some)[2] == ticks


@given(st.lists(values, min_size=1, max_size=60))
def test_everything_drawn_is_inside(some: list[float | None]) -> None:
    labels = [str(n) for n in range(len(some))]
    for chart in (line_chart("t", labels, [Series("a", some)]), bar_chart("t", labels, [Series("a", some)])):
        for bar in chart.bars:
            assert bar.y >= -0.01 and bar.y + bar.height <= HEIGHT + 1.01
            assert bar.x >= 0 and bar.x + bar.width <= 100.01
        assert all(0 <= label.x <= 100 for label in chart.labels)
        assert [row[1] for row in chart.table] == [[v] for v in some]


def test_a_gap_is_not_drawn_over() -> None:
    chart = line_chart("t", list("abcde"), [Series("a", [1, 2, None, 4, None])])
    line = chart.lines[0]
    assert line.path.count("M") == 1
    assert "500 " not in line.path, "the middle is unknown"
    assert [x for x, _ in line.dots] == [75.0]
    assert chart.hints[2].text == "c: a not known"
    assert chart.table[2] == ("c", [None])


def test_zero_is_drawn_and_unknown_is_not() -> None:
    chart = bar_chart("t", list("ab"), [Series("a", [0, None])])
    assert len(chart.bars) == 1


def test_bars_below_zero_hang_down() -> None:
    chart = bar_chart("t", list("ab"), [Series("a", [-5, 5])])
    down, up = chart.bars
    assert down.y == chart.zero
    assert up.y + up.height == pytest.approx(chart.zero)


def test_nothing_known_is_said() -> None:
    assert line_chart("t", [], []).empty
    assert line_chart("t", ["a"], [Series("x", [None])]).description == "Nothing is known for this stretch."


def test_short_labels_all_stand_long_ones_do_not() -> None:
    assert (
        len(bar_chart("t", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], [Series("a", [1] * 7)]).labels)
        == 7
    )
    dates = [f"2026-01-{n:02d}" for n in range(1, 6)]
    assert [label.text for label in line_chart("t", dates, [Series("a", [1] * 5)]).labels] == [
        dates[0],
        dates[2],
        dates[4],
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (950, "950"), (1500, "1.5k"), (2e6, "2M"), (-3000, "-3k"), (0.25, "0.25")]
)
def test_short(value: float, text: str) -> None:
    assert short(value) == text
