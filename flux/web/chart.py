"""Charts as numbers: where each line, bar, tick and label stands. The template only writes them down.

Across, everything is in percent, so that a chart fits any width with text of one size; downwards in pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

HEIGHT = 180  # pixels of the plot
TOP = 14  # above it, for the highest tick's label
BOTTOM = 22  # below it, for the labels of the axis
WIDE = 1000  # units across in which paths are written
MAX_SERIES = 6
MAX_HINTS = 200  # beyond, a pointer could not tell one from the next
MAX_LABELS = 7  # that stand side by side on a telephone, if they are short
LABEL_LENGTH = 9

Value = float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one colour of bars: a value per label, None where it is not known."""

    name: str
    values: Sequence[Value]
    past: bool = False  # drawn as what the others are compared with


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn series."""

    name: str
    css: str
    path: str  # in units of WIDE × HEIGHT
    area: str
    dots: list[tuple[float, float]]  # values that stand alone between gaps: (percent, pixels)


@dataclass(frozen=True, slots=True)
class Bar:
    """A drawn bar, in percent across and pixels down."""

    x: float
    width: float
    y: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text under the axis."""

    x: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Hint:
    """What a pointer is told over a stretch of the chart."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole chart; `table` says the same in words."""

    title: str
    description: str
    ticks: list[tuple[float, str]]
    labels: list[Label]
    lines: list[Line]
    bars: list[Bar]
    hints: list[Hint]
    names: list[tuple[str, str]]  # (css class, series)
    heads: list[str]
    table: list[tuple[str, list[Value]]]
    zero: float  # pixels down of the value 0
    gutter: int  # pixels that the ticks' labels need
    empty: bool


def line_chart(title: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Series over time; a gap where a value is not known."""
    series = series[:MAX_SERIES]
    low, high, ticks = scale([v for s in series for v in s.values])
    across = [50.0 if len(labels) == 1 else i / (len(labels) - 1) * 100 for i in range(len(labels))]
    css = _classes(series)
    lines = [_line(s, css[i], across, low, high) for i, s in enumerate(series)]
    return _chart(title, labels, series, across, (low, high, ticks), lines=lines)


def bar_chart(title: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Buckets side by side."""
    series = series[:MAX_SERIES]
    low, high, ticks = scale([v for s in series for v in s.values])
    slot = 100 / max(1, len(labels))
    across = [(i + 0.5) * slot for i in range(len(labels))]
    css = _classes(series)
    width = slot * (0.72 if len(labels) > 1 else 0.3) / max(1, len(series))
    bars = []
    for number, one in enumerate(series):
        for middle, value in zip(across, one.values, strict=True):
            if value is not None:
                left = middle + (number - len(series) / 2) * width
                top, bottom = sorted((_down(value, low, high), _down(0, low, high)))
                bars.append(
                    Bar(round(left, 3), round(width, 3), top, round(max(bottom - top, 1), 2), css[number])
                )
    return _chart(title, labels, series, across, (low, high, ticks), bars=bars)


def scale(values: Sequence[Value]) -> tuple[float, float, list[float]]:
    """(lowest, highest, ticks) of an axis that holds 0 and all known values, in steps of 1, 2 or 5."""
    known = [v for v in values if v is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    if high - low < 1e-9:  # nothing to see: an axis to 1, as for zeros
        high = 1.0
    rough = (high - low) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if rough <= power * m)
    first, last = math.floor(low / step), math.ceil(high / step)
    return first * step, last * step, [round(n * step, 10) for n in range(first, last + 1)]


def short(value: float) -> str:
    """A number as an axis shows it: 950, 1.2k, 3M."""
    for size, mark in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + mark
    return f"{value:g}"


def _classes(series: Sequence[Series]) -> list[str]:
    colours = iter(range(MAX_SERIES))
    return ["past" if s.past else f"s{next(colours)}" for s in series]


def _down(value: float, low: float, high: float) -> float:
    return round((high - value) / (high - low) * HEIGHT, 2)


def _line(series: Series, css: str, across: Sequence[float], low: float, high: float) -> Line:
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in zip(across, series.values, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, _down(value, low, high)))
    zero = _down(0, low, high)
    long = [[(x * WIDE / 100, y) for x, y in run] for run in runs if len(run) > 1]
    drawn = ["M" + " L".join(f"{x:g} {y:g}" for x, y in run) for run in long]
    area = [f"{p} L{r[-1][0]:g} {zero:g} L{r[0][0]:g} {zero:g}Z" for p, r in zip(drawn, long, strict=True)]
    return Line(series.name, css, " ".join(drawn), " ".join(area), [r[0] for r in runs if len(r) == 1])


def _chart(
    title: str, labels: Sequence[str], series: Sequence[Series], across: Sequence[float],
    axis: tuple[float, float, list[float]], lines: Sequence[Line] = (), bars: Sequence[Bar] = (),
) -> Chart:  # fmt: skip
    low, high, ticks = axis
    known = [v for s in series for v in s.values if v is not None]
    css = _classes(series)
    return Chart(
        title=title,
        description=_description(labels, series, known),
        ticks=[(_down(t, low, high), short(t)) for t in ticks],
        labels=_labels(labels, across),
        lines=list(lines),
        bars=list(bars),
        hints=_hints(labels, series, across),
        names=[(c, s.name) for c, s in zip(css, series, strict=True)],
        heads=[s.name for s in series],
        table=[(label, [s.values[i] for s in series]) for i, label in enumerate(labels)],
        zero=_down(0, low, high),
        gutter=max(len(short(t)) for t in ticks) * 7 + 10,
        empty=not known,
    )


def _description(labels: Sequence[str], series: Sequence[Series], known: Sequence[float]) -> str:
    if not known:
        return "Nothing is known for this stretch."
    names = ", ".join(s.name for s in series)
    span = f"between {min(known):,g} and {max(known):,g}"
    return f"{names}; {len(labels)} values from {labels[0]} to {labels[-1]}, {span}."


def _labels(labels: Sequence[str], across: Sequence[float]) -> list[Label]:
    count = len(labels)
    fits = count <= MAX_LABELS and max(map(len, labels), default=0) <= LABEL_LENGTH
    chosen = range(count) if fits else sorted({0, (count - 1) // 2, count - 1}) if count else ()
    found = []
    for i in chosen:
        anchor = "start" if across[i] < 4 else "end" if across[i] > 96 else "middle"
        found.append(Label(round(across[i], 3), anchor, labels[i]))
    return found


def _hints(labels: Sequence[str], series: Sequence[Series], across: Sequence[float]) -> list[Hint]:
    if not labels or len(labels) > MAX_HINTS:
        return []
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(across)), 100.0]
    told = [
        f"{label}: "
        + ", ".join(
            f"{s.name} {'not known' if s.values[i] is None else format(s.values[i], ',g')}" for s in series
        )
        for i, label in enumerate(labels)
    ]
    return [Hint(round(edges[i], 3), round(edges[i + 1] - edges[i], 3), text) for i, text in enumerate(told)]
