"""What a feed answers now, a dataset's or a saved metric's: the same table and chart for both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flux.catalog.declare import Dataset
from flux.catalog.query import Arguments
from flux.mistakes import Mistake
from flux.questions import Question, Result, ask
from flux.store.metrics import Metric
from flux.variables import read_texts
from flux.web.answers import Table, answer
from flux.web.chart import Chart
from flux.web.charts import chart_of, chart_of_columns
from flux.web.session import me

PATIENCE = 1.0  # seconds that a page waits for a slot among the running queries


@dataclass(frozen=True, slots=True)
class Head:
    """A column as the preview names it."""

    name: str
    help: str
    is_figure: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a feed, or what is wrong with the question."""

    about: str = ""
    heads: Sequence[Head] = ()
    rows: Sequence[Sequence[Any]] = ()
    more: bool = False
    chart: Chart | None = None
    table: Table | None = None  # of a dataset
    wrong: Mistake | None = None
    errors: dict[str, str] = field(default_factory=dict)


def preview_dataset(account_id: int, dataset: Dataset, arguments: Arguments) -> Preview:
    """A dataset's rows. They cost no quota."""
    try:
        table = answer(account_id, dataset.name, arguments)
    except Mistake as wrong:
        return _refused(wrong)
    heads = [Head(c.name, c.help.replace("`", ""), c.role == "metric") for c in table.query.columns()]
    window = table.query.window
    about = f"{window.first} to {window.last}"
    return Preview(about, heads, table.rows, table.more, chart_of(table), table)


def preview_metric(metric: Metric, arguments: Arguments) -> Preview:
    """A saved metric's rows."""
    try:
        result = ask_here(metric, arguments)
    except Mistake as wrong:
        return _refused(wrong)
    heads = [Head(name, type, type in ("integer", "number")) for name, type in result.columns]
    chart = chart_of_columns(result.columns, result.rows)
    return Preview(metric.name, heads, result.rows, result.truncated, chart)


def ask_here(metric: Metric, arguments: Arguments) -> Result:
    """What the metric answers now, asked on a page. Raises what its variables and its query raise."""
    values = read_texts(metric.newest.variables, arguments)
    return ask(question(metric.newest.query, values, metric))


def question(text: str, variables: dict[str, Any], metric: Metric | None = None) -> Question:
    """A question of whoever is signed in."""
    return Question(me().account_id, text, variables, "page", me().email, metric, PATIENCE)


def errors_of(wrong: Mistake | None) -> dict[str, str]:
    """What is wrong, by the parameter that it is about."""
    return {wrong.details.get("parameter", ""): wrong.message} if wrong else {}


def _refused(wrong: Mistake) -> Preview:
    return Preview(wrong=wrong, errors=errors_of(wrong))
