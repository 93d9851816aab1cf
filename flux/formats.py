"""Rows into CSV or JSON, in chunks, deterministic to the byte."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import Any

import orjson

from flux.catalog.declare import Column
from flux.catalog.query import Writing

ROWS_PER_CHUNK = 1_000
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
FORMULA_STARTS = frozenset("=+-@\t\r")

Row = tuple[Any, ...]


def write_csv(columns: tuple[Column, ...], rows: Iterable[Row], writing: Writing) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with CRLF; the header first, also where there are no rows. Unknown: an empty cell."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, delimiter=DELIMITERS[writing.delimiter], lineterminator="\r\n")
    writer.writerow([c.name for c in columns])
    prepared = _guarded(columns, rows) if writing.safe else iter(rows)
    if writing.decimal == "comma":
        prepared = _with_decimal_comma(columns, prepared)
    start = "\ufeff" if writing.bom else ""
    while True:
        batch = list(islice(prepared, ROWS_PER_CHUNK))
        writer.writerows(batch)
        yield (start + buffer.getvalue()).encode(errors="replace")
        if len(batch) < ROWS_PER_CHUNK:
            return
        start = ""
        buffer.seek(0)
        buffer.truncate()


def _guarded(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[Row]:
    """Free text that a spreadsheet could take for a formula, with a leading apostrophe; numbers stay bare."""
    places = [i for i, c in enumerate(columns) if c.free_text]
    for row in rows:
        dangerous = [i for i in places if row[i] and row[i][0] in FORMULA_STARTS]
        if dangerous:
            yield tuple("'" + cell if i in dangerous else cell for i, cell in enumerate(row))
        else:
            yield row


def _with_decimal_comma(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[Row]:
    places = {i for i, c in enumerate(columns) if c.type == "number"}
    for row in rows:
        yield tuple(
            str(cell).replace(".", ",") if i in places and cell is not None else cell
            for i, cell in enumerate(row)
        )


def write_json(columns: tuple[Column, ...], rows: Iterable[Row], meta: dict[str, Any]) -> Iterator[bytes]:
    """`{"data": [one object per row], "meta": …}`; `row_count` is put into `meta` as it is known."""
    names = [c.name for c in columns]
    lists = [c.name for c in columns if c.type == "list"]
    source, count, start = iter(rows), 0, b'{"data":['
    while batch := [dict(zip(names, row, strict=True)) for row in islice(source, ROWS_PER_CHUNK)]:
        for name in lists:
            for record in batch:
                record[name] = record[name].split() if record[name] is not None else None
        yield start + orjson.dumps(batch)[1:-1]
        start = b","
        count += len(batch)
    if not count:
        yield start
    yield b'],"meta":' + orjson.dumps({**meta, "row_count": count}) + b"}"
