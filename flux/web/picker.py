"""The feed picker: one GET form, its live preview, the feed's address and a snippet for each tool."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from flask import Blueprint, current_app, render_template, request

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset
from flux.catalog.query import Arguments, Profile
from flux.describe.form import chosen, form
from flux.extensions import engine
from flux.links import chosen_rows
from flux.metrics import dataset_of
from flux.snippets import PLACEHOLDER, Feed, Snippet, render, tools
from flux.store.metrics import Metric, list_metrics
from flux.store.profiles import find_profiles
from flux.variables import text_of
from flux.web.key_form import LIFETIMES
from flux.web.preview import Preview, preview_dataset, preview_metric
from flux.web.profiles import ZONES
from flux.web.session import me, signed_in

blueprint = Blueprint("picker", __name__)

PREVIEW_ROWS = 20
DEFAULTS = {
    "format": ["csv"]
}  # most tools that are fed here want CSV; the API itself answers JSON unless asked


@blueprint.get("/settings/api/feed")
@signed_in
def picker() -> str:
    """The form, filled from the address, and what it asks for."""
    account = me().account_id
    profiles = find_profiles(engine, account)
    metrics = open_metrics(account)
    dataset, metric, arguments = asked_feed(metrics)
    preview = preview_metric(metric, arguments) if metric else preview_dataset(account, dataset, arguments)
    feed = feed_of(dataset, arguments)
    return render_template(
        "feed.html",
        datasets=CATALOG.values(),
        metrics=metrics.values(),
        dataset=dataset,
        groups=form(dataset, arguments, profiles, preview.errors),
        zones=ZONES,
        preview=preview,
        shown=PREVIEW_ROWS,
        url=address_of(dataset, arguments),
        feed=feed,
        tools=snippets_for(feed) if preview.wrong is None else {},
        profiles=profiles,
        lifetimes=LIFETIMES,
        idle=_whole_window(dataset, arguments) if _is_idle(preview, profiles) else None,
    )


def asked_feed(metrics: Mapping[str, Metric]) -> tuple[Dataset, Metric | None, Arguments]:
    """What the address asks for: a dataset, or one of those metrics, and its arguments."""
    asked = request.args.to_dict(flat=False)
    name, *rest = asked.pop("dataset", [""])
    if rest:
        asked["dataset"] = rest  # a metric may have a variable of that name
    metric = metrics.get(name)
    dataset = dataset_of(metric) if metric else CATALOG.get(name) or next(iter(CATALOG.values()))
    return dataset, metric, arguments_of(dataset, metric, asked)


def open_metrics(account_id: int) -> dict[str, Metric]:
    """The account's saved metrics that may be read as feeds, by their ids."""
    return {m.public_id: m for m in list_metrics(engine, account_id) if "feed" in m.open_to}


def arguments_of(dataset: Dataset, metric: Metric | None, asked: Arguments) -> Arguments:
    """What the address tells of the dataset's parameters, and CSV where it does not say otherwise."""
    known = _first(metric, asked) if metric else asked
    return {**DEFAULTS, **{n: v for n, v in known.items() if dataset.param(n)}}


def _first(metric: Metric, asked: Arguments) -> Arguments:
    """The variables' values in an address; where it tells none, those that the metric gives as examples."""
    variables = metric.newest.variables
    if any(v.name in asked for v in variables):
        return asked
    examples = {
        v.name: [text_of(v.example)] for v in variables if v.default is None and v.example is not None
    }
    return {**examples, **asked}


def _is_idle(preview: Preview, profiles: Sequence[Profile]) -> bool:
    """Whether there are data, but none in the window: as after the import of an old export."""
    if preview.table is None:
        return False
    records = preview.table.records()
    nothing = all(
        r.get("posts", 0) == 0 and "post_id" not in r and r.get("impressions") is None for r in records
    )
    return nothing and any(p.first_post_at is not None or p.first_day is not None for p in profiles)


def _whole_window(dataset: Dataset, arguments: Arguments) -> str:
    kept = {n: v for n, v in arguments.items() if n not in ("from", "to", "range")}
    asked = {"dataset": dataset.name, **kept, "range": "all"}
    return f"{request.path}?{urlencode(asked, doseq=True)}"


def base_url() -> str:
    """The address of this installation as others see it."""
    return current_app.config["FLUX_BASE_URL"] or request.host_url.rstrip("/")


def feed_of(dataset: Dataset, arguments: Arguments, key: str = PLACEHOLDER) -> Feed:
    """What the snippets fetch."""
    return Feed(base_url(), dataset, tuple(chosen_rows(dataset, arguments)), key)


def address_of(dataset: Dataset, arguments: Arguments) -> str:
    """The feed's own address, as it was put together."""
    asked = [*chosen(dataset, arguments), ("key", PLACEHOLDER)]
    return f"{base_url()}/api/v1/{dataset.path}?{urlencode(asked, quote_via=quote, safe=',')}"


def snippets_for(feed: Feed) -> dict[str, list[tuple[Snippet, str]]]:
    """Every snippet of every tool, filled in."""
    return {tool: [(s, render(s, feed)) for s in some] for tool, some in tools(feed).items()}
