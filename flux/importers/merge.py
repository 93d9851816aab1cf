"""What several files know of one post or day, put together; the order in which they come does not matter."""

import re
from collections.abc import Sequence

from flux.importers.records import DayRecord, PostRecord
from flux.importers.rows import Day, Post, Snapshot
from flux.importers.urns import id_time, is_activity

# Of two sources read at the same moment, the one that stands first is believed.
SOURCES = ("linkedin_company", "linkedin_post", "linkedin_personal", "mapper", "linkedin_archive")
_HASHTAG = re.compile(r"#(\w+)")
_PASTED = "hashtag"  # LinkedIn's own pages put `hashtag#AI` into the clipboard


def as_post(post_id: int, record: PostRecord, read_at: int) -> Post:
    """A record as a post of its own, still without counts."""
    text = record.text
    return Post(
        id=post_id,
        urn=record.urn,
        alias=record.alias,
        url=record.url,
        published_at=record.published_at,
        time_known=record.time_known,
        text=text,
        hashtags=None if text is None else hashtags(text),
        format=record.format,
        length=None if text is None else len(text),
        time_read_at=None if is_activity(record.urn) else read_at,
        text_read_at=None if text is None else read_at,
        format_read_at=None if record.format is None else read_at,
    )


def as_snapshot(
    post_id: int, record: PostRecord, source: str, window_start: int, read_at: int
) -> Snapshot | None:
    """A record's counts, or None where it has none."""
    counts = record[6:11]
    return (
        Snapshot(post_id, source, window_start, read_at, *counts)
        if any(c is not None for c in counts)
        else None
    )


def hashtags(text: str) -> str:
    """The hashtags of a text, each once, in order and as first written, separated by spaces."""
    first: dict[str, str] = {}
    for found in _HASHTAG.finditer(text):
        if _begins(text, found.start()):
            first.setdefault(found[1].casefold(), found[0])
    return " ".join(first.values())


def _begins(text: str, place: int) -> bool:
    """Whether a hashtag may begin here: inside a word or a URL none does."""
    before = text[place - 1 : place]
    return not (before.isalnum() or before in tuple("_/&#")) or text.endswith(_PASTED, 0, place)


def combine(old: Post, new: Post) -> Post:
    """Both posts as one, under the older one's id and URN. Counts are left as they are: see `resolve`."""
    others = [urn for urn in (old.alias, new.urn, new.alias) if urn and urn != old.urn]
    alias = others[0] if others else None
    published_at, known, time_read_at = _time(old, new, [old.urn, *others])
    text, text_read_at = _newest(old.text, old.text_read_at, new.text, new.text_read_at, filled_first=True)
    form, format_read_at = _newest(old.format, old.format_read_at, new.format, new.format_read_at)
    source = old if text == old.text else new
    return old._replace(
        alias=alias,
        url=_url(old.url, new.url),
        published_at=published_at,
        time_known=known,
        time_read_at=time_read_at,
        text=text,
        text_read_at=text_read_at,
        hashtags=source.hashtags,
        length=source.length,
        format=form,
        format_read_at=format_read_at,
    )


def _time(old: Post, new: Post, urns: Sequence[str]) -> tuple[int, bool, int | None]:
    """An activity's id, then a full time in a file, then a share's id, then a date; the newer file of two."""
    ids = {urn: moment for urn in urns if (moment := id_time(urn)) is not None}
    for urn, moment in ids.items():
        if is_activity(urn):
            return moment, True, None
    ranked = [
        (
            post.time_known + (post.time_known and post.published_at not in ids.values()),
            post.time_read_at or 0,
            post,
        )
        for post in (old, new)
    ]
    best = max(ranked, key=lambda each: (each[0], each[1], each[2].published_at))[2]
    return best.published_at, best.time_known, best.time_read_at


def _newest(
    old: str | None, old_at: int | None, new: str | None, new_at: int | None, filled_first: bool = False
) -> tuple[str | None, int | None]:
    known = [
        (bool(value) if filled_first else True, at or 0, value)
        for value, at in ((old, old_at), (new, new_at))
        if value is not None
    ]
    _, at, value = max(known, default=(True, None, None))
    return value, at


def _url(old: str | None, new: str | None) -> str | None:
    """The shorter one: LinkedIn's longer links hold the author's name and the post's first words."""
    return min((url for url in (old, new) if url), key=lambda url: (len(url), url), default=None)


def combine_snapshots(old: Snapshot, new: Snapshot) -> Snapshot:
    """Two files of the same source, window and moment: what is known, the higher where both are."""
    counts = (
        max((c for c in pair if c is not None), default=None) for pair in zip(old[4:], new[4:], strict=True)
    )
    return Snapshot(*old[:4], *counts)


def resolve(post: Post, snapshots: Sequence[Snapshot]) -> Post:
    """A post's own counts from all that files said of them.

    Values for its whole life go before those of a window, then the newest; reactions, comments and reposts
    come from one file. Engagement is their sum, else the best total; it stays unknown if neither is there.
    """
    ranked = snapshots if len(snapshots) == 1 else sorted(snapshots, key=lambda each: _rank(post, each))
    parts = max(ranked, key=_parts_known, default=None)
    total = next((each for each in ranked if each.engagement is not None), None)
    likes, comments, shares = parts[4:7] if parts else (None, None, None)
    behind, engagement = total, total.engagement if total else None
    if likes is not None and comments is not None and shares is not None:
        behind, engagement = parts, likes + comments + shares
    return post._replace(
        likes=likes,
        comments=comments,
        shares=shares,
        engagement=engagement,
        impressions=next((each.impressions for each in ranked if each.impressions is not None), None),
        counts_read_at=behind.read_at if behind else None,
    )


def _rank(post: Post, snapshot: Snapshot) -> tuple[bool, int, int, int]:
    partial = snapshot.window_start > post.published_at
    source = SOURCES.index(snapshot.source) if snapshot.source in SOURCES else len(SOURCES)
    return (partial, -snapshot.read_at, source, snapshot.window_start)


def _parts_known(snapshot: Snapshot) -> int:
    return 3 - snapshot[4:7].count(None)


def combine_day(old: Day | None, new: DayRecord, read_at: int) -> Day:
    """A day with what a file adds: of two windows the newer is believed, unknown never replaces known."""
    old = old or Day(new.day)
    activity, activity_at = _group(old[1:3], old.activity_read_at, new[1:3], read_at)
    followers, followers_at = _group(old[4:6], old.followers_read_at, new[3:5], read_at)
    return Day(new.day, activity[0], activity[1], activity_at, followers[0], followers[1], followers_at)


_Counts = tuple[int | None, ...]


def _group(old: _Counts, old_at: int | None, new: _Counts, new_at: int) -> tuple[_Counts, int | None]:
    if all(count is None for count in new):
        return old, old_at
    if old_at is None:
        return new, new_at
    first, second = sorted(((old_at, old), (new_at, new)), key=_newer, reverse=True)
    return tuple(b if a is None else a for a, b in zip(first[1], second[1], strict=True)), first[0]


def _newer(told: tuple[int, _Counts]) -> tuple[int, ...]:
    """Sort key: the later moment; then the higher counts, for a day's figures grow for two days."""
    return (told[0], *(-(2**63) if count is None else count for count in told[1]))
