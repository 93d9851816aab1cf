"""Any CSV, JSON or one-sheet workbook by a column mapper: Apify, PhantomBuster, hand-made sheets."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from flux.importers import linkedin_archive, linkedin_company, linkedin_personal, linkedin_post
from flux.importers.file import File, Sheet, words
from flux.importers.guesses import DAY_FIELDS, FIELDS, POST_FIELDS, guess
from flux.importers.mapped_days import read_days
from flux.importers.mapped_posts import read_posts
from flux.importers.records import Extract, Importer, LeftOut, Options, UnreadableFile

_HEADER_ROWS = 6
_CLAIMED_BY = (linkedin_personal, linkedin_company, linkedin_archive, linkedin_post)


def identify(file: File) -> bool:
    """One table that no other importer claims, whose columns tell of posts or days."""
    sheet = one_sheet(file)
    if sheet is None or any(other.identify(file) for other in _CLAIMED_BY):
        return False
    header, columns = header_of(sheet)
    return _is_enough(guess(columns, sheet.rows[header + 1 :]))


def extract(file: File, options: Options) -> Extract:
    """Rows by the guessed columns, overridden by `options.mapping` (field -> column).

    Raises UnreadableFile for a mapping that names an unknown field or column, for dates whose order can't be
    told, and where not one row can be taken in.
    """
    sheet = one_sheet(file)
    if sheet is None:
        raise UnreadableFile(
            f"{file.name} is not one table, which the column mapper needs: save a sheet as CSV."
        )
    header, columns = header_of(sheet)
    left_out: list[LeftOut] = []
    try:
        mapping = _mapping(file.name, columns, guess(columns, sheet.rows[header + 1 :]), options.mapping)
        places = {field: columns.index(column) for field, column in mapping.items()}
        read = read_days if _is_daily(mapping) else read_posts
        zone = _zone(options.timezone)
        records = read(file.name, sheet, header, places, options.day_first, zone, left_out)
        if not records and left_out:
            first = left_out[0]
            raise UnreadableFile(f"{file.name}: no row could be taken in. {first.where}: {first.why}.")
    except UnreadableFile as problem:  # whoever corrects the mapping needs the columns to choose from
        raise UnreadableFile(problem.message, columns=_listed(columns), **problem.details) from problem
    found = f"days, {len(records)}" if _is_daily(mapping) else f"posts, {len(records)}"
    return Extract(
        importer=IMPORTER.id,
        recognised=(found, *file.notes),
        left_out=tuple(left_out),
        mapping=mapping,
        **{"days" if _is_daily(mapping) else "posts": tuple(records)},  # type: ignore[arg-type]
    )


def one_sheet(file: File) -> Sheet | None:
    """The one sheet of the file that has anything in it."""
    filled = [sheet for sheet in file.sheets if any(words(cell) for row in sheet.rows for cell in row)]
    return filled[0] if len(filled) == 1 and file.kind != "zip" else None


def header_of(sheet: Sheet) -> tuple[int, list[str]]:
    """The row of the first few in which the most columns are known by name, and its names made unique."""
    rows = sheet.rows[:_HEADER_ROWS]
    best = max(range(len(rows)), key=lambda row: len(guess([words(cell) for cell in rows[row]], ())))
    columns: list[str] = []
    for place, cell in enumerate(rows[best], 1):
        name = words(cell) or f"column {place}"
        columns.append(name if name not in columns else f"{name} ({place})")
    return best, columns


def _mapping(
    name: str, columns: list[str], guessed: dict[str, str], asked: Mapping[str, str]
) -> dict[str, str]:
    for field, column in asked.items():
        if field not in FIELDS:
            raise UnreadableFile(f"There is no field '{field}' to map to. There are: {', '.join(FIELDS)}.")
        if column and column not in columns:
            raise UnreadableFile(f"{name} has no column '{column}'. It has: {_listed(columns)}.")
    mapping = {field: column for field, column in {**guessed, **asked}.items() if column}
    if not _is_enough(mapping):
        raise UnreadableFile(
            f"{name}: a post needs a column with its date, or with a URL that holds LinkedIn's id, "
            f"and one with something about it; a day needs its date and a count. Columns: {_listed(columns)}."
        )
    return mapping


def _listed(columns: list[str]) -> str:
    return ", ".join(columns)[:2_000]


def _is_enough(mapping: Mapping[str, str]) -> bool:
    known = mapping.keys() & {*POST_FIELDS, *DAY_FIELDS}
    return bool(known) and ("published_at" in mapping or (bool(known & {"url", "id"}) and len(known) > 1))


def _is_daily(mapping: Mapping[str, str]) -> bool:
    """Figures by date with nothing that a post would have."""
    return "published_at" in mapping and not mapping.keys() & set(POST_FIELDS)


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        raise UnreadableFile(f"There is no time zone '{name}': it must be such as Europe/Berlin.") from None


IMPORTER = Importer(
    id="mapper",
    label="any CSV, JSON or one-sheet .xlsx with a row for each post or day (column mapper)",
    help=(
        "Exports of Apify, PhantomBuster and other tools, or your own sheet. Columns are guessed by their "
        "names and can be named one by one. Times without a zone are in the profile's."
    ),
    identify=identify,
    extract=extract,
)
