"""Saved metrics: the list, a metric's own page with its form and rows, its versions, its runs."""

from collections.abc import Mapping
from shlex import quote

import orjson
from flask import Blueprint, current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from flux.describe.form import chosen, form
from flux.extensions import engine
from flux.metrics import dataset_of
from flux.mistakes import InvalidParameter, Mistake
from flux.store.accounts import cache_seconds, keep_results
from flux.store.metric_runs import last_runs, list_runs
from flux.store.metrics import Metric, delete_metric, find_metric, list_metrics, list_versions
from flux.variables import read_texts
from flux.web.metric_result import answer_of
from flux.web.picker import address_of, arguments_of, base_url, feed_of, snippets_for
from flux.web.preview import ask_here, errors_of
from flux.web.session import back_to, me, signed_in

blueprint = Blueprint("metrics", __name__, url_prefix="/settings/metrics")

DOORS = {"page": "page", "api": "Metrics API", "feed": "feed", "agent": "AI agents"}
LATEST = 10  # runs on the list
HISTORY = 50  # runs on a metric's own page
READABLE = 20  # versions that its page holds whole
LEAST_SECONDS, MOST_SECONDS = 300, 604_800


@blueprint.route("", methods=["GET", "POST"])
@signed_in
def index() -> Response | str | tuple[str, int]:
    """Every saved metric, the latest runs, and how long results are kept."""
    if request.method == "GET":
        return _list()
    try:
        keep_results(engine, me().account_id, _seconds(request.form.get("seconds", "").strip()))
    except Mistake as wrong:
        return _list(wrong), 400
    flash("Saved.")
    return back_to(url_for("metrics.index"))


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and LEAST_SECONDS <= int(text[:9]) <= MOST_SECONDS):
        right = f"a whole number from {LEAST_SECONDS} to {MOST_SECONDS:,}, or empty"
        raise InvalidParameter("seconds", text[:20], right)
    return int(text)


def _list(wrong: Mistake | None = None) -> str:
    account = me().account_id
    metrics, runs = list_metrics(engine, account), list_runs(engine, account, limit=LATEST)
    names = {metric.id: metric for metric in metrics}
    kept = cache_seconds(engine, account)
    return render_template(
        "metrics.html",
        metrics=metrics,
        runs=[(run, names.get(run.metric_id or 0)) for run in runs],
        last=last_runs(engine, account),
        doors=DOORS,
        seconds=request.form.get("seconds", kept or ""),
        usual=current_app.config["FLUX_RESULT_CACHE_SECONDS"],
        least=LEAST_SECONDS,
        most=MOST_SECONDS,
        wrong=wrong,
    )


@blueprint.get("/<metric_id>")
@signed_in
def show(metric_id: str) -> str:
    """A metric with the form of its variables, what they give, and how to use it elsewhere."""
    metric = own(metric_id)
    dataset = dataset_of(metric)
    arguments = arguments_of(dataset, metric, request.args.to_dict(flat=False))
    shown = answer_of(lambda: ask_here(metric, arguments), metric.newest.query)
    versions = list_versions(engine, metric)
    return render_template(
        "metric.html",
        metric=metric,
        groups=[g for g in form(dataset, arguments, [], errors_of(shown.wrong)) if g.title == "What"],
        shown=shown,
        url=address_of(dataset, arguments),
        tools={} if shown.wrong else snippets_for(feed_of(dataset, arguments)),
        call="" if shown.wrong else _call(metric, dict(chosen(dataset, arguments))),
        versions=versions[:READABLE],
        older=versions[READABLE:],
        runs=[(run, metric) for run in list_runs(engine, me().account_id, metric.id, HISTORY)],
        doors=DOORS,
    )


def _call(metric: Metric, asked: Mapping[str, str]) -> str:
    """The request that asks the same of the Metrics API; a day that is counted back stays one."""
    variables = metric.newest.variables
    values = read_texts(variables, {name: [text] for name, text in asked.items()})
    told = {
        v.name: asked[v.name] if v.type == "date" else values[v.name] for v in variables if v.name in asked
    }
    return (
        f"curl -X POST {base_url()}/metrics/query/{metric.public_id} \\\n"
        "  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
        f"  -d {quote(orjson.dumps({'variables': told}).decode())}"
    )


def own(metric_id: str) -> Metric:
    """The account's metric of that id. Raises ResourceNotFound for any other."""
    return find_metric(engine, me().account_id, metric_id)


@blueprint.route("/<metric_id>/delete", methods=["GET", "POST"])
@signed_in
def delete(metric_id: str) -> Response | str:
    """Deletes a metric, after one more question."""
    metric = own(metric_id)
    if request.method == "GET":
        return render_template("metric_delete.html", metric=metric)
    delete_metric(engine, metric)
    flash(f"'{metric.name}' is deleted. What is known of its runs stays.")
    return back_to(url_for("metrics.index"))
