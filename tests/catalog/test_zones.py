"""Zones as numbers, held against the standard library's own conversion of every instant."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux.catalog.zones import midnight, offsets

# Whole, half and quarter hours, both hemispheres, midnight that does not exist (Cairo, Sao Paulo, Santiago),
# a day that does not exist (Apia), and a zone without summer time.
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "America/Santiago",
    "Pacific/Apia",
    "Asia/Kolkata",
]


@given(st.sampled_from(ZONES), st.dates(date(2005, 1, 1), date(2035, 1, 1)), st.integers(0, 800), st.data())
def test_an_offset_is_the_standard_librarys(zone: str, first: date, days: int, data: st.DataObject) -> None:
    last = first + timedelta(days=days)
    changes = offsets(zone, first, last)
    second = data.draw(st.integers(midnight(zone, first), midnight(zone, last + timedelta(days=1)) - 1))
    place = bisect_right([start for start, _ in changes], second) - 1
    local = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
    assert local.utcoffset() == timedelta(seconds=changes[max(place, 0)][1])


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_begins_with_its_first_instant(zone: str) -> None:
    for offset in range(366):
        day = date(2011, 6, 1) + timedelta(days=offset)
        begin = datetime.fromtimestamp(midnight(zone, day), ZoneInfo(zone))
        before = datetime.fromtimestamp(midnight(zone, day) - 1, ZoneInfo(zone))
        assert before.date() < day
        assert begin.date() >= day  # later only for the day that Samoa left out


def test_the_hour_that_comes_twice_has_both_offsets() -> None:
    changes = offsets("Europe/Berlin", date(2026, 10, 25), date(2026, 10, 25))
    assert [offset for _, offset in changes] == [7200, 3600]
    assert changes[1][0] == int(datetime(2026, 10, 25, 1, 0, tzinfo=UTC).timestamp())
