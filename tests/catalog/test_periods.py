"""Periods: starts, counts and the parts of them that lie in a window."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flux.catalog.periods import PERIODS

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def test_weeks_begin_on_monday_across_new_year() -> None:
    starts = list(PERIODS["weekly"].starts(date(2026, 12, 30), date(2027, 1, 5)))
    assert starts == [date(2026, 12, 28), date(2027, 1, 4)]


def test_months_of_unequal_length() -> None:
    slices = PERIODS["monthly"].slices(date(2024, 1, 15), date(2024, 3, 10))
    assert slices == [
        (date(2024, 1, 1), date(2024, 1, 15), date(2024, 1, 31)),
        (date(2024, 2, 1), date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 3, 1), date(2024, 3, 1), date(2024, 3, 10)),
    ]


@given(DAYS, st.integers(0, 1200))
def test_slices_cover_each_day_of_the_window_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    for period in PERIODS.values():
        slices = period.slices(first, last)
        days = [a + timedelta(days=n) for _, a, b in slices for n in range((b - a).days + 1)]
        assert days == [first + timedelta(days=n) for n in range(length + 1)]
        assert all(period.start(day) == start for start, a, b in slices for day in (a, b))
        assert period.count(first, last) == len(slices)
