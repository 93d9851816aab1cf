"""CSV and JSON, read back by other people's readers."""

import csv
import io
import json
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux.catalog import CATALOG
from flux.catalog.query import Writing
from flux.formats import DELIMITERS, FORMULA_STARTS, Row, write_csv, write_json
from flux.metrics import columns_of

COLUMNS = CATALOG["posts"].columns
TEXT = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
)
VALUES = {"string": TEXT, "list": TEXT, "boolean": st.sampled_from([True, False, None])}
ROWS = st.lists(st.tuples(*(VALUES.get(c.type, st.integers(-9, 9)) for c in COLUMNS)), max_size=5)


@given(ROWS, st.sampled_from(list(DELIMITERS)), st.booleans())
def test_csv_is_read_back_as_it_was(rows: list[tuple[Any, ...]], delimiter: str, safe: bool) -> None:
    written = b"".join(write_csv(COLUMNS, rows, Writing("csv", delimiter, safe=safe))).decode()
    header, *found = csv.reader(
        io.StringIO(written, newline=""), delimiter=DELIMITERS[delimiter], strict=True
    )
    assert header == [c.name for c in COLUMNS]
    for row, cells in zip(rows, found, strict=True):
        for column, value, cell in zip(COLUMNS, row, cells, strict=True):
            told = "" if value is None else str(value).lower() if column.type == "boolean" else str(value)
            danger = safe and column.free_text and told[:1] in FORMULA_STARTS and told
            assert cell == ("'" + told if danger else told)


def read_back(names: list[str], rows: list[Row], writing: Writing) -> list[list[str]]:
    """The CSV of texts under these names, as a reader takes it."""
    columns = columns_of(tuple((name, "string") for name in names))
    written = b"".join(write_csv(columns, rows, writing)).decode()
    delimiter = DELIMITERS[writing.delimiter]
    return list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True))


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_any_name_is_one_cell_of_the_header(delimiter: str) -> None:
    names = ["round(avg(likes),1)", 'the "text"', "a\nb\r\nc", "a;b\tc", "=cmd|' /C calc'!A0", "-x", "plain"]
    for safe in (True, False):
        head, row = read_back(names, [tuple("1234567")], Writing("csv", delimiter, safe=safe))
        assert head == ["'" + n if safe and n[0] in FORMULA_STARTS else n for n in names]
        assert row == list("1234567")


def test_a_number_among_texts_is_never_touched() -> None:
    rows: list[Row] = [(-5,), (-0.5,), ("-5",), ("=1",), ("a",)]
    _, *cells = read_back(["x"], rows, Writing("csv"))
    assert cells == [["-5"], ["-0.5"], ["'-5"], ["'=1"], ["a"]]


def test_a_row_of_one_unknown_is_still_a_row() -> None:
    written = b"".join(write_csv(columns_of((("x", "integer"),)), [(1,), (None,), (3,)], Writing("csv")))
    assert pandas.read_csv(io.BytesIO(written))["x"].isna().tolist() == [False, True, False]


def test_pandas_reads_thousands_of_rows_in_chunks() -> None:
    rows = [
        tuple(
            f'{c.name} "{n}", and\nmore' if c.type == "string" else n > 0 if c.type == "boolean" else n
            for c in COLUMNS
        )
        for n in range(2_500)
    ]
    written = b"".join(write_csv(COLUMNS, rows, Writing("csv")))
    frame = pandas.read_csv(io.BytesIO(written))
    assert len(frame) == 2_500
    assert frame["likes"].tolist() == list(range(2_500))
    assert frame["maturing"].dtype == bool
    assert frame["text"][2_499] == 'text "2499", and\nmore'


def test_json_counts_its_rows_and_lists_its_hashtags() -> None:
    for count in (0, 1, 1_000, 1_001):
        rows = [tuple("#a #b" if c.type == "list" else None for c in COLUMNS)] * count
        told = json.loads(b"".join(write_json(COLUMNS, rows, {"dataset": "posts"})))
        assert told["meta"] == {"dataset": "posts", "row_count": count}
        assert len(told["data"]) == count
        assert all(row["hashtags"] == ["#a", "#b"] and row["text"] is None for row in told["data"])
