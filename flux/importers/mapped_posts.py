"""The rows of a mapped table as posts."""

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from hashlib import sha256

from flux.importers.counts import read_count
from flux.importers.day_order import settle_days
from flux.importers.file import Cell, Sheet, words
from flux.importers.guesses import plain
from flux.importers.moments import Moment, read_moment
from flux.importers.records import LeftOut, PostRecord
from flux.importers.urns import find_urn, id_time, is_activity

FORMAT_WORDS: Mapping[str, str] = {
    "text": "text", "status": "text", "textonly": "text",
    "image": "image", "images": "image", "photo": "image", "picture": "image", "multiimage": "image",
    "video": "video", "nativevideo": "video", "linkedinvideo": "video", "livevideo": "video",
    "document": "document", "carousel": "document", "pdf": "document", "slides": "document",
    "article": "article", "link": "article", "newsletter": "article",
    "poll": "poll",
    "event": "other", "celebration": "other", "job": "other", "other": "other", "audio": "other",
}  # fmt: skip
# Columns of scrapers that give no word for the format, but something only such a post has.
_SIGNS = (
    ("haspoll", "poll"),
    ("hasvideo", "video"),
    ("postvideo", "video"),
    ("documentslides", "document"),
    ("postimages", "image"),
    ("images", "image"),
)
_NO = frozenset({"", "false", "0", "[]", "no"})
_RELATIVE = re.compile(
    r"\d+\s*(s|m|h|d|w|mo|y|yr|sec|min|hour|day|week|month|year)s?\b.{0,10}", re.IGNORECASE
)
_PLAIN_ID = re.compile(r"[\w.:\-]{1,120}", re.ASCII)
_LINKEDIN_DIGITS = 19
_COUNTS = ("likes", "comments", "shares", "engagement", "impressions")
_MINUTE = 60


def read_posts(
    name: str,
    sheet: Sheet,
    header: int,
    places: Mapping[str, int],
    day_first: bool | None,
    zone: tzinfo,
    left_out: list[LeftOut],
) -> list[PostRecord]:
    """A record a row; what can't be read goes to `left_out`. Raises UnreadableFile for undecided dates."""
    columns = [plain(words(cell)) for cell in sheet.rows[header]]
    signs = [] if "format" in places else _signs(columns)
    id_kind = columns[places["id"]] if "id" in places else ""
    rows = sheet.rows[header + 1 :]
    urns = [_urns(row, places, id_kind) for row in rows]
    order = _order(name, rows, urns, places.get("published_at"), day_first)
    width = max(places.values()) + 1
    found: dict[str, PostRecord] = {}
    for index, (row, known) in enumerate(zip(rows, urns, strict=True), header + 1):
        try:
            if len(row) < width:
                raise ValueError(f"has {len(row)} cells: the file may be cut off here")
            post = _post(row, known, places, signs, order, zone, found)
        except ValueError as mistake:
            if any(words(cell) for cell in row):
                left_out.append(LeftOut(sheet.where(index), ", ".join(map(words, row))[:80], str(mistake)))
            continue
        found[post.urn] = post
    return list(found.values())


def _signs(columns: Sequence[str]) -> list[tuple[int, str]]:
    return [
        (place, form)
        for sign, form in _SIGNS
        for place, column in enumerate(columns)
        if column.startswith(sign)
    ]


def _urns(row: Sequence[Cell], places: Mapping[str, int], id_kind: str) -> tuple[str, ...]:
    """The LinkedIn URNs of a row, an activity's first."""
    found = []
    for field in ("url", "id"):
        cell = _cell(row, places, field)
        if cell and (urn := find_urn(cell) or (_bare_urn(cell, id_kind) if field == "id" else None)):
            found.append(urn)
    if len(found) > 1:
        return (
            (found[0],)
            if found[0] == found[1]
            else tuple(sorted(found, key=lambda urn: not is_activity(urn)))
        )
    return tuple(found)


def _bare_urn(cell: str, kind: str) -> str | None:
    """Nothing but the digits of an id: an activity's, unless the column says otherwise."""
    if len(cell) != _LINKEDIN_DIGITS or not cell.isdigit():
        return None
    head = "share" if "share" in kind else "ugcPost" if "ugc" in kind else "activity"
    urn = f"urn:li:{head}:{cell}"
    return urn if id_time(urn) is not None else None


def _order(
    name: str,
    rows: Sequence[Sequence[Cell]],
    urns: list[tuple[str, ...]],
    place: int | None,
    day_first: bool | None,
) -> bool | None:
    """Day or month first, from the rows whose time is not in an activity's id."""
    if place is None:
        return None
    told = [
        (row[place], known[0] if known else "")
        for row, known in zip(rows, urns, strict=True)
        if len(row) > place
    ]
    dates = [cell for cell, urn in told if not is_activity(urn)]
    moments = ((cell, seconds) for cell, urn in told if (seconds := id_time(urn)) is not None)
    return settle_days(name, day_first, dates, moments=moments) if dates else day_first


def _cell(row: Sequence[Cell], places: Mapping[str, int], field: str) -> str:
    place = places.get(field)
    return "" if place is None or place >= len(row) else words(row[place])


def _post(
    row: Sequence[Cell],
    urns: tuple[str, ...],
    places: Mapping[str, int],
    signs: Sequence[tuple[int, str]],
    order: bool | None,
    zone: tzinfo,
    found: Mapping[str, PostRecord],
) -> PostRecord:
    moment = _moment(row[places["published_at"]] if "published_at" in places else None, urns, order, zone)
    url = _cell(row, places, "url") or None
    text = str(row[places["text"]] or "") if "text" in places else ""
    urn = urns[0] if urns else _own_urn(_cell(row, places, "id"), url, moment, text, found)
    if urn in found:
        raise ValueError("the same post stands above")
    likes, comments, shares, engagement, impressions = [
        read_count(row[places[field]]) if field in places else None for field in _COUNTS
    ]
    form = _format(row, places, signs)
    alias = urns[1] if len(urns) > 1 else None
    facts = (urn, moment.seconds, moment.time_known, url, text or None, form)
    return PostRecord(*facts, likes, comments, shares, engagement, impressions, alias)


def _moment(cell: Cell, urns: tuple[str, ...], order: bool | None, zone: tzinfo) -> Moment:
    """An activity's id, then a full time in the row, then a share's id, then a date."""
    seconds = id_time(urns[0]) if urns else None
    exact = None if seconds is None else Moment(seconds, True, True)
    if exact and is_activity(urns[0]):
        return exact
    try:
        told = read_moment(cell, order, zone)
    except ValueError:
        if exact:
            return exact
        if isinstance(cell, str) and _RELATIVE.fullmatch(cell.strip()):
            told_how = (
                "is relative to when it was read: it must be a date, or the URL must hold LinkedIn's id"
            )
            raise ValueError(f"'{cell.strip()}' {told_how}") from None
        raise
    if exact and (
        not told.time_known or (not told.to_second and abs(told.seconds - exact.seconds) <= _MINUTE)
    ):
        return exact
    return told


def _own_urn(own_id: str, url: str | None, moment: Moment, text: str, found: Mapping[str, PostRecord]) -> str:
    """A name for a post that LinkedIn's ids are not known of, the same at each import."""
    if _PLAIN_ID.fullmatch(own_id):
        return f"urn:flux:{own_id}"
    if own_id or url:
        return _digest(own_id or url or "")
    urn = _digest(f"{moment.seconds} {text}")
    count = 1
    while urn in found and found[urn].text != (text or None):
        count += 1
        urn = _digest(f"{moment.seconds} {text} {count}")
    return urn


def _digest(text: str) -> str:
    return f"urn:flux:{sha256(text.encode('utf-8', 'replace')).hexdigest()[:20]}"


def _format(row: Sequence[Cell], places: Mapping[str, int], signs: Sequence[tuple[int, str]]) -> str | None:
    if "format" in places:
        return FORMAT_WORDS.get(plain(_cell(row, places, "format")))
    return next(
        (form for place, form in signs if place < len(row) and words(row[place]).casefold() not in _NO), None
    )
