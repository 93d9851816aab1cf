"""Rows into CSV or JSON, in chunks, deterministic to the byte."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson

from flux.catalog.declare import Column
from flux.catalog.query import Writing

ROWS_PER_CHUNK = 1_000
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_WORDS = {True: "true", False: "false", None: None}
_TEXTS = ("string", "list")
FORMULA_STARTS = frozenset("=+-@\t\r")

Row = tuple[Any, ...]


def write_csv(columns: tuple[Column, ...], rows: Iterable[Row], writing: Writing) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with CRLF; the header first, also where there are no rows. Unknown: an empty cell.

    By hand: `csv.writer` looks at each letter of a text, which is half of the time of a feed of posts.
    """
    delimiter = DELIMITERS[writing.delimiter]
    source = _with_words(columns, rows)
    if writing.decimal == "comma":
        source = _with_decimal_comma(columns, source)
    texts = [(place, writing.safe and c.free_text) for place, c in enumerate(columns) if c.type in _TEXTS]
    names = tuple(c.name for c in columns)
    head = _line(names, [(place, writing.safe) for place in range(len(names))], delimiter)
    yield (("\ufeff" if writing.bom else "") + head).encode(errors="replace")
    while batch := list(islice(source, ROWS_PER_CHUNK)):
        lines = [_line(row, texts, delimiter) for row in batch]
        yield "".join(lines).encode(errors="replace")


def _line(row: Row, texts: list[tuple[int, bool]], delimiter: str) -> str:
    """One record; `texts` are the places of text cells, and whether each is guarded against formulas.

    A number among texts stays one. A lone empty cell is quoted: readers pass over a line with nothing in it.
    """
    cells = ["" if cell is None else str(cell) for cell in row]
    for place, guarded in texts:
        cell = cells[place]
        if not cell:
            continue
        if guarded and cell[0] in FORMULA_STARTS and isinstance(row[place], str):
            cell = "'" + cell
        if '"' in cell or delimiter in cell or "\n" in cell or "\r" in cell:
            cell = '"' + cell.replace('"', '""') + '"'
        cells[place] = cell
    return (delimiter.join(cells) or '""') + "\r\n"


def _with_words(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[Row]:
    """`true` and `false`, as every reader of CSV takes them."""
    places = [place for place, c in enumerate(columns) if c.type == "boolean"]
    if not places:
        yield from rows
        return
    for row in rows:
        cells = list(row)
        for place in places:
            cells[place] = _WORDS[cells[place]]
        yield tuple(cells)


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
