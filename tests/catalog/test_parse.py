"""Parameters read into a Query, and every way of getting them wrong."""

from datetime import UTC, date, datetime

import pytest

from flux.catalog import CATALOG
from flux.catalog.parse import asked_profiles, parse
from flux.catalog.query import Profile, Query
from flux.catalog.ranges import Window
from flux.mistakes import InvalidParameter, Mistake, TooManyCells, TooManyProfiles, UnknownParameter

NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # already the 22nd in Berlin
BERLIN = Profile(1, "Ada", "Europe/Berlin", 3, 1_700_000_000, 1_600_000_000, "2024-01-31")
UTC_PROFILE = Profile(2, "Bob", "UTC", 5, 1_700_000_000, None, None)


def ask(name: str, profiles: tuple[Profile, ...] = (BERLIN,), **arguments: str) -> Query:
    return parse(CATALOG[name], {k.rstrip("_"): [v] for k, v in arguments.items()}, profiles, NOW)


def test_without_parameters_the_last_90_days_in_the_profiles_zone() -> None:
    query = ask("engagement-trends")
    assert query.window == Window(date(2026, 8, 24), date(2026, 11, 22))
    assert (query.granularity, query.zone, query.zone_of(BERLIN)) == ("daily", None, "Europe/Berlin")


def test_today_is_the_day_in_the_zone_asked_for() -> None:
    assert ask("posts", to="today", tz="UTC").window.last == date(2026, 11, 21)
    assert ask("posts", to="today", tz="pacific/auckland").window.last == date(2026, 11, 22)
    assert ask("posts", (BERLIN, UTC_PROFILE)).window.last == date(2026, 11, 21)


def test_all_begins_with_the_first_post_or_day() -> None:
    assert ask("posts", range="all").window.first == date(2020, 9, 13)
    assert ask("daily-activity", range="all").window.first == date(2024, 1, 31)
    assert ask("overview", (UTC_PROFILE,), range="all").window == Window(
        date(2026, 11, 21), date(2026, 11, 21)
    )
    assert ask("overview", (), range="all").window.days == 1


def test_an_empty_value_counts_as_left_out() -> None:
    assert (
        ask("engagement-trends", granularity="", range="", from_="").canonical()
        == ask("engagement-trends").canonical()
    )


def test_one_question_has_one_spelling() -> None:
    asked = [
        ask("engagement-trends", from_="-90d"),
        ask("engagement-trends", from_="2026-08-24", to="2026-11-22", granularity="DAILY"),
        ask("engagement-trends", to="today", x="1", _="2"),
    ]
    assert len({q.canonical() for q in asked}) == 1


def test_what_changes_rows_changes_the_spelling() -> None:
    other = Profile(1, "Ada", "Europe/Berlin", 4, 1_700_000_000, 1_600_000_000, "2024-01-31")
    asked = [
        ask("engagement-trends"),
        ask("engagement-trends", granularity="weekly"),
        ask("engagement-trends", tz="Asia/Tokyo"),
        ask("engagement-trends", compare="previous"),
        ask("engagement-trends", to="yesterday"),
        ask("engagement-trends", (other,)),
        ask("engagement-trends", (BERLIN, UTC_PROFILE)),
        ask("overview"),
        ask("breakdown"),
        ask("breakdown", by="hour"),
        ask("posts"),
        ask("posts", limit="5"),
        ask("posts", limit="5", offset="5"),
        ask("posts", order="asc"),
    ]
    assert len({q.canonical() for q in asked}) == len(asked)


@pytest.mark.parametrize(
    ("name", "arguments", "parameter", "says"),
    [
        ("posts", {"from_": "2026-02-30"}, "from", "YYYY-MM-DD"),
        ("posts", {"from_": "1969-12-31"}, "from", "1970-01-01"),
        ("posts", {"from_": "today", "to": "-1d"}, "from", "not after"),
        ("posts", {"range": "last_8_days"}, "range", "last_7_days"),
        ("posts", {"range": "last_7_days", "to": "today"}, "range", "left out"),
        ("posts", {"tz": "Mars/Olympus"}, "tz", "Europe/Berlin"),
        ("posts", {"limit": "0"}, "limit", "from 1"),
        ("posts", {"limit": "1e3"}, "limit", "whole number"),
        ("posts", {"limit": "٣"}, "limit", "whole number"),
        ("posts", {"offset": "-1"}, "offset", "from 0"),
        ("posts", {"order": "up"}, "order", "desc, asc"),
        ("engagement-trends", {"granularity": "hourly"}, "granularity", "daily, weekly, monthly"),
        ("breakdown", {"by": "colour"}, "by", "day_of_week"),
        ("overview", {"compare": "next"}, "compare", "previous"),
        ("posts", {"format": "xml"}, "format", "json, csv"),
        ("posts", {"safe": "yes"}, "safe", "0, 1"),
        ("posts", {"format": "csv", "decimal": "comma"}, "decimal", "delimiter=semicolon"),
    ],
)
def test_a_bad_value_is_quoted_and_the_right_ones_are_told(
    name: str, arguments: dict[str, str], parameter: str, says: str
) -> None:
    with pytest.raises(InvalidParameter) as refused:
        ask(name, **arguments)
    value = arguments.get(parameter) or arguments[parameter + "_"]
    assert refused.value.details["parameter"] == parameter
    assert f"'{value}'" in refused.value.message
    assert says in refused.value.message


def test_a_parameter_given_twice_with_two_values_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="'2026-01-01 and 2026-01-02'"):
        parse(CATALOG["posts"], {"from": ["2026-01-01", "2026-01-02"]}, (BERLIN,), NOW)
    assert parse(CATALOG["posts"], {"from": ["2026-01-01"] * 2}, (BERLIN,), NOW).window.first == date(
        2026, 1, 1
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("granularty", "granularity"),
        ("Granularity", "granularity"),
        ("profile", "profile_id"),
        ("timezone", None),
        ("x", None),
        ("_", None),
        ("form", "format"),
        ("refresh", None),
        ("formt", "format"),
    ],
)
def test_a_near_miss_is_told_and_other_unknown_names_are_ignored(name: str, meant: str | None) -> None:
    if meant is None:
        assert ask("engagement-trends", **{name: "1"}).canonical() == ask("engagement-trends").canonical()
        return
    with pytest.raises(UnknownParameter, match=f"'{meant}'"):
        ask("engagement-trends", **{name: "1"})


def test_an_error_repeats_no_key() -> None:
    with pytest.raises(Mistake) as refused:
        ask("posts", fromm="flux_bi_abcdefghijklmnopqrstuvwxyz012345ABCDEF")
    assert "abcdef" not in str(refused.value.details) + refused.value.message


def test_profile_ids_are_comma_separated_or_repeated() -> None:
    assert asked_profiles({"profile_id": ["a,b", " c ,,a"]}) == ("a", "b", "c")
    assert asked_profiles({}) == ()
    with pytest.raises(TooManyProfiles, match="51 profiles: at most 50"):
        asked_profiles({"profile_id": [",".join(f"p{n}" for n in range(51))]})


def test_too_many_cells_tells_what_would_fit() -> None:
    many = tuple(Profile(n, f"P{n}", "UTC", 1, 0, None, None) for n in range(50))
    with pytest.raises(TooManyCells) as refused:
        ask("engagement-trends", many, from_="-400d")
    assert "50 profiles × 401 periods are 20,050 cells: at most 20,000" in refused.value.message
    assert "fit with 400 periods" in refused.value.message
    assert ask("engagement-trends", many, from_="-399d").window.days == 400
    assert ask("engagement-trends", many, from_="-2000d", granularity="weekly")
    assert ask("overview", many, from_="-2000d")
