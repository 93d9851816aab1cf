"""The figures of an analysis as tables, worded for people."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flux.web.words import UNKNOWN
from flux.web.words import number as short

Stored = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """A table; the first cell of a line names it."""

    title: str
    columns: Sequence[str]
    lines: Sequence[Sequence[str]]


def figures_of(kind: str, result: Stored) -> list[Figures]:
    """The tables of a kind's result that have a row; nothing for a kind that is not known here."""
    tables = _TABLES[kind](result) if kind in _TABLES else []
    return [table for table in tables if table.lines]


def number(value: float | None) -> str:
    """A figure in full: 21,000 or 3.25; a dash where it is not known."""
    return short(value) if value is None or abs(value) < 1000 else f"{value:,.0f}"


def _percent(share: float | None) -> str:
    if share is None:
        return UNKNOWN
    return f"{'−' if share < 0 else '+'}{abs(share) * 100:.1f} %"


def _between(low: float | None, high: float | None, write: Callable[[float | None], str] = number) -> str:
    return UNKNOWN if low is None and high is None else f"{write(low)} to {write(high)}"


def _named(result: Stored, names: Iterable[tuple[str, str]]) -> list[Sequence[str]]:
    return [(text, number(result[name])) for name, text in names]


def _summary(result: Stored) -> list[Figures]:
    names = [
        ("posts_per_week", "Posts a week"), ("weeks_in_a_row", "Most weeks in a row with a post"),
        ("longest_gap_days", "Longest gap between two posts, in days"), ("engagement", "Engagement"),
        ("likes", "Likes"), ("comments", "Comments"), ("shares", "Shares"), ("impressions", "Impressions"),
        ("engagement_per_post", "Engagement per post, mean"),
        ("lower_quartile", "A quarter of posts is below"), ("median", "Half of posts is below"),
        ("upper_quartile", "Three quarters of posts are below"),
    ]  # fmt: skip
    best = [
        (f"{p['date']}, {p['profile_name']}", number(p["engagement"]), f"{p['multiple']:.1f} ×")
        for p in result["best_posts"]
    ]
    followers = [
        (f"{f['from']} to {f['to']}", number(f["first"]), number(f["last"]), f"{f['change']:+,}")
        for f in result["followers"]
    ]
    return [
        Figures("Figures", ("", "Value"), _named(result, names) if result["enough"] else []),
        Figures("Best posts for their author", ("Post of", "Engagement", "Of typical"), best),
        Figures("Followers", ("Days", "First", "Last", "Change"), followers),
    ]


def _trend(result: Stored) -> list[Figures]:
    growth, steps = result["growth"], result["steps"]
    lines: list[Sequence[str]] = []
    for name, text in (("per_month", "A month"), ("over_window", "Over the window")) if growth else ():
        interval = _between(growth[f"{name}_low"], growth[f"{name}_high"], _percent)
        lines.append((text, _percent(growth[name]), interval))
    told = [
        (
            f"{s['date']}, {s['profile_name']}",
            number(s["before"]),
            number(s["after"]),
            f"{number(s['factor'])} ×",
        )
        for s in steps
    ]
    return [
        Figures("Growth of what a usual post gets", ("", "Growth", "95 % interval"), lines),
        Figures("Changes at once", ("Around", "Before", "After", "Factor"), told),
    ]


def _best_time(result: Stored) -> list[Figures]:
    lines = [
        (s["weekday"] or f"{s['hour']:02d}:00", number(s["posts"]), f"{number(s['multiple'])} ×",
         _between(s["low"], s["high"]), f"{s['sure'] * 100:.0f} %")
        for s in (*result["weekdays"], *result["hours"])
    ]  # fmt: skip
    columns = ("Time", "Posts", "Of the average post", "95 % interval", "Sure that it is better")
    return [Figures("Weekdays and hours by themselves", columns, lines)]


def _format_comparison(result: Stored) -> list[Figures]:
    lines = [
        (g["group"].replace("_", " "), number(g["posts"]), f"{number(g['multiple'])} ×",
         _between(g["low"], g["high"]), number(g["p_value"]), g["outcome"])
        for g in result["groups"]
    ]  # fmt: skip
    columns = (result["by"].capitalize(), "Posts", "Of the others", "95 % interval", "p-value", "Outcome")
    return [Figures("Each against the others", columns, lines)]


def _period_comparison(result: Stored) -> list[Figures]:
    before, now = result["before"], result["now"]
    names = (
        ("posts", "Posts"), ("posts_measured", "Of known engagement"), ("posts_per_week", "Posts a week"),
        ("engagement", "Engagement"), ("engagement_per_post", "Engagement per post, mean"),
        ("median", "Engagement per post, median"),
    )  # fmt: skip
    sides = (
        [(text, number(before[name]), number(now[name])) for name, text in names] if before and now else []
    )
    lines = [
        (text, f"{number(found['factor'])} ×", _between(found["low"], found["high"]),
         number(found["p_value"]), found["outcome"])
        for text, found in (
            ("Engagement per post", result["per_post"]), ("Adjusted", result["adjusted_per_post"])
        ) if found
    ]  # fmt: skip
    heads = ("", *(f"{s['from']} to {s['to']}" if s else "" for s in (before, now)))
    return [
        Figures("Side by side", heads, sides),
        Figures("What differs", ("", "Of before", "95 % interval", "p-value", "Outcome"), lines),
    ]


def _roi(result: Stored) -> list[Figures]:
    names = [
        ("amount", "Amount"), ("posts", "Posts"), ("engagement", "Engagement"),
        ("cost_per_engagement", "Amount per engagement"), ("cost_per_post", "Amount per post"),
    ]  # fmt: skip
    relation, lines = result["relation"], []
    if relation:
        slope = f"{number(relation['slope'])} ({_between(relation['low'], relation['high'])})"
        lines = [
            ("Rank correlation, −1 to 1", number(relation["correlation"])),
            ("p-value", number(relation["p_value"])),
            ("Engagement for one more of the amount", slope),
            (f"{result['period'].capitalize()}s compared", number(relation["periods"])),
        ]
    return [
        Figures("Figures", ("", "Value"), _named(result, names) if result["periods"] else []),
        Figures("How the two go together", ("", "Value"), lines),
    ]


_TABLES: dict[str, Callable[[Stored], list[Figures]]] = {
    "summary": _summary,
    "trend": _trend,
    "best_time": _best_time,
    "format_comparison": _format_comparison,
    "period_comparison": _period_comparison,
    "roi": _roi,
}
