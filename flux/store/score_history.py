"""What a score rests on: a profile's measured posts, with what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from flux.catalog.query import Profile
from flux.detrend import MATURE
from flux.store.read.fits import Fit, read_fits
from flux.store.read.measures import run

_COLUMNS = "id, urn, published_at, time_known, format, length, hashtags, engagement, counts_read_at"
_POSTS = f"SELECT {_COLUMNS} FROM posts WHERE account_id = ? AND profile_id = ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class Past:
    """A post; None: not known. `hashtags` counts them."""

    id: int
    urn: str
    published_at: int
    time_known: bool
    format: str | None
    length: int | None
    hashtags: int | None
    maturing: bool  # younger, when its counts were read, than posts have to be to be compared
    adjusted: float | None


def read_history(connection: Connection, account_id: int, profile: Profile) -> tuple[list[Past], Fit]:
    """All the profile's posts by id, and the fit that their adjusted engagement is from."""
    rows: Sequence[Any] = run(connection, _POSTS, (account_id, profile.id)).fetchall()
    fit = read_fits(connection, account_id, [profile])[profile.id]
    figures = fit.of([row[0] for row in rows])
    return [_past(row, adjusted) for row, (adjusted, _) in zip(rows, figures, strict=True)], fit


def _past(row: Any, adjusted: float | None) -> Past:
    id, urn, published_at, time_known, form, length, hashtags, engagement, read_at = row
    young = engagement is not None and read_at is not None and read_at - published_at < MATURE
    tags = None if hashtags is None else len(hashtags.split())
    return Past(id, urn, published_at, bool(time_known), form, length, tags, young, adjusted)
