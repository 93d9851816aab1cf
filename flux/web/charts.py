"""Which chart shows a dataset's rows best."""

from collections.abc import Sequence
from typing import Any

from flux.catalog.breakdown import BUCKETS
from flux.web.answers import Table
from flux.web.chart import MAX_SERIES, Chart, Series, bar_chart, line_chart

Record = dict[str, Any]
MAX_BARS = 60
WEEKDAYS = BUCKETS["day_of_week"]


def chart_of(table: Table) -> Chart | None:
    """A chart of a dataset's rows; None where there is nothing to draw."""
    records, name = table.records(), table.query.dataset.name
    if not records:
        return None
    if name == "engagement-trends":
        return trend(records, "engagement", "Engagement", compared=table.query.previous is not None)
    if name == "daily-activity":
        return trend(records, "impressions", "Impressions")
    if name == "overview":
        return _bars("Engagement by profile", "profile_name", records[:MAX_BARS])
    if name == "breakdown":
        return buckets(records, f"Engagement by {table.query.by.replace('_', ' ')}", "engagement")
    posts = sorted(records[:MAX_BARS], key=lambda r: r["published_at"])
    return _bars("Engagement of the posts, as counted and adjusted", "date", posts, "adjusted_engagement")


def _bars(title: str, label: str, records: Sequence[Record], *more: str) -> Chart:
    series = [Series(name.replace("_", " "), [r[name] for r in records]) for name in ("engagement", *more)]
    return bar_chart(title, [str(r[label]) for r in records], series)


def trend(records: Sequence[Record], column: str, title: str, compared: bool = False) -> Chart:
    """A column over time, a line for each profile; for one profile also the previous period, if asked for."""
    dates = list(dict.fromkeys(str(r["date"]) for r in records))
    profiles = dict.fromkeys((r["profile_id"], r["profile_name"]) for r in records)
    series = []
    for profile_id, name in list(profiles)[:MAX_SERIES]:
        own = {str(r["date"]): r for r in records if r["profile_id"] == profile_id}
        label = title.lower() if len(profiles) == 1 else name
        series.append(Series(label, [own[d][column] if d in own else None for d in dates]))
        if compared and len(profiles) == 1:
            series.append(
                Series(
                    "previous period",
                    [own[d][f"previous_{column}"] if d in own else None for d in dates],
                    past=True,
                )
            )
    return line_chart(title, dates, series)


def buckets(records: Sequence[Record], title: str, column: str) -> Chart:
    """A column by bucket, a colour for each profile."""
    names = [r["bucket"] or "unknown" for r in sorted(records, key=lambda r: r["bucket_order"])]
    labels = list(dict.fromkeys(names))
    profiles = dict.fromkeys((r["profile_id"], r["profile_name"]) for r in records)
    series = []
    for profile_id, name in list(profiles)[:MAX_SERIES]:
        own = {r["bucket"] or "unknown": r[column] for r in records if r["profile_id"] == profile_id}
        series.append(
            Series(
                name if len(profiles) > 1 else column.replace("_", " "), [own.get(label) for label in labels]
            )
        )
    return bar_chart(
        title, [label[:3] if label in WEEKDAYS else label.replace("_", " ") for label in labels], series
    )
