"""What a page shows of a query: its first rows, a chart where they make one, its plan, or what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flux.mistakes import InvalidQuery, Mistake
from flux.questions import Result
from flux.web.chart import Chart
from flux.web.charts import chart_of_columns
from flux.web.metric_plan import Step, steps_of

SHOWN_ROWS = 100
_AROUND = 2  # lines shown before and after the one that is wrong


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the query; of the wrong one, the part that is."""

    number: int
    before: str
    marked: str = ""
    after: str = ""
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A query's outcome as the page has it; nothing has been run where all of it is empty."""

    result: Result | None = None
    chart: Chart | None = None
    plan: list[Step] | None = None
    wrong: Mistake | None = None
    lines: tuple[Line, ...] = ()

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of each column."""
        return self.result.columns if self.result else ()

    @property
    def first(self) -> list[list[Any]]:
        """The rows that the page shows."""
        return self.result.rows[:SHOWN_ROWS] if self.result else []

    @property
    def more(self) -> bool:
        """Whether there are others."""
        return self.result is not None and len(self.result.rows) > SHOWN_ROWS

    @property
    def count(self) -> str:
        """How many rows there are, in words."""
        if self.result is None:
            return ""
        number = len(self.result.rows)
        return f"{number:,} row{'' if number == 1 else 's'}{' and more' if self.result.truncated else ''}"

    @property
    def says(self) -> str:
        """What is read out when it appears."""
        return self.wrong.message if self.wrong else self.count


def answer_of(run: Callable[[], Result], query: str) -> Shown:
    """The rows that `run` gives, with their chart; or what is wrong with the query."""
    try:
        result = run()
    except Mistake as wrong:
        return refused(wrong, query)
    return Shown(result, chart_of_columns(result.columns, result.rows))


def plan_of(run: Callable[[], Result], query: str) -> Shown:
    """How the query is answered; or what is wrong with it."""
    try:
        result = run()
    except Mistake as wrong:
        return refused(wrong, query)
    return Shown(result, plan=steps_of(result.plan))


def refused(wrong: Mistake, query: str) -> Shown:
    """What is wrong, with the lines of the query around the place."""
    if not isinstance(wrong, InvalidQuery) or wrong.line is None:
        return Shown(wrong=wrong)
    lines, at = query.split("\n"), wrong.line
    shown = range(max(1, at - _AROUND), min(len(lines), at + _AROUND) + 1)
    marked = [_marked(n, lines[n - 1], wrong) if n == at else Line(n, lines[n - 1]) for n in shown]
    return Shown(wrong=wrong, lines=tuple(marked))


def _marked(number: int, text: str, wrong: InvalidQuery) -> Line:
    """The line with what stands at the place marked: the value if it does, else a word or a sign."""
    at = max(0, (wrong.column or 1) - 1)
    value = wrong.details.get("value", "")
    rest = text[at:]
    if value and rest.startswith(value):
        length = len(value)
    else:
        length = next((n for n, sign in enumerate(rest) if not (sign.isalnum() or sign in "_$")), len(rest))
    end = at + max(1, length)
    return Line(number, text[:at], text[at:end] or " ", text[end:], wrong=True)
