"""Each profile's adjusted engagement: its whole history read and fitted once for each state of its data."""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from flux.catalog.query import Profile
from flux.detrend import detrend
from flux.store.read.measures import run

KEPT_POSTS = 1_000_000  # over all fits that are kept: 24 MB

Found = tuple[float | None, float | None]
"""Adjusted and expected engagement; None: not known."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile's posts by ascending id, and what the model says of each; NaN: nothing."""

    ids: NDArray[np.int64]
    adjusted: NDArray[np.float64]
    expected: NDArray[np.float64]
    typical: float  # the author's typical level, in engagements

    def of(self, ids: Sequence[int]) -> list[Found]:
        """The figures of these posts, in their order."""
        places = np.searchsorted(self.ids, ids)
        pairs = zip(self.adjusted[places].tolist(), self.expected[places].tolist(), strict=True)
        return [(_known(adjusted), _known(expected)) for adjusted, expected in pairs]


def figures_of(fits: Mapping[int, Fit], rows: Sequence[Any]) -> list[Found]:
    """The figures of rows that begin with profile and post id, in their order."""
    places: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row[0], []).append(place)
    found: list[Found] = [(None, None)] * len(rows)
    for profile_id, some in places.items():
        for place, figures in zip(some, fits[profile_id].of([rows[n][1] for n in some]), strict=True):
            found[place] = figures
    return found


_fits: OrderedDict[tuple[int, int, int], Fit] = OrderedDict()
_lock = threading.Lock()


def read_fits(connection: Connection, account_id: int, profiles: Iterable[Profile]) -> dict[int, Fit]:
    """The fit of each profile, by its id. Kept by the version of the data: pages of one answer share it."""
    return {
        p.id: _kept(account_id, p) or _keep(account_id, p, _fit(connection, account_id, p)) for p in profiles
    }


def _fit(connection: Connection, account_id: int, profile: Profile) -> Fit:
    sql = (
        "SELECT id, published_at, coalesce(engagement, -1), coalesce(counts_read_at, -1) FROM posts"
        " WHERE account_id = ? AND profile_id = ?"
    )
    rows = run(connection, sql, (account_id, profile.id)).fetchall()
    table = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 4)
    table = table[np.argsort(table[:, 0])]
    ids, published, engagement, read_at = table.T
    found = detrend(published.astype(float), _unknown(engagement), _unknown(read_at))
    return Fit(ids, found.adjusted, found.expected, found.typical)


def _unknown(column: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(column < 0, np.nan, column)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _kept(account_id: int, profile: Profile) -> Fit | None:
    with _lock:
        key = (account_id, profile.id, profile.version)
        if key in _fits:
            _fits.move_to_end(key)
        return _fits.get(key)


def _keep(account_id: int, profile: Profile, fit: Fit) -> Fit:
    with _lock:
        _fits[account_id, profile.id, profile.version] = fit
        while len(_fits) > 1 and sum(len(kept.ids) for kept in _fits.values()) > KEPT_POSTS:
            _fits.popitem(last=False)
    return fit
