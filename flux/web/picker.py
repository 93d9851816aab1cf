"""The feed picker: one GET form, its live preview, the feed's address and a snippet for each tool."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from flask import Blueprint, current_app, render_template, request

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset
from flux.catalog.query import Arguments, Profile
from flux.describe.form import chosen, form
from flux.extensions import engine
from flux.mistakes import Mistake
from flux.snippets import PLACEHOLDER, Feed, Snippet, render, tools
from flux.store.profiles import find_profiles
from flux.web.answers import Table, answer
from flux.web.chart import Chart
from flux.web.charts import chart_of
from flux.web.profiles import ZONES
from flux.web.session import me, signed_in

blueprint = Blueprint("picker", __name__)

PREVIEW_ROWS = 20
DEFAULTS = {
    "format": ["csv"]
}  # most tools that are fed here want CSV; the API itself answers JSON unless asked


@dataclass(slots=True)
class Preview:
    """What a feed answers now, or what is wrong with the question."""

    table: Table | None = None
    chart: Chart | None = None
    wrong: Mistake | None = None
    errors: dict[str, str] = field(default_factory=dict)


@blueprint.get("/settings/api/feed")
@signed_in
def picker() -> str:
    """The form, filled from the address, and what it asks for."""
    account = me().account_id
    profiles = find_profiles(engine, account)
    asked = request.args.to_dict(flat=False)
    name = asked.pop("dataset", [""])[0]
    dataset = CATALOG.get(name) or next(iter(CATALOG.values()))
    arguments = {**DEFAULTS, **{n: v for n, v in asked.items() if dataset.param(n)}}
    preview = _preview(account, dataset, arguments)
    feed = feed_of(dataset, arguments)
    return render_template(
        "feed.html",
        datasets=CATALOG.values(),
        dataset=dataset,
        groups=form(dataset, arguments, profiles, preview.errors),
        zones=ZONES,
        preview=preview,
        shown=PREVIEW_ROWS,
        url=_address(dataset, arguments),
        feed=feed,
        tools=snippets_for(feed) if preview.wrong is None else {},
        profiles=profiles,
        idle=_whole_window(dataset, arguments)
        if preview.table and _is_idle(preview.table, profiles)
        else None,
    )


def _is_idle(table: Table, profiles: list[Profile]) -> bool:
    """Whether there are data, but none in the window: as after the import of an old export."""
    records = table.records()
    nothing = all(
        r.get("posts", 0) == 0 and "post_id" not in r and r.get("impressions") is None for r in records
    )
    return nothing and any(p.first_post_at is not None or p.first_day is not None for p in profiles)


def _whole_window(dataset: Dataset, arguments: Arguments) -> str:
    kept = {n: v for n, v in arguments.items() if n not in ("from", "to", "range")}
    asked = {"dataset": dataset.name, **kept, "range": "all"}
    return f"{request.path}?{urlencode(asked, doseq=True)}"


def _preview(account: int, dataset: Dataset, arguments: Arguments) -> Preview:
    try:
        table = answer(account, dataset.name, arguments)
    except Mistake as wrong:
        return Preview(wrong=wrong, errors={wrong.details.get("parameter", ""): wrong.message})
    return Preview(table, chart_of(table))


def base_url() -> str:
    """The address of this installation as others see it."""
    return current_app.config["FLUX_BASE_URL"] or request.host_url.rstrip("/")


def feed_of(dataset: Dataset, arguments: Arguments, key: str = PLACEHOLDER) -> Feed:
    """What the snippets fetch. How rows are written is each tool's business, but for the formula guard."""
    params = [(n, v) for n, v in chosen(dataset, arguments) if n == "safe" or not _writes(dataset, n)]
    return Feed(base_url(), dataset, tuple(params), key)


def _writes(dataset: Dataset, name: str) -> bool:
    param = dataset.param(name)
    return param is not None and param.representation


def _address(dataset: Dataset, arguments: Arguments) -> str:
    """The feed's own address, as it was put together."""
    asked = [*chosen(dataset, arguments), ("key", PLACEHOLDER)]
    return f"{base_url()}/api/v1/datasets/{dataset.name}?{urlencode(asked, quote_via=quote, safe=',')}"


def snippets_for(feed: Feed) -> dict[str, list[tuple[Snippet, str]]]:
    """Every snippet of every tool, filled in."""
    return {tool: [(s, render(s, feed)) for s in some] for tool, some in tools().items()}
