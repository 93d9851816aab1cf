"""LinkedIn's company page export (.xls, or saved anew): daily figures, posts, new followers; any language."""

from datetime import date, timedelta
from itertools import chain

from flux.importers import company_columns
from flux.importers.company_columns import Table
from flux.importers.counts import read_count
from flux.importers.day_order import settle_days
from flux.importers.file import Cell, File, words
from flux.importers.moments import mid_day, midnight, read_day
from flux.importers.records import DayRecord, Extract, Importer, LeftOut, Options, PostRecord
from flux.importers.urns import find_urn, id_time

_FORMATS = {
    "video": "video",
    "vídeo": "video",
    "article": "article",
    "artículo": "article",
    "artigo": "article",
    "artikel": "article",
}
_INTERACTIONS = ("reactions", "comments", "reposts")


def identify(file: File) -> bool:
    """A sheet with the page's daily figures, its posts or its new followers."""
    return file.kind in ("xls", "xlsx", "csv") and any(
        company_columns.find_table(sheet) for sheet in file.sheets
    )


def extract(file: File, options: Options) -> Extract:
    """Raises UnreadableFile where the order of day and month can't be told."""
    tables: dict[str, Table] = {}
    left_out: list[LeftOut] = []
    for sheet in file.sheets:
        table = company_columns.find_table(sheet)
        if table and table.kind not in tables:
            tables[table.kind] = table
        elif sheet.rows:
            left_out.append(LeftOut(f"sheet {sheet.name}", "", "not taken in"))
    day_first = _order(file, tables, options)
    days = [
        day for kind, table in tables.items() if kind != "posts" for day in _days(table, day_first, left_out)
    ]
    posts = _posts(tables["posts"], day_first, left_out) if "posts" in tables else []
    measured = [day.day for day in days]
    end = midnight(date.fromisoformat(max(measured)) + timedelta(days=1)) if measured else None
    return Extract(
        importer=IMPORTER.id,
        recognised=(*_recognised(tables, days, posts), *file.notes),
        posts=tuple(posts),
        days=tuple(sorted(days)),
        left_out=tuple(left_out),
        read_at=end,
    )


def _order(file: File, tables: dict[str, Table], options: Options) -> bool:
    dates = {
        kind: [row["date"] for _, row in table.rows() if words(row["date"])] for kind, table in tables.items()
    }
    moments: list[tuple[Cell, int]] = []
    if "posts" in tables:
        for _, row in tables["posts"].rows():
            told = id_time(find_urn(words(row["url"])) or "")
            if told and words(row["date"]):
                moments.append((row["date"], told))
    series = [column for kind, column in dates.items() if kind != "posts"]
    return settle_days(file.name, options.day_first, list(chain(*dates.values())), series, moments)


def _days(table: Table, day_first: bool, left_out: list[LeftOut]) -> list[DayRecord]:
    days = {}
    for place, row in table.rows():
        if not words(row["date"]):
            continue
        try:
            day = read_day(row["date"], day_first).isoformat()
            days[day] = _day(day, table, row)
        except ValueError as mistake:
            left_out.append(LeftOut(place, words(row["date"]), str(mistake)))
    return list(days.values())


def _day(day: str, table: Table, row: dict[str, Cell]) -> DayRecord:
    if table.kind == "followers":
        return DayRecord(day, new_followers=read_count(row["followers"]))
    parts = [read_count(row[field]) for field in _INTERACTIONS]
    known = [part for part in parts if part is not None]
    engagements = sum(known) if len(known) == len(parts) else None
    return DayRecord(day, impressions=read_count(row["impressions"]), engagements=engagements)


def _posts(table: Table, day_first: bool, left_out: list[LeftOut]) -> list[PostRecord]:
    """One record a post: of a boosted one its Total row, which holds Organic and every Sponsored one."""
    rows: dict[str, list[tuple[str, dict[str, Cell]]]] = {}
    for place, row in table.rows():
        urn = find_urn(words(row["url"]))
        if urn:
            rows.setdefault(urn, []).append((place, row))
        elif any(words(cell) for cell in row.values()):
            left_out.append(LeftOut(place, words(row["url"])[:80], "the link holds no id of a post"))
    posts = []
    for urn, same in rows.items():
        try:
            place, row = _telling(same)
            posts.append(_post(urn, row, day_first))
        except ValueError as mistake:
            left_out.append(LeftOut(same[0][0], words(same[0][1]["url"]), str(mistake)))
    return posts


def _telling(same: list[tuple[str, dict[str, Cell]]]) -> tuple[str, dict[str, Cell]]:
    """Total before Organic; Sponsored alone is one campaign's figure, not the post's."""
    ranked = {company_columns.row_kind(words(row["type"])): (place, row) for place, row in same}
    for kind in ("total", "organic", ""):
        if kind in ranked:
            return ranked[kind]
    raise ValueError("only Sponsored rows: their figures are those of a campaign, not of the post")


def _post(urn: str, row: dict[str, Cell], day_first: bool) -> PostRecord:
    moment = id_time(urn)
    return PostRecord(
        urn,
        mid_day(read_day(row["date"], day_first)).seconds if moment is None else moment,
        time_known=moment is not None,
        url=words(row["url"]),
        text=str(row["text"] or ""),
        format=_FORMATS.get(words(row["format"]).casefold()),
        likes=read_count(row["likes"]),
        comments=read_count(row["comments"]),
        shares=read_count(row["reposts"]),
        impressions=read_count(row["impressions"]),
    )


def _recognised(tables: dict[str, Table], days: list[DayRecord], posts: list[PostRecord]) -> list[str]:
    found = []
    if "metrics" in tables:
        found.append(f"daily impressions and engagements, {len(days)} days")
    if "followers" in tables:
        found.append(f"new followers, {sum(day.new_followers is not None for day in days)} days")
    if "posts" in tables:
        found.append(f"posts with text, reactions, comments and reposts, {len(posts)}")
    return found


IMPORTER = Importer(
    id="linkedin_company",
    label="LinkedIn company page export, content or followers (.xls)",
    help=(
        "Page → Analytics → Content (or Followers) → Export. Daily figures, and each post with its text, "
        "reactions, comments, reposts and impressions."
    ),
    identify=identify,
    extract=extract,
)
