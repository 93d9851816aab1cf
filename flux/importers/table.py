"""Any CSV, JSON or one-sheet workbook as a table: named columns, each of the type that its cells have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from flux.importers.cleaning import storable
from flux.importers.column import Column, Value, read_column
from flux.importers.file import Cell, File, Sheet, words
from flux.importers.records import Options, UnreadableFile

MAX_COLUMNS = 200
MAX_ROWS = 200_000
MAX_COLUMN_NAME = 200  # characters
_MARKUP = ("<!doctype", "<html", "<?xml")
_HEADER_ROWS = 6  # a title or two may stand above the names


@dataclass(frozen=True, slots=True)
class TableExtract:
    """A table as one file holds it."""

    columns: tuple[tuple[str, str], ...]  # name and type, one of flux.importers.column.TYPES
    rows: Sequence[Sequence[Value]]  # cells in the order of the columns; None where one is empty
    recognised: tuple[str, ...]  # what was found and assumed: "table, 52 rows, 4 columns"


def read_table(file: File, options: Options) -> TableExtract:
    """The one table of a file; rows without any cell are no rows.

    Raises UnreadableFile for several sheets, for nothing below the names, and for too many columns or rows.
    """
    sheet = _only_sheet(file)
    header = _header(sheet)
    body = [row for row in sheet.rows[header + 1 :] if any(words(cell) for cell in row)]
    if not body:
        seen = ", ".join(words(cell) for cell in sheet.rows[header])[:200]
        raise UnreadableFile(f"{file.name} was read as a table, and is none: nothing stands below '{seen}'.")
    _check_size(file.name, "rows", len(body), MAX_ROWS)
    names = _names(sheet.rows[header], body)
    _check_size(file.name, "columns", len(names), MAX_COLUMNS)
    columns = _columns(names, body, file.name, options.day_first)
    notes = [
        f"{name}: {column.note}" for name, column in zip(names.values(), columns, strict=True) if column.note
    ]
    return TableExtract(
        columns=tuple((name, column.type) for name, column in zip(names.values(), columns, strict=True)),
        rows=list(zip(*(column.values for column in columns), strict=True)),
        recognised=(
            f"table, {_count(len(body), 'row')}, {_count(len(names), 'column')}",
            *file.notes,
            *notes,
        ),
    )


def _only_sheet(file: File) -> Sheet:
    filled = [sheet for sheet in file.sheets if any(words(cell) for row in sheet.rows for cell in row)]
    if not filled:
        raise UnreadableFile(f"{file.name} is empty: no cell of it has anything in it.")
    if len(filled) > 1:
        held = ", ".join(sheet.name for sheet in filled[:10])
        raise UnreadableFile(
            f"{file.name} was read as a table, which is one sheet: it has {len(filled)} with something in "
            f"them ({held}). Save the one that is meant as CSV."
        )
    if words(filled[0].cell(0, 0)).casefold().startswith(_MARKUP):
        raise UnreadableFile(f"{file.name} is a web page or XML, not a table: save the table itself as CSV.")
    return filled[0]


def _header(sheet: Sheet) -> int:
    """The row of the names: of the first that are not blank, one more than half as full as the fullest."""
    counts = ((at, sum(bool(words(cell)) for cell in row)) for at, row in enumerate(sheet.rows))
    first = list(islice(((at, count) for at, count in counts if count), _HEADER_ROWS))
    most = max(count for _, count in first)
    return next(at for at, count in first if count * 2 > most)


def _names(header: Sequence[Cell], body: Sequence[Sequence[Cell]]) -> dict[int, str]:
    """Place -> name of the columns that have a name or a filled cell, each name once whatever its case."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for place in range(max(map(len, (header, *body)))):
        told = " ".join(storable(words(header[place])).split()) if place < len(header) else ""
        if not told and not any(place < len(row) and words(row[place]) for row in body):
            continue
        name = base = told[:MAX_COLUMN_NAME] or f"column {place + 1}"
        count = 1
        while name.casefold() in taken:
            count += 1
            name = f"{base} ({count})"
        names[place] = name
        taken.add(name.casefold())
    return names


def _columns(
    places: Iterable[int], body: Sequence[Sequence[Cell]], name: str, day_first: bool | None
) -> list[Column]:
    """The columns; one whose decimals are in doubt is read as those where they are not."""

    def read(place: int, mark: str = "") -> Column:
        cells = (row[place] if place < len(row) else None for row in body)
        return read_column(cells, name, day_first, mark)

    columns = {place: read(place) for place in places}
    marks = {column.mark for column in columns.values()} - {""}
    if len(marks) == 1:
        doubtful = [place for place, column in columns.items() if column.note and column.type == "string"]
        columns |= {place: read(place, *marks) for place in doubtful}
    return list(columns.values())


def _check_size(name: str, what: str, count: int, limit: int) -> None:
    if count > limit:
        raise UnreadableFile(f"{name} has {count:,} {what}: as a table at most {limit:,} are kept.")


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
