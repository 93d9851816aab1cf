"""Filters: random ones beside the same in Python, on the same rows; and those that are refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flux.catalog.kinds import FIRST_DAY, LAST_DAY
from flux.catalog.ranges import Window
from flux.describe.edm import SETS
from flux.odata.days import EVER
from flux.odata.language import read_filter
from tests.odata.conditions import Case, filters, quoted
from tests.odata.conftest import FORMATS, TEXTS
from tests.odata.reader import Reader, Row
from tests.tenants import Tenant

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CHOSEN = ("Posts", "EngagementTrends", "EngagementTrendsWeekly", "EngagementTrendsMonthly")
CHOSEN += ("EngagementTrendsCompared", "Overview", "Breakdown", "BreakdownByFormat", "DailyActivity")


def test_random_filters_do_as_python_does(reader: Reader) -> None:
    """Whether the days in a filter are pushed into the window makes no difference, for one."""
    whole = {name: reader.rows(name) for name in CHOSEN}
    cases = {name: filters(SETS[name].columns, rows) for name, rows in whole.items()}
    asked, parting = 0, 0

    @settings(max_examples=500, deadline=None, database=None)
    @given(st.sampled_from(CHOSEN).flatmap(lambda name: st.tuples(st.just(name), cases[name])))
    def check(found: tuple[str, Case]) -> None:
        nonlocal asked, parting
        name, case = found
        wanted = [row for row in whole[name] if case.says(row) is True]
        assert reader.rows(name, {"$filter": case.text}) == wanted, case.text
        asked, parting = asked + 1, parting + (0 < len(wanted) < len(whole[name]))

    check()
    assert asked >= 500
    assert parting > asked / 5, "many of them part the rows"


@SQLITE
def test_operators_bind_as_the_standard_says(reader: Reader) -> None:
    every = reader.rows("Posts")

    def passing(text: str) -> list[Row]:
        return reader.rows("Posts", {"$filter": text})

    assert passing("likes eq 1 or likes eq 2 and comments eq 0") == [
        row for row in every if row["likes"] == 1 or (row["likes"] == 2 and row["comments"] == 0)
    ]
    assert passing("not contains(text,'e') and likes gt 3") == [
        row for row in every if row["text"] is not None and "e" not in row["text"] and (row["likes"] or 0) > 3
    ]
    assert passing("contains(text,'e') eq false") == [
        row for row in every if row["text"] is not None and "e" not in row["text"]
    ]
    assert passing("(likes eq 1)or(likes eq 2)") == passing("likes in (1,2)")
    assert passing("contains(text,null)") == []
    assert passing("format eq null") == [row for row in every if row["format"] is None]
    assert {row["format"] for row in passing("format ne 'text'")} == set(FORMATS) - {"text"}


@SQLITE
def test_a_text_in_a_filter_is_a_text(reader: Reader) -> None:
    for text in TEXTS:
        if text is not None:
            found = reader.rows("Posts", {"$filter": f"text eq {quoted(text)}"})
            assert {row["text"] for row in found} == {text}
    for nasty in ("' or 1 eq 1 or text eq '", "\\", "%", "'; DROP TABLE posts; --", "\0", "𝕏" * 500):
        assert reader.rows("Posts", {"$filter": f"text eq {quoted(nasty)}"}) == []


DATE_PARTS = {"year": "date", "month": "date", "day": "date", "hour": "published_at"}
DATE_PARTS |= {"minute": "published_at", "second": "published_at"}


@SQLITE
def test_every_function_is_offered_and_works(reader: Reader) -> None:
    every = reader.rows("Posts")
    for name, column in DATE_PARTS.items():
        first = getattr(datetime.fromisoformat(every[0][column]), name)
        found = reader.rows("Posts", {"$filter": f"{name}({column}) eq {first}"})
        assert found == [row for row in every if getattr(datetime.fromisoformat(row[column]), name) == first]
    days = reader.rows("Posts", {"$filter": "date(published_at) eq date"})
    assert days == every
    texts = [row for row in every if row["text"] is not None]
    for text, test in {
        "indexof(text,'a') eq 1": lambda t: t.find("a") == 1,
        "indexof(text,'zz') eq -1": lambda t: "zz" not in t,
        "substring(text,1) eq '1'": lambda t: t[1:] == "1",
        "substring(text,0,2) eq '00'": lambda t: t[:2] == "00",
        "concat(text,'x') eq '-1x'": lambda t: t == "-1",
        "trim(text) eq 'spaces'": lambda t: t.strip() == "spaces",
    }.items():
        found = reader.rows("Posts", {"$filter": text})
        assert found == [row for row in texts if test(row["text"])], text
        assert found


@SQLITE
@pytest.mark.parametrize("digits", [".0", ".1", ".1234567", ".123456789012"])
def test_a_moment_has_as_many_digits_as_a_client_writes(reader: Reader, digits: str) -> None:
    every = [
        (row, datetime.fromisoformat(row["published_at"]).astimezone(UTC)) for row in reader.rows("Posts")
    ]
    told = every[7][1] + timedelta(seconds=float(digits[:7]))
    asked = f"published_at lt {every[7][1]:%Y-%m-%dT%H:%M:%S}{digits}Z"
    assert reader.rows("Posts", {"$filter": asked}) == [row for row, moment in every if moment < told]


@SQLITE
@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("likes", 400, "a condition"),
        ("likes gt", 400, "at its end"),
        ("likes gt 1 1", 400, "at '1'"),
        ("likes = 1", 400, "at '= 1'"),
        ("likes gt 'a'", 400, "two of the same type"),
        ("date gt 2025-01-01T00:00:00Z", 400, "a day is written 2026-01-31"),
        ("published_at gt 2025-01-01", 400, "2026-01-31T00:00:00Z"),
        ("date gt 2025-13-01", 400, "calendar"),
        ("likes gt " + "9" * 5_000, 400, "number"),
        ("substring(text,1e999) eq 'a'", 400, "'1e999'"),
        ("likes gt -1e999", 400, "number"),
        ("lieks gt 1", 400, "perhaps 'likes'"),
        ("contains(text)", 400, "contains of 2"),
        ("contains(likes,'a')", 400, "contains of a text"),
        ("text eq 'open", 400, "cannot be understood"),
        ("likes in ()", 400, "at ')'"),
        ("not " * 300 + "maturing", 400, "at most 50 deep"),
        ("tolower(" * 60 + "text" + ")" * 60 + " eq 'a'", 400, "at most 50 deep"),
        ("", 400, "at its end"),
        ("likes add 1 gt 2", 501, "'add'"),
        ("-likes lt -5", 501, "'-'"),
        ("likes gt 5 and -(likes) lt 0", 501, "'-'"),
        ("likes -5", 400, "at '-5'"),
        ("likes gt -", 400, "at '-'"),
        ("cast(likes,Edm.String) eq '1'", 501, "'cast'"),
        ("isof(Flux.PostsRow)", 501, "'isof'"),
        ("isof(Flux.PostsRow", 400, "at its end"),
        ("geo.distance(text,text) lt 1", 501, "'geo.distance'"),
        ("duration'P1D' eq null", 501, "'duration'P1D''"),
        ("time(published_at) gt 12:30:00", 501, "'time'"),
        ("length gt 12:30:00.5", 501, "'12:30:00.5'"),
        ("text eq 01234567-89ab-cdef-0123-456789abcdef", 501, "'01234567-89ab-"),
        ("likes lt -INF", 501, "'-INF'"),
        ("round(likes) eq 1", 501, "contains, startswith"),
        ("hashtags/any(t:t eq 'a')", 501, "'/'"),
        ("likes gt @p", 501, "'@'"),
    ],
)
def test_what_cannot_be_asked_is_told(reader: Reader, text: str, status: int, told: str) -> None:
    answer = reader.get("Posts", {"$filter": text})
    assert answer.status_code == status, answer.text
    error = answer.get_json()["error"]
    assert error["code"] == {400: "invalid_parameter", 501: "not_implemented"}[status]
    assert told in error["message"]
    assert len(answer.data) < 2_000


@SQLITE
def test_a_key_in_a_filter_is_not_repeated(reader: Reader, filled: Tenant) -> None:
    for text in (f"text eq '{filled.key}", f"{filled.key} eq 1", f"likes eq {filled.key}"):
        assert filled.key not in reader.get("Posts", {"$filter": text}).text


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("date ge 2026-01-05", date(2026, 1, 5), LAST_DAY),
        ("date eq 2026-01-05", date(2026, 1, 5), date(2026, 1, 5)),
        ("2026-01-05 gt date", FIRST_DAY, date(2026, 1, 5)),
        ("date ge 2026-01-05 and date lt 2026-02-01 and likes gt 3", date(2026, 1, 5), date(2026, 2, 1)),
        ("date eq 2026-01-05 or date eq 2026-03-05", date(2026, 1, 5), date(2026, 3, 5)),
        ("date in (2026-03-05,2026-01-05)", date(2026, 1, 5), date(2026, 3, 5)),
        ("published_at ge 2026-01-05T23:00:00-05:00", date(2026, 1, 5), LAST_DAY),
        ("date ge 9999-12-31", LAST_DAY, LAST_DAY),
        ("date le 0001-01-01", FIRST_DAY, FIRST_DAY),
        ("date ge 2026-01-05 or likes gt 3", FIRST_DAY, LAST_DAY),
        ("not (date ge 2026-01-05)", FIRST_DAY, LAST_DAY),
        ("date ne 2026-01-05", FIRST_DAY, LAST_DAY),
        ("date gt null", FIRST_DAY, LAST_DAY),
        ("likes gt 3", FIRST_DAY, LAST_DAY),
    ],
)
def test_the_days_that_a_filter_leaves(text: str, first: date, last: date) -> None:
    assert read_filter(SETS["Posts"], text).days == Window(first, last)
    assert Window(FIRST_DAY, LAST_DAY) == EVER
