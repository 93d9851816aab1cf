"""LinkedIn's data archive: `Shares.csv` of every era, alone or in the whole .zip."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC

from flux.importers.day_order import settle_days
from flux.importers.file import Cell, File, Sheet, words
from flux.importers.moments import Moment, read_moment
from flux.importers.records import Extract, Importer, LeftOut, Options, PostRecord, UnreadableFile
from flux.importers.urns import find_urn, id_time

# How each newline of a post is stored, as a CSV reader sees it: a quote, the newline, a quote.
_QUOTED_NEWLINE = re.compile(r'"\r?\n"')
_SHARES = frozenset({"date", "sharelink", "sharecommentary"})
_OTHERS = {
    frozenset({"date", "link", "message"}): (
        "holds the comments you wrote on posts, which are no measure of your own posts"
    ),
    frozenset({"date", "type", "link"}): (
        "holds the reactions you gave to others, not those your posts received"
    ),
}
_MINUTE = 60


def identify(file: File) -> bool:
    """A `Shares.csv`, or one of its neighbours, which `extract` declines with a reason."""
    names = _names(file)
    return names >= _SHARES or names in _OTHERS


def extract(file: File, options: Options) -> Extract:
    """Raises UnreadableFile for the archive's other files."""
    names = _names(file)
    if names in _OTHERS:
        raise UnreadableFile(
            f"{file.name} {_OTHERS[names]}. From the archive Flux takes in Shares.csv; "
            "counts come from the analytics exports."
        )
    sheet, left_out = (
        file.sheets[0],
        [LeftOut(", ".join(file.members), "", "not taken in")] if file.members else [],
    )
    posts = _posts(file.name, sheet, options, left_out)
    return Extract(
        importer=IMPORTER.id,
        recognised=(f"posts with their text and time, {len(posts)}", *file.notes),
        posts=tuple(posts),
        left_out=tuple(left_out),
    )


def _names(file: File) -> frozenset[str]:
    if file.kind not in ("csv", "zip", "xlsx", "xls") or len(file.sheets) != 1 or not file.sheets[0].rows:
        return frozenset()
    return frozenset(_name(cell) for cell in file.sheets[0].rows[0] if words(cell))


def _name(cell: Cell) -> str:
    """`Share Link` of 2018 and `ShareLink` of today are one column."""
    return words(cell).replace(" ", "").casefold()


def _posts(name: str, sheet: Sheet, options: Options, left_out: list[LeftOut]) -> list[PostRecord]:
    header = [_name(cell) for cell in sheet.rows[0]]
    at, link, text = (header.index(column) for column in ("date", "sharelink", "sharecommentary"))
    links = [words(cell) for cell in sheet.column(link)]
    told = [
        (cell, id_time(find_urn(url) or "") or 0) for cell, url in zip(sheet.column(at), links, strict=True)
    ][1:]
    day_first = settle_days(name, options.day_first, [cell for cell, _ in told], moments=told)
    found: dict[str, PostRecord] = {}
    for row in range(1, len(sheet.rows)):
        try:
            post = _post(sheet.rows[row], (at, link, text), len(header), day_first)
            post = _unique(post, found)
        except ValueError as mistake:
            left_out.append(LeftOut(sheet.where(row), links[row], str(mistake)))
            continue
        found[post.urn] = post
    return list(found.values())


def _unique(post: PostRecord, found: Mapping[str, PostRecord]) -> PostRecord:
    """The archive lists some links several times. The same text is the same post; one that differs is kept.

    `…#2` is the second post of a link.
    """
    urn, count = post.urn, 1
    while urn in found:
        if found[urn].text == post.text:
            raise ValueError("the same post stands above")
        count += 1
        urn = f"{post.urn}#{count}"
    return post._replace(urn=urn)


def _post(row: Sequence[Cell], places: tuple[int, int, int], width: int, day_first: bool) -> PostRecord:
    if len(row) < width:
        raise ValueError(f"has {len(row)} of {width} cells: the file may be cut off here")
    date, link, text = (row[place] for place in places)
    urn = find_urn(words(link))
    if urn is None:
        raise ValueError("the link holds no id of a post")
    moment = _moment(urn, read_moment(date, day_first, UTC))
    text = _QUOTED_NEWLINE.sub("\n", str(text or ""))
    return PostRecord(urn, moment.seconds, moment.time_known, url=words(link), text=text)


def _moment(urn: str, told: Moment) -> Moment:
    """The file's own time; where a spreadsheet program cut its seconds off, the id has them."""
    exact = id_time(urn)
    if exact is None or told.to_second:
        return told
    return told if told.time_known and abs(exact - told.seconds) > _MINUTE else Moment(exact, True, True)


IMPORTER = Importer(
    id="linkedin_archive",
    label="LinkedIn data archive (Shares.csv or the whole .zip)",
    help=(
        "LinkedIn → Settings → Data privacy → Get a copy of your data. Every post with its full text and "
        "exact time, without any counts: those come from the analytics exports."
    ),
    identify=identify,
    extract=extract,
)
