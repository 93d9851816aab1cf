"""Text files: their encoding, and the table in a CSV file."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

import charset_normalizer

from flux.importers.file import File, Sheet
from flux.importers.nested import read_json
from flux.importers.records import UnreadableFile

DELIMITERS = ",;\t|"
MAX_CELL = 2**20  # characters; a post has 3,000
_SAMPLE = 2**16
_LONE_RETURN = re.compile(r"\r(?!\n)")
_END = "\x1a"  # a row of its own after the last one, unless a quote swallows it
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def read_plain(content: bytes, name: str) -> File:
    """A CSV or JSON file. Raises UnreadableFile that names the line where it goes wrong."""
    text, notes = _decode(content, name)
    if text.lstrip()[:1] in ("{", "["):
        return File(name, "json", (read_json(text, name),), notes=notes)
    return File(name, "csv", (_read_csv(text, name),), notes=notes)


def _decode(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    text, notes = _decoded(content, name)
    zeros = text.count("\x00")
    if zeros > 10 and zeros > len(text) // 100:
        raise UnreadableFile(f"{name} is not text: it holds {zeros:,} NUL characters.")
    if zeros:
        text, notes = text.replace("\x00", ""), (*notes, f"NUL characters removed: {zeros}")
    return text, notes


def _decoded(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            line = content[: error.start].count(b"\n") + 1
            raise UnreadableFile(
                f"{name}, line {line}: not valid {encoding}; the file is cut off."
            ) from error
    try:
        return content.decode("cp1252"), ("text read as Windows-1252",)
    except UnicodeDecodeError:
        guess = charset_normalizer.from_bytes(content[:_SAMPLE]).best()
    if guess is None:
        raise UnreadableFile(f"{name} is not text in any known encoding: save it as CSV UTF-8.")
    return content.decode(guess.encoding, "replace"), (f"text read as {guess.encoding}",)


def _read_csv(text: str, name: str) -> Sheet:
    csv.field_size_limit(MAX_CELL)
    skipped = 0
    if text[:4].casefold() == "sep=":  # Excel's own hint
        _, _, text = text.partition("\n")
        skipped = 1
    reader = csv.reader(chain(_lines(text), ("\n", _END)), delimiter=_delimiter(text))
    rows, lines, begins = [], [], 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(begins + skipped)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(f"{name}, line {reader.line_num + skipped}: not valid CSV: {error}.") from error
    line = lines.pop()
    if rows.pop() != [_END]:
        raise UnreadableFile(f"{name}, line {line}: a quoted text begins here and never ends. Is it cut off?")
    return Sheet("", rows, lines)


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends; a file object of so long a text would take four bytes for each character."""
    if _LONE_RETURN.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    start = 0
    while end := text.find("\n", start) + 1:
        yield text[start:end]
        start = end
    yield text[start:]


def _delimiter(text: str) -> str:
    """The delimiter that parts the most rows of the beginning into as many cells as the header has."""
    return max(DELIMITERS, key=lambda mark: _regularity(text[:_SAMPLE], mark))


def _regularity(sample: str, mark: str) -> tuple[int, int]:
    try:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=mark) if row][:50]
    except csv.Error:
        return (0, 0)
    widths = [len(row) for row in rows]
    common = max(set(widths), key=widths.count) if widths else 0
    return (widths.count(common) if common > 1 else 0, common)
