"""The rows of a mapped table as days."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from flux.importers.counts import read_count
from flux.importers.day_order import settle_days
from flux.importers.file import Cell, Sheet, words
from flux.importers.moments import read_day
from flux.importers.records import DayRecord, LeftOut

_RECORD = {
    "impressions": "impressions",
    "engagement": "engagements",
    "new_followers": "new_followers",
    "followers": "followers",
}


def read_days(
    name: str,
    sheet: Sheet,
    header: int,
    places: Mapping[str, int],
    day_first: bool | None,
    _zone: tzinfo,
    left_out: list[LeftOut],
) -> list[DayRecord]:
    """A record a row; what can't be read goes to `left_out`. Raises UnreadableFile for undecided dates."""
    dates = [cell for cell in sheet.column(places["published_at"], header + 1) if words(cell)]
    order = settle_days(name, day_first, dates, [dates])
    days: dict[str, DayRecord] = {}
    for index in range(header + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(words(cell) for cell in row):
            continue
        try:
            day = _day(row, places, order)
            if day.day in days:
                raise ValueError(f"the day {day.day} stands above")
        except ValueError as mistake:
            left_out.append(LeftOut(sheet.where(index), ", ".join(map(words, row))[:80], str(mistake)))
            continue
        days[day.day] = day
    return sorted(days.values())


def _day(row: Sequence[Cell], places: Mapping[str, int], order: bool) -> DayRecord:
    if len(row) <= max(places.values()):
        raise ValueError(f"has {len(row)} cells: the file may be cut off here")
    day = read_day(row[places["published_at"]], order).isoformat()
    counts = {record: read_count(row[places[field]]) for field, record in _RECORD.items() if field in places}
    return DayRecord(day, **counts)
