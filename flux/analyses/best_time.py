"""best_time: the weekdays and hours at which posts do better than is typical for their author."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from flux.analyses.kind import Kind, Parameters, Result, sample_of
from flux.analyses.material import Material, scored
from flux.analyses.pooling import Slots, by_slot
from flux.analyses.sentences import AUTHOR, ZONES, between, left_out, percent, short_of
from flux.analyses.statistics import LEVEL, Floats, clipped, finite, groups_test, holm
from flux.analyses.week_times import Slot, times_of
from flux.catalog.breakdown import BUCKETS

if TYPE_CHECKING:
    from pandas import DataFrame

LEAST_POSTS = 30
LEAST_SLOTS = 2
LEAST_IN_GROUP = 5  # posts of a weekday, hour or slot that takes part in the test
LEAST_IN_BEST = 3
SURE_ENOUGH = 0.975  # so that the 95 % interval leaves the average out
WEEKDAYS = BUCKETS["day_of_week"]
METHOD = (
    "Log of adjusted engagement against what is typical for the author, winsorised at 2 robust standard "
    "deviations, so that a viral post counts as a good one. Weekday, hour and slot are random effects, "
    "fitted by empirical Bayes (Efron and Morris 1975; Gelman and Hill 2007; penalty of Chung et al. 2013): "
    "an estimate is drawn towards the average the fewer posts it rests on. A weekday, an hour or a slot is "
    "named only where the rank test of Kruskal and Wallis (1952) finds that weekdays, hours or slots differ "
    "(5 %, Holm 1979) and its 95 % interval leaves the average out."
)


class BestTime(Result):
    """When posts do best."""

    best: Slot | None = Field(default=None, description="Null where none is surely better than the average.")
    worst: Slot | None = Field(default=None, description="Null where none is surely worse.")
    p_value: float | None = Field(default=None, description="Of the test whether times differ at all.")
    slots: list[Slot] = Field(default=[], description="Every weekday and hour that has a post.")
    weekdays: list[Slot] = Field(default=[])
    hours: list[Slot] = Field(default=[])


def run(material: Material, _parameters: Parameters) -> BestTime:
    """The best time among those at which there were posts."""
    inside = material.inside()
    timed = inside[inside["time_known"]]
    posts = scored(timed)
    slots = _slots(posts)
    told: dict[str, Any] = {"method": METHOD, "sample": sample_of(material, inside)}
    told["notes"] = _notes(material, inside, timed, posts)
    if len(posts) < LEAST_POSTS:
        verdict = short_of(len(posts), LEAST_POSTS, "posts whose hour and engagement are known")
        return BestTime(enough=False, verdict=verdict, **told)
    if len(slots.posts) < LEAST_SLOTS:
        verdict = short_of(len(slots.posts), LEAST_SLOTS, "different times of the week with posts")
        return BestTime(enough=False, verdict=verdict, **told)
    every, weekdays, by_hour = times_of(slots)
    differ = _differ(posts)
    candidates = _candidates(differ, every, weekdays, by_hour)
    best, worst = _surest(candidates, better=True), _surest(candidates, better=False)
    return BestTime(
        enough=True,
        verdict=_verdict(best, worst, min(differ) < LEVEL),
        best=best,
        worst=worst,
        p_value=finite(min(differ)),
        slots=every,
        weekdays=weekdays,
        hours=by_hour,
        **told,
    )


def _slots(posts: "DataFrame") -> Slots:
    centred = posts["score"] - posts.groupby("profile_id")["score"].transform("median")
    scores = clipped(centred.to_numpy(float), 0.0) if len(posts) else np.empty(0)
    local = posts["local"].dt
    weekday, hour = local.day_of_week.to_numpy("int64"), local.hour.to_numpy("int64")
    return by_slot(weekday, hour, scores - scores.mean() if len(posts) else scores)


def _differ(posts: "DataFrame") -> list[float]:
    """The p-values of whether weekdays, hours and slots differ, adjusted for there being three tests."""
    local = posts["local"].dt
    centred = posts["score"] - posts.groupby("profile_id")["score"].transform("median")
    keys: Sequence[Any] = (local.day_of_week, local.hour, local.day_of_week * 24 + local.hour)
    p_values = []
    for key in keys:
        groups: list[Floats] = [
            own.to_numpy(float) for _, own in centred.groupby(key) if len(own) >= LEAST_IN_GROUP
        ]
        p_values.append(groups_test(groups))
    return holm(p_values)


def _candidates(
    differ: Sequence[float], slots: list[Slot], weekdays: list[Slot], hours: list[Slot]
) -> list[list[Slot]]:
    """What may be named, in order: slots where both sides of them matter, else the side that does."""
    day, hour, slot = (p_value < LEVEL for p_value in differ)
    found = [slots] if (day and hour) or (slot and not day and not hour) else []
    return found + ([weekdays] if day else []) + ([hours] if hour else [])


def _surest(candidates: list[list[Slot]], better: bool) -> Slot | None:
    """The time farthest from the average on that side, among those of which one is sure."""
    for times in candidates:
        sure = [
            s for s in times if s.posts >= LEAST_IN_BEST and (s.sure if better else 1 - s.sure) >= SURE_ENOUGH
        ]
        if sure:
            return max(sure, key=lambda s: s.multiple if better else -s.multiple)
    return None


def _verdict(best: Slot | None, worst: Slot | None, differ: bool) -> str:
    if not differ:
        return "No time stands out: what differs between weekdays and hours may well be chance."
    if best is None and worst is None:
        return "Times differ, but none is surely better or worse than the average."
    first = f"Posts published {_when(best)} do best: {_told(best)}." if best else "No time is surely better."
    return first + (f" Posts published {_when(worst)} do worst: {_told(worst)}." if worst else "")


def _when(slot: Slot) -> str:
    words = [f"on {slot.weekday}s"] if slot.weekday else []
    if slot.hour is not None:
        words.append(f"between {slot.hour:02d}:00 and {(slot.hour + 1) % 24:02d}:00")
    return " ".join(words)


def _told(slot: Slot) -> str:
    than = "as the average post" if slot.multiple >= 2 else "than the average post"
    return f"{percent(slot.multiple)} {than}{between(slot.low, slot.high)}"


def _notes(material: Material, inside: "DataFrame", timed: "DataFrame", posts: "DataFrame") -> list[str]:
    found = left_out(len(timed), len(posts))
    if len(timed) < len(inside):
        found.append(f"The hour of {len(inside) - len(timed):,} posts is not known: they are left out.")
    if len({p.zone for p in material.profiles}) > 1:
        found.append(ZONES)
    if LEAST_POSTS <= len(posts) < 100:
        found.append("With fewer than 100 posts this is a first hint.")
    found.append("If some times went with certain formats or topics, their effects cannot be told apart.")
    return [*found, AUTHOR]


BEST_TIME = Kind(
    name="best_time",
    title="Best time to post",
    help="Weekday and hour by adjusted engagement, with how sure each is; few posts count for little.",
    parameters=Parameters,
    result=BestTime,
    run=run,
    window="-1y",
    example={"from": "-1y", "tz": "Europe/Berlin"},
)
