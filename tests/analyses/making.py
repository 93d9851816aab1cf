"""Simulated authors: posts whose truth is known, as an analysis gets them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from flux.analyses.kind import Result
from flux.analyses.material import DAY_COLUMNS, POST_COLUMNS, Material
from flux.catalog.query import Profile
from flux.catalog.ranges import Window
from flux.detrend import detrend

DAY = 86_400
START = 1_704_067_200  # 2024-01-01, a Monday
FIRST = date(2024, 1, 1)
NOISE = 0.8  # of the log, as LinkedIn posts have it


def author(
    dice: np.random.Generator,
    count: int,
    days: float = 730,
    level: float = 60.0,
    log_effect: Any = 0.0,
    at: Any = None,
    **columns: Any,
) -> dict[str, Any]:
    """An author's posts by column: moments, and counts around `level` × exp(log_effect), heavy-tailed."""
    moments = np.sort(START + dice.uniform(0, days * DAY, count)).astype("int64") if at is None else at
    viral = np.where(dice.uniform(size=count) < 0.015, np.log(8), 0.0)
    logs = np.log(level) + log_effect + dice.normal(0, NOISE, count) + viral
    return {"published_at": moments, "engagement": np.round(np.exp(logs)), **columns}


def frame(posts: dict[str, Any], name: str = "Ada", number: int = 1) -> pd.DataFrame:
    """Posts as the store reads them, the model's figures with them."""
    made: dict[str, Any] = dict.fromkeys(POST_COLUMNS)
    count = len(posts["published_at"])
    made |= {"profile_id": profile(number).public_id, "profile_name": name, "time_known": True}
    made |= {"post_id": [f"urn:li:share:{number}{n}" for n in range(count)]} | posts
    table = pd.DataFrame(made, index=range(count)).astype(POST_COLUMNS)
    published, engagement = table["published_at"].to_numpy(float), table["engagement"].to_numpy(float)
    found = detrend(published, engagement, np.full(count, np.nan))
    local = pd.to_datetime(table["published_at"], unit="s")
    return table.assign(adjusted=found.adjusted, expected=found.expected, typical=found.typical, local=local)


def profile(number: int = 1, zone: str = "UTC") -> Profile:
    return Profile(number, f"Profile {number}", zone, 1, 0, START, None)


def material(
    *frames: pd.DataFrame,
    window: Window = Window(FIRST, date(2025, 12, 31)),
    days: Sequence[Sequence[Any]] = (),
    table: pd.DataFrame | None = None,
) -> Material:
    """A material of these posts, a frame a profile."""
    posts = pd.concat(frames, ignore_index=True) if frames else frame({"published_at": np.array([], int)})
    return Material(
        profiles=tuple(profile(n + 1) for n in range(len(frames))),
        window=window,
        today=window.last,
        posts=posts.sort_values("published_at", ignore_index=True),
        days=pd.DataFrame(list(days), columns=list(DAY_COLUMNS)).astype(DAY_COLUMNS),
        table=table,
    )


def written(result: Result) -> dict[str, Any]:
    """A result as it is stored."""
    return result.model_dump(mode="json", by_alias=True)
