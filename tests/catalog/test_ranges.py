"""Windows of days, by hand-worked examples from the calendar."""

from datetime import date, timedelta

import pytest

from flux.catalog.ranges import RANGES, Window, named_window, previous_window, read_day

TODAY = date(2026, 11, 21)  # a Saturday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-21"),
        ("yesterday", "2026-11-20"),
        ("2024-02-29", "2024-02-29"),
        ("-0d", "2026-11-21"),
        ("-90d", "2026-08-23"),
        ("-12w", "2026-08-29"),
        ("-6m", "2026-05-21"),
        ("-9m", "2026-02-21"),
        ("-1y", "2025-11-21"),
    ],
)
def test_a_day_is_read(text: str, day: str) -> None:
    assert read_day(text, TODAY) == date.fromisoformat(day)


def test_months_of_unequal_length_end_on_their_last_day() -> None:
    assert read_day("-1m", date(2026, 3, 31)) == date(2026, 2, 28)
    assert read_day("-1y", date(2024, 2, 29)) == date(2023, 2, 28)
    assert read_day("-12m", date(2025, 2, 28)) == date(2024, 2, 28)


@pytest.mark.parametrize(
    "text",
    ["", "20260131", "2026-W05-6", "2026-02-30", "-90", "90d", "-1h", "-9999y", "tomorrow", "٢٠٢٦-٠١-٠١"],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no day"):
        read_day(text, TODAY)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("last_7_days", "2026-11-15", "2026-11-21"),
        ("last_30_days", "2026-10-23", "2026-11-21"),
        ("last_90_days", "2026-08-24", "2026-11-21"),
        ("this_week", "2026-11-16", "2026-11-21"),
        ("last_week", "2026-11-09", "2026-11-15"),
        ("this_month", "2026-11-01", "2026-11-21"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_quarter", "2026-10-01", "2026-11-21"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("this_year", "2026-01-01", "2026-11-21"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("all", "2019-05-04", "2026-11-21"),
    ],
)
def test_a_named_range(name: str, first: str, last: str) -> None:
    assert named_window(name, TODAY, date(2019, 5, 4)) == Window(
        date.fromisoformat(first), date.fromisoformat(last)
    )


def test_last_n_days_have_n_days() -> None:
    for name, days in (("last_7_days", 7), ("last_30_days", 30), ("last_90_days", 90)):
        assert named_window(name, TODAY, TODAY).days == days


def test_weeks_and_quarters_cross_new_year() -> None:
    new_year = date(2027, 1, 1)  # a Friday, in ISO week 53 of 2026
    assert named_window("this_week", new_year, new_year) == Window(date(2026, 12, 28), new_year)
    assert named_window("last_week", new_year, new_year) == Window(date(2026, 12, 21), date(2026, 12, 27))
    assert named_window("last_quarter", new_year, new_year) == Window(date(2026, 10, 1), date(2026, 12, 31))
    assert named_window("last_month", new_year, new_year) == Window(date(2026, 12, 1), date(2026, 12, 31))


def test_every_range_has_a_window_on_every_day_of_a_leap_cycle() -> None:
    for offset in range(4 * 366):
        today = date(2023, 1, 1) + timedelta(days=offset)
        for name in RANGES:
            window = named_window(name, today, today)
            assert window.first <= window.last <= today
            assert previous_window(window, name).last < window.first


def test_the_window_before_has_equal_length_and_ends_the_day_before() -> None:
    window = Window(date(2026, 3, 1), date(2026, 3, 31))
    assert previous_window(window, None) == Window(date(2026, 1, 29), date(2026, 2, 28))
    assert previous_window(window, "last_month").days == 31


@pytest.mark.parametrize(
    ("name", "today", "first", "last"),
    [
        ("this_week", date(2026, 11, 18), "2026-11-09", "2026-11-11"),
        ("this_month", TODAY, "2026-10-01", "2026-10-21"),
        ("this_month", date(2026, 3, 31), "2026-02-01", "2026-02-28"),
        ("this_quarter", TODAY, "2026-07-01", "2026-08-21"),
        ("this_year", TODAY, "2025-01-01", "2025-11-21"),
    ],
)
def test_an_unfinished_period_is_compared_with_the_same_elapsed_part(
    name: str, today: date, first: str, last: str
) -> None:
    window = named_window(name, today, today)
    assert previous_window(window, name) == Window(date.fromisoformat(first), date.fromisoformat(last))
