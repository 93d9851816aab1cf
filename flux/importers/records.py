"""What an importer takes and hands over: pure records, before anything touches the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from flux.importers.file import File

FORMATS = ("text", "image", "video", "document", "article", "poll", "other")


class UnreadableFile(Exception):
    """A file that cannot be taken in: `message` names the file, its line or cell, and what would be right."""

    def __init__(self, message: str, **details: str) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class PostRecord(NamedTuple):
    """One post as one file knows it. None means that the file does not say."""

    urn: str  # urn:li:activity:…, urn:li:share:…, urn:li:ugcPost:…; urn:flux:… where the file has none
    published_at: int  # Unix seconds
    time_known: bool = True  # False: only the day is known, published_at is 10:30 UTC of it
    url: str | None = None
    text: str | None = None  # "" says that the post has none
    format: str | None = None  # one of FORMATS
    likes: int | None = None  # all reactions
    comments: int | None = None
    shares: int | None = None
    engagement: int | None = None  # the source's own total, where it gives one
    impressions: int | None = None
    alias: str | None = None  # a second URN of the same post, where the file itself gives both


class DayRecord(NamedTuple):
    """One day of a profile as one file knows it."""

    day: str  # ISO
    impressions: int | None = None
    engagements: int | None = None
    new_followers: int | None = None
    followers: int | None = None


class LeftOut(NamedTuple):
    """A row, sheet or file of an archive that was not taken in, and why."""

    where: str  # "sheet TOP POSTS, row 48"
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may say about a file. Everything has a sensible guess without it."""

    mapping: Mapping[str, str] = field(default_factory=dict)  # column mapper: field -> column
    day_first: bool | None = None  # True: 6/1/2026 is 6 January; None: worked out from the file
    timezone: str | None = None  # IANA name of the zone of times that carry none; None: UTC


@dataclass(frozen=True, slots=True)
class Extract:
    """Everything one file says, in Flux's own terms.

    Counts hold for the window from `window_start` (0: since publication) to `read_at`, Unix seconds;
    `read_at` None means that the file does not tell: the moment of its first import stands in.
    """

    importer: str  # id of the importer
    recognised: tuple[str, ...]  # what was found: "daily impressions and engagements, 365 days"
    posts: tuple[PostRecord, ...] = ()
    days: tuple[DayRecord, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    window_start: int = 0
    read_at: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)  # column mapper: field -> column used


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of file that Flux takes in."""

    id: str
    label: str
    help: str  # where the user gets the file, and what is in it
    identify: Callable[[File], bool]
    extract: Callable[[File, Options], Extract]  # raises UnreadableFile
