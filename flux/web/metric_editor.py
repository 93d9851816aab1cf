"""The SQL editor: a query tried, explained and saved. Nothing typed is lost, whatever is wrong with it."""

from dataclasses import replace
from functools import cache
from typing import get_args

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from flux.demo_metrics import demo_metrics
from flux.extensions import engine
from flux.mistakes import Mistake
from flux.questions import Question, ask, explain, save_metric
from flux.schemas.metrics import MetricIn, VariableType
from flux.store.exports import find_exports
from flux.store.metrics import Metric, Version, list_versions
from flux.variables import read_texts
from flux.web.metric_form import Draft, Row, draft_of, field_of, metric_of, read_draft, with_used_variables
from flux.web.metric_result import Shown, answer_of, plan_of, refused
from flux.web.metrics import own
from flux.web.preview import question
from flux.web.session import back_to, me, signed_in

blueprint = Blueprint("metric_editor", __name__, url_prefix="/settings/metrics")

TYPES = get_args(VariableType)
OPEN_DOORS = (
    ("api", "Metrics API", "your back end, with a token"),
    ("feed", "Feed", "sheets and BI tools, with a key"),
    ("agent", "AI agents", "over MCP"),
)
LEAST_LINES, MOST_LINES = 8, 30
examples = cache(demo_metrics)  # what the editor offers to start from


@blueprint.route("/new", methods=["GET", "POST"])
@signed_in
def new() -> Response | str | tuple[str, int]:
    """A metric that is not there yet: empty, or an example."""
    if request.method == "POST":
        return _act(None)
    number = request.args.get("example", 0, type=int)
    chosen = examples()[number - 1 : number] if number > 0 else []
    return _page(None, draft_of(chosen[0]) if chosen else Draft())


@blueprint.route("/<metric_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(metric_id: str) -> Response | str | tuple[str, int]:
    """A metric that is there, as its newest version has it or an older one."""
    metric = own(metric_id)
    if request.method == "POST":
        return _act(metric)
    wanted = request.args.get("version", metric.newest.version, type=int)
    versions = [metric.newest] if wanted == metric.newest.version else list_versions(engine, metric)
    version = next((v for v in versions if v.version == wanted), metric.newest)
    return _page(metric, draft_of(_saved(metric, version)), from_version=version.version)


def _saved(metric: Metric, version: Version) -> MetricIn:
    """The metric as it would be saved with that version."""
    return MetricIn(
        name=metric.name,
        description=metric.description,
        query=version.query,
        variables=list(version.variables),
        open_to=list(metric.open_to),  # type: ignore[arg-type]
    )


def _act(metric: Metric | None) -> Response | str | tuple[str, int]:
    """Does what the button says that was pressed."""
    draft, do = read_draft(request.form), request.form.get("do", "run")
    if do == "add":
        return _page(metric, replace(draft, rows=(*draft.rows, Row())), typed=True, added=True)
    if do.startswith("remove-"):
        rows = tuple(row for n, row in enumerate(draft.rows) if do != f"remove-{n}")
        return _page(metric, replace(draft, rows=rows), typed=True)
    draft = with_used_variables(draft)
    if do == "save":
        return _save(metric, draft)
    shown = _explain(draft) if do == "explain" else _run(draft)
    page = _page(metric, draft, shown, typed=True)
    return (page, 400) if shown.wrong else page


def _run(draft: Draft) -> Shown:
    return answer_of(lambda: ask(_question(draft)), draft.query)


def _explain(draft: Draft) -> Shown:
    return plan_of(lambda: explain(_question(draft)), draft.query)


def _question(draft: Draft) -> Question:
    tried = metric_of(draft, draft.name.strip()[:200] or "untitled")
    return question(tried.query, read_texts(tried.variables, draft.asked()))


def _save(metric: Metric | None, draft: Draft) -> Response | tuple[str, int]:
    """Saves the draft, which runs it first."""
    user = me()
    try:
        told = metric_of(draft)
        values = read_texts(told.variables, draft.asked())
        saved = save_metric(user.account_id, user.id, user.email, told, values, metric)
    except Mistake as wrong:
        return _page(metric, draft, refused(wrong, draft.query), typed=True), 400
    flash(f"'{saved.name}' is saved.")
    return back_to(url_for("metrics.show", metric_id=saved.public_id))


def _page(
    metric: Metric | None,
    draft: Draft,
    shown: Shown = Shown(),
    typed: bool = False,
    added: bool = False,
    from_version: int | None = None,
) -> str:
    """The editor. `typed`: the page holds what is not saved; `added`: its last variable is a fresh one."""
    return render_template(
        "metric_edit.html",
        metric=metric,
        draft=draft,
        shown=shown,
        wrong_at=field_of(shown.wrong, draft.rows),
        typed=typed,
        added=added,
        from_version=from_version if metric and from_version != metric.newest.version else None,
        rows=min(MOST_LINES, max(LEAST_LINES, draft.query.count("\n") + 2)),
        types=TYPES,
        open_doors=OPEN_DOORS,
        tables=find_exports(engine, me().account_id),
        examples=examples(),
    )
