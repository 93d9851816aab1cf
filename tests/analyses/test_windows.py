"""The days that an analysis is about."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flux.analyses.kind import Parameters
from flux.analyses.windows import resolve
from flux.catalog.ranges import read_day
from flux.mistakes import InvalidParameter
from tests.analyses.making import profile

NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


def days(usual: str = "-90d", zones: tuple[str, ...] = ("UTC",), **given: Any) -> tuple[str, str]:
    profiles = [profile(n, zone) for n, zone in enumerate(zones, 1)]
    window = resolve(Parameters.model_validate(given), usual, profiles, NOW).window
    return window.first.isoformat(), window.last.isoformat()


@pytest.mark.parametrize(
    ("usual", "given", "told"),
    [
        ("-90d", {}, ("2026-08-23", "2026-11-21")),
        ("all", {}, ("2024-01-01", "2026-11-21")),
        ("all", {"to": "2025-01-31"}, ("2024-01-01", "2025-01-31")),
        ("all", {"from": "2025-01-31"}, ("2025-01-31", "2026-11-21")),
        ("-1y", {"to": "yesterday"}, ("2025-11-21", "2026-11-20")),
        ("-1y", {"range": "last_month"}, ("2026-10-01", "2026-10-31")),
        ("-90d", {"range": "all"}, ("2024-01-01", "2026-11-21")),
        ("-90d", {"tz": "asia/kolkata", "range": "last_7_days"}, ("2026-11-16", "2026-11-22")),
    ],
)
def test_a_window_is_resolved(usual: str, given: dict[str, str], told: tuple[str, str]) -> None:
    assert days(usual, **given) == told


def test_today_is_the_profiles_own_where_they_share_a_zone() -> None:
    assert days(zones=("Asia/Tokyo", "Asia/Tokyo"))[1] == "2026-11-22"
    assert days(zones=("Asia/Tokyo", "America/Lima"))[1] == "2026-11-21"


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"range": "all", "from": "-5d"}, "range"),
        ({"range": "all", "to": "-5d"}, "range"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "1969-12-31"}, "from"),
        ({"to": "2101-01-01"}, "to"),
        ({"from": "today", "to": "yesterday"}, "from"),
        ({"tz": "Mars/Base"}, "tz"),
    ],
)
def test_a_window_that_will_not_do_is_refused(given: dict[str, str], parameter: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        days(**given)
    assert refused.value.details["parameter"] == parameter


def test_without_a_post_everything_is_today() -> None:
    nobody = replace(profile(), first_post_at=None)
    found = resolve(Parameters(), "all", [nobody], NOW).window
    assert found.first == found.last == date(2026, 11, 21)


texts = st.one_of(st.from_regex(r"[-0-9a-z]{1,11}", fullmatch=True), st.text(max_size=12))


@given(texts)
def test_the_schema_takes_every_day_that_there_is(text: str) -> None:
    """What the pattern refuses is no day; what it takes and the calendar does not is refused in words."""
    try:
        asked = Parameters.model_validate({"from": text})
    except ValidationError:
        with pytest.raises(ValueError, match="is no day"):
            read_day(text, NOW.date())
        return
    with suppress(InvalidParameter):
        assert resolve(asked, "-90d", [profile()], NOW).window.first == read_day(text, NOW.date())
