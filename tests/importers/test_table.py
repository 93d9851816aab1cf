"""Tables of any kind: what is one and not a list of posts, and what its columns hold."""

import builtins
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flux.importers import take
from flux.importers.child import read_any
from flux.importers.column import TYPES
from flux.importers.file import Cell, File, Sheet
from flux.importers.opening import Limits, open_file
from flux.importers.records import Extract, Options, UnreadableFile
from flux.importers.table import MAX_COLUMNS, MAX_ROWS, TableExtract, read_table
from tests.importers.making import COMPANY, DATA, FACEBOOK, PERSONAL, SHARES, activity, feed, workbook
from tests.importers.test_child import HOSTILE
from tests.importers.test_mapper import SCRAPED

MOMENT = datetime.fromisoformat("2026-01-05T08:30")
URL = feed(activity(1_741_931_947_000))


def table(content: bytes | str, name: str = "file", day_first: bool | None = None) -> TableExtract:
    raw = content.encode() if isinstance(content, str) else content
    return read_table(open_file(raw, name), Options(day_first=day_first))


def column(*cells: object, day_first: bool | None = None, beside: tuple[object, ...] = ()) -> TableExtract:
    """The table of one column of these cells, semicolons between it and another one."""
    others = beside or ("x",) * len(cells)
    lines = [f"{cell};{other}" for cell, other in zip(cells, others, strict=True)]
    return table("\n".join(["value;other", *lines]), day_first=day_first)


def values(found: TableExtract, place: int = 0) -> tuple[str, list[object]]:
    return found.columns[place][1], [row[place] for row in found.rows]


# --- which files are tables -------------------------------------------------------------------------

TABLES = {
    "spend by week": "date,spend,hours,campaign\n2026-01-05,1200.50,3,Winter\n2026-01-12,900,2.5,Winter\n",
    "an ads report": "Date,Campaign,Impressions,Clicks,Amount spent (EUR)\n2026-01-13,A,1000,20,12.5\n",
    "an ads report by day": "Day,Impressions,Engagements,Ad spend\n2026-01-13,1000,20,12.5\n",
    "boosted posts": f"url,date,likes,comments,totalSpent\n{URL},2026-01-13,3,4,12.5\n",
    "German bookings": "Datum;Kosten;Stunden;Kampagne\n05.01.2026;1.200,50;3,5;Winter\n",
    "time sheet": "date,title,hours\n2026-01-01,Write,3\n",
    "tasks": "id,date,description,assignee\n007,2026-01-01,Write,Ada\n",
    "visits": "url,date,sessions\nhttps://example.org/a,2026-01-01,33\n",
    "shares of a company": "date,title,shares\n2026-01-01,ACME,33\n",
    "leads": "created_at,type,title,value\n2026-01-01 10:00:00,lead,CTO,3000\n",
    "followers by country": "date,country,followers\n2026-01-01,DE,10\n",
    "notes with an empty column": "date,description,comments,likes\n2026-01-01,call Bob,,\n",
    "orders in JSON": '[{"id": 1, "date": "2026-01-01", "type": "order", "total": {"net": 3.5}}]',
}
EXPORTS = {
    "posts by hand": "Content,Date,Reactions,Comments,Shares\nHi,2026-01-01,1,2,3\n",
    "posts with likes": "text,date,likes\nHi,2026-01-01,1\n",
    "links to posts": f"link,title\n{URL},Hi\n",
    "days": "Date;Impressions;Engagements;New followers\n04.03.2026;1.001;12;-2\n",
    "followers": "date,followers\n2026-03-04,120\n",
    **{tool: json.dumps([item]) for tool, item in SCRAPED.items()},
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_something_else_is_kept_as_a_table(name: str) -> None:
    assert isinstance(take(open_file(TABLES[name].encode(), name), Options()), TableExtract)


@pytest.mark.parametrize("name", EXPORTS)
def test_posts_and_days_are_told_from_tables(name: str) -> None:
    assert isinstance(take(open_file(EXPORTS[name].encode(), name), Options()), Extract)


@pytest.mark.parametrize("name", [PERSONAL, COMPANY, SHARES, FACEBOOK])
def test_a_real_export_is_no_table(name: str) -> None:
    assert isinstance(take(open_file((DATA / name).read_bytes(), name), Options()), Extract)


def test_what_a_file_is_can_be_said() -> None:
    posts, spend = (
        open_file(text.encode(), "x") for text in (EXPORTS["posts by hand"], TABLES["spend by week"])
    )
    assert isinstance(take(posts, Options(), as_table=True), TableExtract)
    assert isinstance(take(posts, Options(), as_table=False), Extract)
    with pytest.raises(UnreadableFile, match="is not a file that Flux knows"):
        take(spend, Options(), as_table=False)
    named = Options(mapping={"published_at": "date", "text": "campaign"})
    assert isinstance(take(spend, named), Extract)


@pytest.mark.parametrize("text", ["hello world", "a,b\n", "a,b\n,\n ,\n"])
def test_what_has_no_rows_is_no_table(text: str) -> None:
    with pytest.raises(UnreadableFile, match="read as a table, and is none: nothing stands below"):
        take(open_file(text.encode(), "x"), Options())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "empty"),
        ("[{}]", "empty"),
        (",\n,\n", "empty"),
        ("<html>\n<p>Sign in, please</p>\n", "a web page"),
    ],
)
def test_what_holds_no_table_at_all_is_refused(text: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=f"x is {said}"):
        take(open_file(text.encode(), "x"), Options())


def test_a_workbook_of_several_sheets_is_no_table() -> None:
    book = workbook({"Jan": [["spend"], [1]], "Feb": [["spend"], [2]], "Empty": []})
    with pytest.raises(UnreadableFile, match=r"is one sheet: it has 2 with something in them \(Jan, Feb\)"):
        table(book)


# --- types ------------------------------------------------------------------------------------------

TYPED = {
    "integers": (("1", "-20", "0"), "integer", [1, -20, 0]),
    "numbers": (("1.5", "2", "-0.25"), "number", [1.5, 2.0, -0.25]),
    "German decimals": (("1,5", "2", "1.234,25"), "number", [1.5, 2.0, 1234.25]),
    "English groups": (("1,234.50", "12,345,678", "7"), "number", [1234.5, 12345678.0, 7.0]),
    "groups that leave no doubt": (("1.234.567", "12"), "integer", [1234567, 12]),
    "Swiss groups": (("1'234.5", "7"), "number", [1234.5, 7.0]),
    "French groups": (("1\u202f234,5", "7"), "number", [1234.5, 7.0]),
    "powers of ten": (("1.5e-05", "2E+03"), "number", [1.5e-05, 2000.0]),
    "money": (("€ 1,234.50", "€7", "-€2.5"), "number", [1234.5, 7.0, -2.5]),
    "money after": (("1.234,50 €", "7 €"), "number", [1234.5, 7.0]),
    "two moneys": (("€ 1.5", "$ 1.5"), "string", ["€ 1.5", "$ 1.5"]),
    "leading zeros": (("007", "12"), "string", ["007", "12"]),
    "long ids": (("7098765432109876", "12"), "string", ["7098765432109876", "12"]),
    "fifteen digits": (("709876543210987", "1"), "integer", [709876543210987, 1]),
    "phone numbers": (("+491701234567", "+4930123"), "string", ["+491701234567", "+4930123"]),
    "truths": (("TRUE", "false", "yes"), "boolean", [True, False, True]),
    "ones and zeros": (("1", "0"), "integer", [1, 0]),
    "days": (("2026-01-05", "2026-12-31"), "date", ["2026-01-05", "2026-12-31"]),
    "German days": (("05.01.2026", "31.12.26"), "date", ["2026-01-05", "2026-12-31"]),
    "day first": (("5/1/2026", "31/12/2026"), "date", ["2026-01-05", "2026-12-31"]),
    "month first": (("1/5/2026", "12/31/2026"), "date", ["2026-01-05", "2026-12-31"]),
    "days by name": (("Jan 5, 2026", "31 Dec 2026"), "date", ["2026-01-05", "2026-12-31"]),
    "midnights": (("2026-01-05 00:00:00", "2026-01-06 00:00:00"), "date", ["2026-01-05", "2026-01-06"]),
    "moments": (
        ("2026-01-05 08:30", "2026-01-06"), "datetime", ["2026-01-05T08:30:00", "2026-01-06T00:00:00"],
    ),
    "moments with a zone": (
        ("2026-01-05T08:30:00+02:00", "2026-01-05T08:30:00Z"), "datetime",
        ["2026-01-05T06:30:00Z", "2026-01-05T08:30:00Z"],
    ),
    "versions": (("1.2.3", "2.10.1"), "string", ["1.2.3", "2.10.1"]),
    "addresses": (("10.1.2.24", "10.1.2.25"), "string", ["10.1.2.24", "10.1.2.25"]),
    "no such day": (("2026-02-30", "2026-02-01"), "string", ["2026-02-30", "2026-02-01"]),
    "months": (("2026-01", "2026-02"), "string", ["2026-01", "2026-02"]),
    "percentages": (("12%", "3.5%"), "string", ["12%", "3.5%"]),
    "mixed": (("1", "2026-01-05", "x"), "string", ["1", "2026-01-05", "x"]),
    "empty cells": (("1", "", " ", "4"), "integer", [1, None, None, 4]),
    "not known": (("1", "n/a", "-", "NULL"), "integer", [1, None, None, None]),
    "not known among words": (("a", "n/a", "None"), "string", ["a", "n/a", "None"]),
    "nothing": (("", ""), "string", [None, None]),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPED)
def test_a_columns_type_is_found_out_from_all_its_cells(name: str) -> None:
    cells, type, told = TYPED[name]
    assert values(column(*cells)) == (type, told)


def test_the_unit_of_money_is_told() -> None:
    assert "value: in €" in column("12 €", "13 €").recognised


def test_one_cell_of_ten_thousand_decides() -> None:
    assert values(column(*range(9_999), "x"))[0] == "string"
    assert values(column(*range(9_999), "1.5"))[0] == "number"


def test_decimals_in_doubt_stay_text_and_say_so() -> None:
    found = column("1.234", "2.345")
    assert values(found) == ("string", ["1.234", "2.345"])
    assert "value: kept as text, for '1.234' may be 1.234 or 1234" in found.recognised


def test_another_column_settles_the_decimals() -> None:
    german = column("1.234", "2.345", beside=("0,5", "7"))
    assert values(german) == ("integer", [1234, 2345])
    english = column("1.234", "2.345", beside=("0.5", "7"))
    assert values(english) == ("number", [1.234, 2.345])
    torn = table("a;b;c\n1.234;0,5;0.5\n")
    assert torn.columns == (("a", "string"), ("b", "number"), ("c", "number"))


def test_days_in_doubt_stay_text_unless_the_user_says() -> None:
    found = column("3/4/2026", "5/4/2026")
    assert values(found) == ("string", ["3/4/2026", "5/4/2026"])
    assert "'3/4/2026' may have the day or the month first" in found.recognised[-1]
    assert values(column("3/4/2026", "5/4/2026", day_first=True))[1][0] == "2026-04-03"
    assert values(column("3/4/2026", "5/4/2026", day_first=False))[1][0] == "2026-03-04"


def test_a_contradiction_of_days_leaves_text() -> None:
    assert values(column("13/4/2026", "4/13/2026"))[0] == "string"


def test_the_cell_that_made_text_of_a_column_is_named() -> None:
    found = column(*(f"2026-01-{day:02}" for day in range(1, 31)), "Total")
    assert found.columns[0][1] == "string"
    assert "value: kept as text, for 'Total' is no day" in found.recognised


def test_cells_of_a_workbook_keep_their_kind() -> None:
    head = ["day", "at", "n", "x", "ok", "id", "took"]
    rows = [
        [date(2026, 1, 5), MOMENT, 3, 0.5, True, 7098765432109876, timedelta(hours=30)],
        [date(2026, 1, 6), None, 4, 2, False, 12, None],
    ]
    found = table(workbook({"Sheet1": [head, *rows]}))
    assert dict(found.columns) == {
        "day": "date", "at": "datetime", "n": "integer", "x": "number", "ok": "boolean", "id": "string",
        "took": "string",
    }  # fmt: skip
    assert found.rows[0][:5] == ("2026-01-05", "2026-01-05T08:30:00", 3, 0.5, True)
    assert found.rows[1][:5] == ("2026-01-06", None, 4, 2.0, False)


def test_nested_fields_become_columns_with_dotted_names_and_lists_stay_json() -> None:
    items = [
        {"day": "2026-01-05", "cost": {"net": 1.5, "currency": "EUR"}, "tags": ["a", "b"], "n": 1},
        {"day": "2026-01-06", "cost": {"net": 2}, "big": 7098765432109876},
    ]
    found = table(json.dumps(items))
    assert dict(found.columns) == {
        "day": "date", "cost.net": "number", "cost.currency": "string", "tags": "string", "n": "integer",
        "big": "string",
    }  # fmt: skip
    assert found.rows == [
        ("2026-01-05", 1.5, "EUR", '["a", "b"]', 1, None),
        ("2026-01-06", 2.0, None, None, None, "7098765432109876"),
    ]


def test_truths_beside_numbers_are_text() -> None:
    found = table('[{"a": true}, {"a": 1}, {"a": 1.5}]')
    assert values(found) == ("string", ["true", "1", "1.5"])


# --- names and shape --------------------------------------------------------------------------------


def test_names_are_made_unique_and_empty_ones_are_filled() -> None:
    found = table("spend,Spend,,spend,spend (2)\n1,2,3,4,5\n")
    assert [name for name, _ in found.columns] == [
        "spend", "Spend (2)", "column 3", "spend (3)", "spend (2) (2)",
    ]  # fmt: skip


def test_rows_of_another_length_lose_nothing() -> None:
    found = table("a,b\n1\n2,3,4\n")
    assert found.columns == (("a", "integer"), ("b", "integer"), ("column 3", "integer"))
    assert found.rows == [(1, None, None), (2, 3, 4)]


def test_titles_above_the_names_and_blanks_around_are_passed_over() -> None:
    blank: list[list[object]] = [[] for _ in range(8)]
    rows = [
        *blank,
        ["Marketing spend"],
        [],
        [None, "day", "spend"],
        [None, date(2026, 1, 5), 3],
        [],
        [None, None, 4],
    ]
    found = table(workbook({"Spend": rows}))
    assert found.columns == (("day", "date"), ("spend", "integer"))
    assert found.rows == [("2026-01-05", 3), (None, 4)]


def test_more_columns_or_rows_than_are_kept_are_refused() -> None:
    wide = ",".join(f"c{n}" for n in range(MAX_COLUMNS + 1))
    with pytest.raises(UnreadableFile, match="201 columns: as a table at most 200"):
        table(f"{wide}\n{wide}\n")
    with pytest.raises(UnreadableFile, match="200,001 rows: as a table at most 200,000"):
        table("a,b\n" + "1,2\n" * (MAX_ROWS + 1))


# --- through the throw-away process -----------------------------------------------------------------


def run(tmp_path: Path, content: bytes, as_table: bool | None = True) -> tuple[str, Extract | TableExtract]:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return read_any(path, "mine", Options(), Limits(), as_table)


def test_a_table_comes_through_the_process_as_it_is(tmp_path: Path) -> None:
    text = "day;spend;paid;note\n05.01.2026;1.200,50;yes;a\n12.01.2026;3;no;\n"
    type, found = run(tmp_path, text.encode(), None)
    assert type == "csv"
    assert isinstance(found, TableExtract)
    assert found.columns == (("day", "date"), ("spend", "number"), ("paid", "boolean"), ("note", "string"))
    assert found.rows == [["2026-01-05", 1200.5, True, "a"], ["2026-01-12", 3.0, False, None]]


def test_the_largest_table_is_read(tmp_path: Path) -> None:
    lines = [f"2026-01-{n % 28 + 1:02},{n},{n / 4},campaign {n % 90}\n" for n in range(MAX_ROWS)]
    _, found = run(tmp_path, ("day,n,spend,campaign\n" + "".join(lines)).encode())
    assert isinstance(found, TableExtract)
    assert [type for _, type in found.columns] == ["date", "integer", "number", "string"]
    assert len(found.rows) == MAX_ROWS


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_no_table(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as refused:
        run(tmp_path, HOSTILE[name][0])
    assert refused.value.message.startswith("mine")


def test_what_no_database_takes_is_removed_from_cells_and_names(tmp_path: Path) -> None:
    _, found = run(tmp_path, b'[{"a\\u0000b": "x\\ud800y", "c": 1}]')
    assert isinstance(found, TableExtract)
    assert found.columns[0] == ("ab", "string")
    assert found.rows == [["x\ufffdy", 1]]


def test_numbers_beyond_all_bounds_are_text(tmp_path: Path) -> None:
    _, found = run(tmp_path, b'[{"a": 1e400, "b": NaN, "c": 1e300, "d": 123456789012345678901234567890}]')
    assert isinstance(found, TableExtract)
    assert found.rows == [["inf", None, str(int(1e300)), "123456789012345678901234567890"]]


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["1", "1.234", "1,5", "2026-01-05", "3/4/2026", "yes", "n/a", "€ 3", "007", "1e-3", "Total"]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.datetimes().map(str),
)
OWN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.datetimes(),
    st.times(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.one_of(CELLS, OWN), max_size=4), min_size=1, max_size=8))
def test_whatever_the_cells_are_values_are_of_their_columns_type(rows: list[list[Cell]]) -> None:
    file = File("any", "xlsx", (Sheet("S", rows),))
    try:
        found = read_table(file, Options())
    except UnreadableFile:
        return
    names = [name.casefold() for name, _ in found.columns]
    assert len(set(names)) == len(names)
    for row in found.rows:
        assert len(row) == len(found.columns)
        for cell, (_, type) in zip(row, found.columns, strict=True):
            assert cell is None or builtins.type(cell) is TYPES[type]
    orjson.dumps(found.rows)
