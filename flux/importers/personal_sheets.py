"""The sheets of a personal export, told apart by what stands in them, for names change with language."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flux.importers.counts import read_count
from flux.importers.file import Cell, File, Sheet, words
from flux.importers.moments import dates_in
from flux.importers.urns import find_urn, id_time

HEADER_ROWS = 6
URL_COLUMNS = (0, 4)
_DISCOVERY_ROWS = 4


@dataclass(frozen=True, slots=True)
class Sheets:
    """The export's sheets, told apart by what stands in them."""

    discovery: Sheet | None
    engagement: Sheet | None
    posts: Sheet | None
    followers: Sheet | None
    others: tuple[Sheet, ...]

    def known(self) -> int:
        """How many of the four are there."""
        return sum(
            sheet is not None for sheet in (self.discovery, self.engagement, self.posts, self.followers)
        )


def sort_sheets(file: File) -> Sheets:
    """The sheets of `file` in their roles."""
    found: dict[str, Sheet] = {}
    others = []
    for sheet in file.sheets:
        kind = next((kind for kind, test in _TESTS.items() if kind not in found and test(sheet)), None)
        if kind:
            found[kind] = sheet
        elif any(words(cell) for row in sheet.rows for cell in row):
            others.append(sheet)
    return Sheets(
        discovery=found.get("discovery"),
        engagement=found.get("engagement"),
        posts=found.get("posts"),
        followers=found.get("followers"),
        others=tuple(others),
    )


def _is_date(cell: Cell) -> bool:
    return isinstance(cell, date) or (isinstance(cell, str) and dates_in(cell) == [cell.strip()])


def _is_discovery(sheet: Sheet) -> bool:
    return len(sheet.rows) <= _DISCOVERY_ROWS and len(dates_in(words(sheet.cell(0, 1)))) == 2


def _is_engagement(sheet: Sheet) -> bool:
    header = [cell for cell in sheet.rows[0] if words(cell)] if sheet.rows else []
    return len(header) == 3 and not _is_date(header[0]) and _is_date(sheet.cell(1, 0))


def _is_posts(sheet: Sheet) -> bool:
    rows = range(HEADER_ROWS)
    return any(_post_url(sheet.cell(row, column)) for row in rows for column in URL_COLUMNS)


def _is_followers(sheet: Sheet) -> bool:
    title = words(sheet.cell(0, 0))
    return len(dates_in(title)) == 1 and not _is_date(title) and _is_count(sheet.cell(0, 1))


_TESTS = {
    "discovery": _is_discovery,
    "posts": _is_posts,
    "followers": _is_followers,
    "engagement": _is_engagement,
}


def _is_count(cell: Cell) -> bool:
    try:
        return read_count(cell) is not None
    except ValueError:
        return False


def _post_url(cell: Cell) -> str | None:
    return find_urn(cell) if isinstance(cell, str) and "linkedin." in cell else None


def all_dates(sheets: Sheets) -> list[Cell]:
    """Every date of the file, as it is written."""
    found: list[Cell] = []
    if sheets.discovery:
        found += dates_in(words(sheets.discovery.cell(0, 1)))
    if sheets.followers:
        found += dates_in(words(sheets.followers.cell(0, 0)))
    for series in day_columns(sheets):
        found += series
    return found + [cell for cell, _ in post_dates(sheets)]


def day_columns(sheets: Sheets) -> list[list[Cell]]:
    """The columns that hold one row a day."""
    pairs = ((sheets.engagement, 1), (sheets.followers, 3))
    return [[cell for cell in sheet.column(0, start) if _is_date(cell)] for sheet, start in pairs if sheet]


def post_dates(sheets: Sheets) -> list[tuple[Cell, int]]:
    """Publish dates beside the moment that the post's id tells."""
    rows = post_rows(sheets.posts) if sheets.posts else iter(())
    return [(day, moment) for _, _, urn, day, _ in rows if words(day) and (moment := id_time(urn))]


def post_rows(sheet: Sheet) -> Iterator[tuple[int, int, str, Cell, Cell]]:
    """Row, column, URN, date and value of each post of either table."""
    for row in range(len(sheet.rows)):
        for column in URL_COLUMNS:
            if urn := _post_url(sheet.cell(row, column)):
                yield row, column, urn, sheet.cell(row, column + 1), sheet.cell(row, column + 2)
