"""Which column holds what: the names that scrapers, tools and hand-made sheets give to their columns."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC

from flux.importers.counts import read_count
from flux.importers.file import Cell, words
from flux.importers.moments import read_moment
from flux.importers.urns import find_urn

# Field -> names in order of preference, in lower case without anything but letters and digits:
# `stats.reposts`
# is statsreposts. Reactions of all kinds come before likes, a full time before a date, LinkedIn's id before
# any id.
NAMES: Mapping[str, tuple[str, ...]] = {
    "url": (
        "url", "posturl", "linkedinurl", "link", "postlink", "permalink", "shareurl", "activityurl",
        "linktopost",
    ),
    "id": ("activityurn", "urn", "fullurn", "shareurn", "posturn", "activityid", "postid", "statusid", "id"),
    "text": (
        "text", "posttext", "postcontent", "content", "commentary", "message", "caption", "posttitle",
        "statusmessage",
        "body", "posttextcontent", "post", "title", "description",
    ),
    "published_at": (
        "publishedat", "postedatiso", "postedattimestamp", "postedattimestampms", "postedatdate",
        "postedat", "timestamp",
        "posttimestamp", "statuspublished", "publishtime", "posttime", "time", "createdat", "createdtime",
        "posteddate",
        "dateposted", "postdate", "publisheddate", "publishdate", "postpublishdate", "createddate",
        "datetime", "date",
        "published", "posted", "day",
    ),
    "likes": (
        "statstotalreactions", "totalreactions", "totalreactioncount", "numreactions", "reactionscount",
        "reactioncount",
        "reactions", "engagementlikes", "statslike", "numlikes", "likecount", "likescount", "likes",
    ),
    "comments": (
        "statscomments", "numcomments", "commentcount", "commentscount", "totalcomments",
        "engagementcomments", "comments",
    ),
    "shares": (
        "statsreposts", "statsshares", "numshares", "numreposts", "repostcount", "repostscount", "sharecount",
        "sharescount", "totalshares", "engagementshares", "reposts", "shares",
    ),
    "engagement": ("engagements", "engagement", "totalengagement", "totalengagements", "interactions"),
    "impressions": (
        "impressions", "impressioncount", "impressionscount", "numimpressions", "totalimpressions",
    ),
    "format": ("mediatype", "contenttype", "format", "postformat", "statustype", "posttype", "type"),
    "new_followers": ("newfollowers", "followersgained", "followergrowth", "newfollowercount"),
    "followers": ("followers", "totalfollowers", "followercount", "followerscount"),
}  # fmt: skip
FIELDS = tuple(NAMES)
COUNTS = ("likes", "comments", "shares", "engagement", "impressions", "new_followers", "followers")
POST_FIELDS = ("url", "id", "text", "likes", "comments", "shares", "format")
DAY_FIELDS = ("impressions", "engagement", "new_followers", "followers")
_SAMPLE = 50


def guess(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> dict[str, str]:
    """Field -> column, for the fields whose column can be told by its name and the cells of some rows.

    Of several that could be meant, the one whose cells fit goes before the one with the better name.
    """
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        places.setdefault(plain(column), []).append(place)
    found: dict[str, str] = {}
    for field, names in NAMES.items():
        fitting = [place for name in names for place in places.get(name, ())]
        ranked = sorted(fitting, key=lambda place: -_fit(field, place, rows[:_SAMPLE]))
        if ranked and (field not in COUNTS or _fit(field, ranked[0], rows[:_SAMPLE]) > 0):
            found[field] = columns[ranked[0]]
    return found


def plain(column: str) -> str:
    """A column's name without case, spaces and marks."""
    return re.sub(r"[^a-z0-9]", "", column.casefold())


def _fit(field: str, place: int, rows: Sequence[Sequence[Cell]]) -> int:
    """2 if most filled cells are of the field's kind, 1 if there are none to tell by, 0 if they are not."""
    cells = [row[place] for row in rows if place < len(row) and words(row[place])]
    good = sum(_fits(field, cell) for cell in cells)
    return 1 if not cells else 2 if good * 2 > len(cells) else 0


def _fits(field: str, cell: Cell) -> bool:
    try:
        if field in COUNTS:
            read_count(cell)
            return True
        if field == "published_at":
            return bool(read_moment(cell, True, UTC))
    except ValueError:
        return False
    if field == "url":
        return words(cell).startswith(("http", "www.", "linkedin.")) or find_urn(words(cell)) is not None
    return isinstance(cell, str | int | float)
