"""run_metric: a page of a saved metric's rows; and the metrics that agents may run."""

from typing import Any

from flux import questions
from flux.extensions import engine
from flux.mcp import cursors
from flux.mcp.plain import clean_all
from flux.metrics import check_rights, may_read
from flux.questions import Question
from flux.schemas.base import written
from flux.serve import Rights
from flux.store.metrics import Columns, Metric, find_metric, list_metrics
from flux.variables import bind_variables

DOOR = "agent"
USUAL_ROWS = 100
PATIENCE = 1.0  # seconds that a call waits for its turn: an agent may call several at once


def metrics_for(allowed: Rights) -> list[dict[str, Any]]:
    """The metrics that this key may run, as `list_datasets` tells them."""
    found = [] if allowed.profiles is not None else list_metrics(engine, allowed.account_id)
    return [_told(metric) for metric in found if DOOR in metric.open_to and may_read(allowed, metric)]


def _told(metric: Metric) -> dict[str, Any]:
    return {
        "id": metric.public_id,
        "name": metric.name,
        "description": metric.description or "",
        "variables": [written(variable) for variable in metric.newest.variables],
        "columns": _columns(metric.newest.columns),
    }


def _columns(columns: Columns) -> list[dict[str, str]]:
    return [{"name": name, "type": type} for name, type in columns]


def run_metric(allowed: Rights, arguments: dict[str, Any], asked_by: str) -> dict[str, Any]:
    """A page of the metric's rows. Raises a Mistake; `asked_by` names the key in the history of runs."""
    metric = find_metric(engine, allowed.account_id, arguments["metric_id"])
    check_rights(allowed, metric)
    values = bind_variables(metric.newest.variables, arguments.get("variables", {}))
    asked = Question(allowed.account_id, metric.newest.query, values, DOOR, asked_by, metric, PATIENCE)
    result = questions.ask(asked)
    state = cursors.mark(questions.name_of(asked, result.state))
    begin, count = cursors.begin(arguments, state), arguments.get("limit", USUAL_ROWS)
    rows = result.rows[begin : begin + count]
    return {
        "metric_id": metric.public_id,
        "name": metric.name,
        "columns": _columns(result.columns),
        "rows": clean_all(rows),
        **cursors.page(arguments, state, begin, len(rows), len(result.rows) > begin + count),
        "cut": result.truncated,
        "elapsed_ms": result.elapsed_ms,
        "cached": result.cached,
    }
