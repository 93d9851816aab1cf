"""LinkedIn's personal analytics export (.xlsx): daily figures, top posts, followers, in any language."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flux.importers.counts import read_count
from flux.importers.day_order import settle_days
from flux.importers.file import Cell, File, Sheet, words
from flux.importers.moments import dates_in, mid_day, midnight, read_day
from flux.importers.personal_sheets import (
    HEADER_ROWS,
    URL_COLUMNS,
    Sheets,
    all_dates,
    day_columns,
    post_dates,
    post_rows,
    sort_sheets,
)
from flux.importers.records import DayRecord, Extract, Importer, LeftOut, Options, PostRecord, UnreadableFile
from flux.importers.urns import id_time


def identify(file: File) -> bool:
    """At least two of the export's sheets, one of them with daily figures or posts."""
    if file.kind not in ("xlsx", "xls"):
        return False
    sheets = sort_sheets(file)
    return sheets.known() > 1 and bool(sheets.engagement or sheets.posts)


def extract(file: File, options: Options) -> Extract:
    """Raises UnreadableFile where the order of day and month can't be told, or no sheet has a day."""
    sheets = sort_sheets(file)
    day_first = settle_days(
        file.name, options.day_first, all_dates(sheets), day_columns(sheets), post_dates(sheets)
    )
    left_out = [LeftOut(f"sheet {sheet.name}", "", "not taken in") for sheet in sheets.others]
    days = _days(sheets, day_first, left_out)
    start, end = _window(file, sheets, days, day_first)
    posts = _posts(sheets.posts, day_first, left_out) if sheets.posts else []
    return Extract(
        importer=IMPORTER.id,
        recognised=tuple(_recognised(sheets, days, posts, start, end)),
        posts=tuple(posts),
        days=tuple(days),
        left_out=tuple(left_out),
        window_start=midnight(start),
        read_at=midnight(end + timedelta(days=1)),
    )


def _posts(sheet: Sheet, day_first: bool, left_out: list[LeftOut]) -> list[PostRecord]:
    """One record a post of the two independent rankings; what a table does not list stays unknown."""
    found: dict[str, PostRecord] = {}
    impressions = _columns_of_impressions(sheet)
    for row, column, urn, day, value in post_rows(sheet):
        url = words(sheet.cell(row, column))
        try:
            post = found.get(urn) or _post(urn, url, day, day_first)
            count = read_count(value)
        except ValueError as mistake:
            left_out.append(LeftOut(sheet.where(row), url, str(mistake)))
            continue
        if count is not None and column in impressions:
            post = post._replace(impressions=count)
        elif count is not None:
            post = post._replace(engagement=count)
        found[urn] = post
    return list(found.values())


def _post(urn: str, url: str, day: Cell, day_first: bool) -> PostRecord:
    moment = id_time(urn)
    if moment is not None:
        return PostRecord(urn, moment, url=url)
    return PostRecord(urn, mid_day(read_day(day, day_first)).seconds, time_known=False, url=url)


def _columns_of_impressions(sheet: Sheet) -> set[int]:
    """First columns of the tables that tell impressions: what their headers say, else the right one."""
    named = {
        column
        for column in URL_COLUMNS
        if any("impres" in words(sheet.cell(row, column + 2)).casefold() for row in range(HEADER_ROWS))
    }
    return named or set(URL_COLUMNS[1:])


def _days(sheets: Sheets, day_first: bool, left_out: list[LeftOut]) -> list[DayRecord]:
    days: dict[str, DayRecord] = {}
    for sheet, start, fields in (
        (sheets.engagement, 1, ("impressions", "engagements")),
        (sheets.followers, 3, ("new_followers",)),
    ):
        if sheet:
            _read_days(sheet, start, fields, day_first, days, left_out)
    if sheets.followers:
        title = dates_in(words(sheets.followers.cell(0, 0)))[0]
        day = read_day(title, day_first).isoformat()
        total = read_count(sheets.followers.cell(0, 1))
        days[day] = days.get(day, DayRecord(day))._replace(followers=total)
    return sorted(days.values())


def _read_days(
    sheet: Sheet,
    start: int,
    fields: tuple[str, ...],
    day_first: bool,
    days: dict[str, DayRecord],
    left_out: list[LeftOut],
) -> None:
    for row in range(start, len(sheet.rows)):
        cell = sheet.cell(row, 0)
        if not words(cell):
            continue
        try:
            day = read_day(cell, day_first).isoformat()
            counts: dict[str, Any] = {
                field: read_count(sheet.cell(row, at)) for at, field in enumerate(fields, 1)
            }
        except ValueError as mistake:
            left_out.append(LeftOut(sheet.where(row), words(cell), str(mistake)))
            continue
        days[day] = days.get(day, DayRecord(day))._replace(**counts)


def _window(file: File, sheets: Sheets, days: list[DayRecord], day_first: bool) -> tuple[date, date]:
    """First and last day for which the file's figures hold."""
    if sheets.discovery:
        start, end = dates_in(words(sheets.discovery.cell(0, 1)))
        return read_day(start, day_first), read_day(end, day_first)
    named = [each for each in dates_in(file.name) if len(each.split("-")[0]) == 4]
    told = [day.day for day in days] or named
    if not told:
        raise UnreadableFile(
            f"{file.name} does not say for which days its figures hold: no sheet has a day in it."
        )
    return read_day(told[0], day_first), read_day(told[-1], day_first)


def _recognised(
    sheets: Sheets, days: list[DayRecord], posts: list[PostRecord], start: date, end: date
) -> Iterator[str]:
    yield f"window {start} to {end}"
    if sheets.engagement:
        measured = [day.impressions for day in days if day.impressions is not None]
        yield f"daily impressions and engagements, {len(measured)} days, {sum(measured):,} impressions"
        if sheets.discovery and (total := read_count(sheets.discovery.cell(1, 1))) not in (
            None,
            sum(measured),
        ):
            yield f"sheet {sheets.discovery.name} says {total:,} impressions instead"
    if sheets.followers:
        yield f"new followers, {sum(day.new_followers is not None for day in days)} days"
    if sheets.posts:
        yield f"top posts, {len(posts)}"


IMPORTER = Importer(
    id="linkedin_personal",
    label="LinkedIn personal analytics export (.xlsx)",
    help=(
        "LinkedIn → Analytics → Content → Export. Daily impressions, engagements and new followers of up to "
        "a year, and the top posts with their engagement and impressions within that time."
    ),
    identify=identify,
    extract=extract,
)
