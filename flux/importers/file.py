"""A file laid open: sheets of rows of cells, whatever it was stored as."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a file. Rows may be of unequal length; an empty cell is "" or None."""

    name: str  # "" where the file is one table
    rows: Sequence[Sequence[Cell]]
    lines: Sequence[int] | None = None  # the line on which each row begins, for text files
    unit: str = "line"  # what `lines` counts; "item" in a JSON array

    def where(self, index: int) -> str:
        """Where row `index` (from 0) stands, in the words of the program that shows the file."""
        if self.lines is not None:
            return f"{self.unit} {self.lines[index]}"
        row = f"row {index + 1}"
        return f"sheet {self.name}, {row}" if self.name else row

    def cell(self, row: int, column: int) -> Cell:
        """The cell at `row`, `column` (from 0), or None outside the table."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return None
        return self.rows[row][column]

    def column(self, index: int, start: int = 0) -> Iterator[Cell]:
        """The cells of one column from row `start` on."""
        return (row[index] if index < len(row) else None for row in self.rows[start:])


@dataclass(frozen=True, slots=True)
class File:
    """What was uploaded. Its name is a hint, never evidence."""

    name: str
    kind: str  # xlsx, xls, csv, json, zip
    sheets: tuple[Sheet, ...]
    members: tuple[str, ...] = ()  # zip: the files in it that were not opened
    notes: tuple[str, ...] = ()  # what reading had to assume: "read as Windows-1252"


def words(cell: Cell) -> str:
    """The text of a cell, trimmed; "" for an empty one. A whole number is written without `.0`."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
