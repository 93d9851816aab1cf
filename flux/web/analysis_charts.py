"""What the page of an analysis shows of its stored result: charts, a heat map, figures."""

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flux.catalog.breakdown import BUCKETS
from flux.web.analysis_figures import Figures, figures_of
from flux.web.chart import MAX_SERIES, Chart, Series, Value, bar_chart, line_chart

Stored = dict[str, Any]
WEEKDAYS = BUCKETS["day_of_week"]

# Above each of these a cell is one shade warmer: from well below the average post to well above it.
SHADES = (0.7, 0.85, 0.95, 1.05, 1.2, 1.45)


@dataclass(frozen=True, slots=True)
class Cell:
    """A slot of the week; `text` is empty where nothing was published."""

    text: str
    css: str
    hint: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Weekdays across, hours down: a table that needs no colour to be read."""

    title: str
    weekdays: Sequence[str]
    hours: list[tuple[str, list[Cell]]]


Shown = Chart | HeatMap | Figures


def charts_of(kind: str, result: Stored) -> list[Shown]:
    """What to show of a kind's result, in order; nothing for a kind that is not known here."""
    drawn = _DRAW[kind](result) if kind in _DRAW else []
    return [*drawn, *figures_of(kind, result)]


def _summary(result: Stored) -> list[Shown]:
    months, formats = result["months"], result["formats"]
    if not months:
        return []
    labels = [m["month"][:7] for m in months]
    shown: list[Shown] = [
        bar_chart("Posts by month", labels, [Series("posts", [m["posts"] for m in months])]),
        bar_chart("Engagement by month", labels, [Series("engagement", [m["engagement"] for m in months])]),
    ]
    if any(f["format"] for f in formats):
        names = [f["format"] or "unknown" for f in formats]
        shown.append(bar_chart("Posts by format", names, [Series("posts", [f["posts"] for f in formats])]))
    return shown


def _trend(result: Stored) -> list[Shown]:
    levels = result["levels"]
    if not levels:
        return []
    months = sorted({point["month"] for point in levels})
    profiles = dict.fromkeys((p["profile_id"], p["profile_name"]) for p in levels)
    series = []
    for profile_id, name in list(profiles)[:MAX_SERIES]:
        own = {p["month"]: p["level"] for p in levels if p["profile_id"] == profile_id}
        series.append(Series(name, [own.get(month) for month in months]))
    return [line_chart("What a usual post gets", [month[:7] for month in months], series)]


def _best_time(result: Stored) -> list[Shown]:
    if not result["slots"]:
        return []
    weekdays, hours = result["weekdays"], result["hours"]
    by_day: list[Value] = [w["multiple"] for w in weekdays]
    by_hour: list[Value] = [h["multiple"] for h in hours]
    return [
        _heat_map(result["slots"]),
        bar_chart("By weekday", [w["weekday"][:3] for w in weekdays], [Series("times average", by_day)]),
        bar_chart("By hour", [f"{h['hour']:02d}:00" for h in hours], [Series("times average", by_hour)]),
    ]


def _heat_map(slots: Sequence[Stored]) -> HeatMap:
    found = {(s["weekday"], s["hour"]): s for s in slots}
    hours = range(min(s["hour"] for s in slots), max(s["hour"] for s in slots) + 1)
    rows = [(f"{h:02d}:00", [_cell(found.get((day, h))) for day in WEEKDAYS]) for h in hours]
    return HeatMap("Weekday and hour, in multiples of the average post", WEEKDAYS, rows)


def _cell(slot: Stored | None) -> Cell:
    if slot is None:
        return Cell("", "", "")
    multiple = slot["multiple"]
    posts = f"{slot['posts']:,} post{'' if slot['posts'] == 1 else 's'}"
    sure = f"{slot['low']:.2f} to {slot['high']:.2f}, {slot['sure'] * 100:.0f} % sure that it is better"
    return Cell(f"{multiple:.2f}", f"heat-{bisect(SHADES, multiple)}", f"{posts}, {sure}")


def _format_comparison(result: Stored) -> list[Shown]:
    groups = [g for g in result["groups"] if g["multiple"] is not None]
    if not groups:
        return []
    names = [g["group"].replace("_", " ") for g in groups]
    multiples = Series("times the others", [g["multiple"] for g in groups])
    return [bar_chart(f"Adjusted engagement by {result['by']}, against the others", names, [multiples])]


def _period_comparison(result: Stored) -> list[Shown]:
    before, now = result["before"], result["now"]
    if not before or not now:
        return []
    labels = ["Before", "Now"]
    return [
        bar_chart(
            "Engagement per post",
            labels,
            [
                Series("mean", [before["engagement_per_post"], now["engagement_per_post"]]),
                Series("median", [before["median"], now["median"]]),
            ],
        ),
        bar_chart("Posts", labels, [Series("posts", [before["posts"], now["posts"]])]),
    ]


def _roi(result: Stored) -> list[Shown]:
    periods = result["periods"]
    if not periods:
        return []
    labels, period = [p["start"] for p in periods], result["period"]
    columns = (("Amount", "amount"), ("Engagement", "engagement"))
    return [
        line_chart(f"{title} by {period}", labels, [Series(name, [p[name] for p in periods])])
        for title, name in columns
    ]


_DRAW: dict[str, Callable[[Stored], list[Shown]]] = {
    "summary": _summary,
    "trend": _trend,
    "best_time": _best_time,
    "format_comparison": _format_comparison,
    "period_comparison": _period_comparison,
    "roi": _roi,
}
