"""A chart of any query's rows: lines over days, bars over names, none where it would not be true."""

from typing import Any

import pytest

from flux.web.chart import Chart
from flux.web.charts import chart_of_columns

DAY, NAME, COUNT, SHARE = ("day", "date"), ("name", "string"), ("posts", "integer"), ("share", "number")


def drawn(columns: list[tuple[str, str]], rows: list[list[Any]]) -> Chart:
    chart = chart_of_columns(columns, rows)
    assert chart is not None
    return chart


def test_days_make_a_line_for_each_figure_in_their_order() -> None:
    chart = drawn([DAY, COUNT, SHARE], [["2026-01-02", 2, 0.5], ["2026-01-01", 1, None]])
    assert [line.name for line in chart.lines] == ["posts", "share"] and not chart.bars
    assert chart.table == [("2026-01-01", [1, None]), ("2026-01-02", [2, 0.5])]
    assert chart.title == "posts, share by day"


def test_names_make_bars_in_the_querys_order() -> None:
    chart = drawn([NAME, ("text", "string"), COUNT], [["b", "x", 2], [None, "y", 1], ["a", "z", 3]])
    assert len(chart.bars) == 3 and not chart.lines
    assert chart.table == [("b", [2]), ("not known", [1]), ("a", [3])]


def test_a_day_for_each_name_makes_a_line_for_each_name_of_the_last_figure() -> None:
    rows = [["a", "2026-01-01", 1, 10], ["b", "2026-01-02", 2, 20], ["a", "2026-01-02", 3, 30]]
    for columns, turned in (([NAME, DAY], rows), ([DAY, NAME], [[d, n, *more] for n, d, *more in rows])):
        chart = drawn([*columns, COUNT, SHARE], turned)
        assert [line.name for line in chart.lines] == ["a", "b"]
        assert chart.table == [("2026-01-01", [10, None]), ("2026-01-02", [30, 20])]
        assert chart.title == "share by day"


def test_two_names_make_bars_of_the_one_with_more_coloured_by_the_other() -> None:
    rows = [["me", "b", 1], ["me", "a", 2], ["you", "b", 3], ["you", "c", 4]]
    chart = drawn([NAME, ("hour", "string"), COUNT], rows)
    assert [name for _, name in chart.names] == ["me", "you"]
    assert chart.table == [("a", [2, None]), ("b", [1, 3]), ("c", [None, 4])]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ([NAME, COUNT], []),
        ([COUNT, SHARE], [[1, 2]]),
        ([COUNT, NAME], [[1, "a"]]),
        ([NAME, DAY], [["a", "2026-01-01"]]),
        ([NAME, COUNT], [["a", 1], ["a", 2]]),
        ([NAME, DAY, COUNT], [["a", "2026-01-01", 1], ["a", "2026-01-01", 2]]),
        ([NAME, COUNT], [[str(n), n] for n in range(61)]),
        ([DAY, COUNT], [[None, 1]]),
        ([DAY, COUNT], [[f"{n:05d}", n] for n in range(1_001)]),
        ([DAY, NAME, COUNT], [[day, str(n), n] for n in range(7) for day in ("2026-01-01", "2026-01-02")]),
    ],
)
def test_none_where_it_would_not_be_true(columns: list[tuple[str, str]], rows: list[list[Any]]) -> None:
    assert chart_of_columns(columns, rows) is None
