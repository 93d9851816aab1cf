"""Which chart shows a dataset's rows best."""

from collections.abc import Sequence
from typing import Any

from flux.catalog.breakdown import BUCKETS
from flux.web.answers import Table
from flux.web.chart import MAX_SERIES, Chart, Series, bar_chart, line_chart

Record = dict[str, Any]
MAX_BARS = 60
MAX_POINTS = 1_000
FIGURES, DAYS = ("integer", "number"), ("date", "datetime")
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


def chart_of_columns(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> Chart | None:
    """A chart of any query's rows: its figures by what the first column names, or the last by the first two.

    None where that would not be true to the rows: a name twice, no figure, too many of them.
    """
    named = next((n for n, (_, type) in enumerate(columns) if type in FIGURES), len(columns))
    figures = [n for n, (_, type) in enumerate(columns) if type in FIGURES]
    if not rows or not figures or not named:
        return None
    if len({row[0] for row in rows}) == len(rows):
        shown = figures[:MAX_SERIES]
        return _plot(columns, 0, [(_words(columns[n][0]), {row[0]: row[n] for row in rows}) for n in shown])
    if named < 2 or len({(row[0], row[1]) for row in rows}) < len(rows):
        return None
    along, lines = _axes(columns, rows)
    series: dict[Any, dict[Any, Any]] = {}
    for row in rows:
        series.setdefault(row[lines], {})[row[along]] = row[figures[-1]]
    if len(series) > MAX_SERIES:
        return None
    return _plot(columns, along, [(_name(name), values) for name, values in series.items()], figures[-1])


def _axes(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Of the first two columns, the one to go along and the one that has a series for each of its names."""
    for along in (0, 1):
        if columns[along][1] in DAYS:
            return along, 1 - along
    fewer = min((0, 1), key=lambda n: len({row[n] for row in rows}))
    return 1 - fewer, fewer


def _plot(
    columns: Sequence[tuple[str, str]],
    along: int,
    series: Sequence[tuple[str, dict[Any, Any]]],
    figure: int | None = None,
) -> Chart | None:
    """Lines over days, bars over anything else, each series' values by what goes along."""
    name, type = columns[along]
    every = list(dict.fromkeys(key for _, values in series for key in values))
    if type in DAYS or figure is not None:
        every = sorted((key for key in every if key is not None), key=str)
    if not 0 < len(every) <= (MAX_POINTS if type in DAYS else MAX_BARS):
        return None
    drawn = [Series(label, [values.get(key) for key in every]) for label, values in series]
    told = _words(columns[figure][0]) if figure is not None else ", ".join(s.name for s in drawn)
    chart = line_chart if type in DAYS else bar_chart
    return chart(f"{told} by {_words(name)}", [_name(key) for key in every], drawn)


def _words(column: str) -> str:
    return column.replace("_", " ")


def _name(key: Any) -> str:
    return "not known" if key is None else str(key)
