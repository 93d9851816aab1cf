"""LinkedIn's export of a single post (.xlsx), old and new: its counts since publication."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flux.importers.counts import read_count
from flux.importers.day_order import settle_days
from flux.importers.file import Cell, File, Sheet, words
from flux.importers.moments import dates_in, mid_day, midnight, read_clock, read_day
from flux.importers.records import Extract, Importer, LeftOut, Options, PostRecord, UnreadableFile
from flux.importers.urns import find_urn, id_time, is_activity

_TOP_ROWS = 15
# Beginnings of the labels in column A, in English, Italian, German, Portuguese, Spanish and French.
_LABELS: dict[str, tuple[str, ...]] = {
    "likes": ("reactions", "reazioni", "reaktionen", "reações", "reacciones", "réactions"),
    "comments": ("comments", "commenti", "kommentare", "comentários", "comentarios", "commentaires"),
    "shares": ("reposts", "diffusioni", "reposts", "compartilhamentos", "veces compartido", "republications"),
    "impressions": ("impressions", "impressioni", "impressionen", "impressões", "impresiones"),
}
_DATE = (
    "post date",
    "post publish date",
    "data del post",
    "data di pubblicazione",
    "datum des beitrags",
    "data da publicação",
)
_CLOCK = ("post publish time", "ora di pubblicazione", "uhrzeit", "horário")
_ACTIVITY_ID = re.compile(r"(?<!\d)(\d{19})(?!\d)")
_SCHEDULED_AHEAD = 100 * 86_400  # LinkedIn schedules up to three months ahead


def identify(file: File) -> bool:
    """A label with the post's URL beside it, and counts under labels in the same column."""
    return file.kind in ("xlsx", "xls") and _sheet(file) is not None


def extract(file: File, options: Options) -> Extract:
    """Raises UnreadableFile where a count is none, or no day of publication is told."""
    sheet = _sheet(file)
    if sheet is None:
        raise UnreadableFile(
            f"{file.name} is no single-post export: no sheet has a post's URL and its counts."
        )
    url = next(found for row in sheet.rows[:_TOP_ROWS] if (found := _url(row)))
    try:
        counts: dict[str, Any] = {
            field: read_count(_value(sheet, labels)) for field, labels in _LABELS.items()
        }
        post = _post(file, sheet, url, options)._replace(**counts)
    except ValueError as mistake:
        raise UnreadableFile(f"{file.name}, sheet {sheet.name}: {mistake}.") from None
    others = tuple(
        LeftOut(f"sheet {each.name}", "", "not taken in") for each in file.sheets if each is not sheet
    )
    told = ", ".join(field for field, count in counts.items() if count is not None)
    return Extract(
        importer=IMPORTER.id,
        recognised=(f"one post with {told or 'no counts'}",),
        posts=(post,),
        left_out=others,
        read_at=_read_at(file, sheet, options),
    )


def _sheet(file: File) -> Sheet | None:
    for sheet in file.sheets:
        labels = [words(cell).casefold() for cell in sheet.column(0)]
        named = sum(any(label.startswith(heads) for label in labels) for heads in _LABELS.values())
        if named > 1 and any(_url(row) for row in sheet.rows[:_TOP_ROWS]):
            return sheet
    return None


def _url(row: Sequence[Cell]) -> str | None:
    """The post's URL in column B of a row; a URL in column A is a list of posts, another export."""
    if len(row) < 2 or not words(row[0]):
        return None
    value = words(row[1])
    return value if find_urn(value) and not find_urn(words(row[0])) else None


def _value(sheet: Sheet, labels: tuple[str, ...]) -> Cell:
    for row in sheet.rows:
        if row and words(row[0]).casefold().startswith(labels):
            return row[1] if len(row) > 1 else None
    return None


def _post(file: File, sheet: Sheet, url: str, options: Options) -> PostRecord:
    """The activity's id in the file's name is the post's; the URL has its share's."""
    shared = find_urn(url) or ""
    activity = _activity(file.name, shared)
    seconds = id_time(activity or "")
    if activity and seconds is not None:
        return PostRecord(activity, seconds, url=url, alias=shared if shared != activity else None)
    told = _value(sheet, _DATE)
    clock = read_clock(words(_value(sheet, _CLOCK)))
    seconds = id_time(shared)
    day_first = settle_days(
        file.name, options.day_first, [told], moments=[(told, seconds)] if seconds else ()
    )
    zone = options.timezone or "UTC"
    if words(told) and clock is not None and zone != "UTC":  # the clock is local, and the file names no zone
        return PostRecord(shared, _local(read_day(told, day_first), clock, zone), url=url)
    if seconds is not None:
        return PostRecord(shared, seconds, url=url)
    return PostRecord(shared, mid_day(read_day(told, day_first)).seconds, time_known=False, url=url)


def _activity(name: str, shared: str) -> str | None:
    """The activity's URN, if the name's id lies where that of the same post may lie."""
    if is_activity(shared):
        return shared
    found = _ACTIVITY_ID.search(name)
    named = f"urn:li:activity:{found[1]}" if found else ""
    when, seconds = id_time(named), id_time(shared)
    if when is None or (seconds is not None and not -_TOP_ROWS <= when - seconds <= _SCHEDULED_AHEAD):
        return None
    return named


def _local(day: date, clock: timedelta, timezone: str) -> int:
    return int((datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)) + clock).timestamp())


def _read_at(file: File, sheet: Sheet, options: Options) -> int | None:
    """The end of the days that the old layout's `… Highlights 1/1/2024 to 2/1/2024` names."""
    for row in sheet.rows[:_TOP_ROWS]:
        told = dates_in(" ".join(words(cell) for cell in row))
        if len(told) == 2:
            try:
                day = read_day(told[1], settle_days(file.name, options.day_first, told))
            except (UnreadableFile, ValueError):
                return None
            return midnight(day + timedelta(days=1))
    return None


IMPORTER = Importer(
    id="linkedin_post",
    label="LinkedIn single-post analytics export (.xlsx)",
    help=(
        "A post → View analytics → Export. Its reactions, comments, reposts and impressions since "
        "publication: the only personal export that tells them apart."
    ),
    identify=identify,
    extract=extract,
)
