"""/docs: the reference, made from the declarations. Open to everybody."""

from datetime import UTC, date, datetime
from functools import lru_cache
from random import Random
from typing import Any

import click
import numpy as np
from flask import Blueprint, current_app, render_template

from flux.accounts import PASSWORD_LENGTH
from flux.catalog import CATALOG
from flux.config import SETTINGS
from flux.demo import AUTHORS, sample
from flux.describe.agents import set_up
from flux.describe.api_page import document_routes, document_shapes
from flux.describe.edm import FUNCTIONS, SETS
from flux.describe.openapi import BASE, describe_api
from flux.describe.page import document_params
from flux.describe.tool import TOOLS
from flux.detrend import detrend
from flux.errors import ERRORS
from flux.importers import IMPORTERS
from flux.importers.guesses import NAMES
from flux.key_limits import KINDS
from flux.plans import PLANS
from flux.release import RELEASE
from flux.schemas.data import SPEC
from flux.snippets import TRIALS, tools
from flux.web.chart import Chart, Series, line_chart
from flux.web.metric_docs import document_metrics
from flux.web.picker import base_url

blueprint = Blueprint("docs", __name__)

PICTURED = date(2026, 11, 1)  # the picture is the same every day


@blueprint.get("/docs")
def docs() -> str:
    """Everything that can be asked for, and what comes back."""
    return render_template(
        "docs.html",
        base=base_url(),
        **document_metrics(),
        agents=set_up(base_url()),
        agent_tools=TOOLS,
        datasets=CATALOG.values(),
        params=document_params(CATALOG.values()),
        errors=[
            (code, status, text)
            for code, (status, text) in sorted(ERRORS.items(), key=lambda e: (e[1][0], e[0]))
        ],
        settings=SETTINGS,
        plans=PLANS,
        kinds=KINDS,
        importers=IMPORTERS,
        mapped=NAMES,
        tools=tools(),
        trials=TRIALS,
        commands=list(_commands("flux", current_app.cli.commands.get("flux"))),
        password=PASSWORD_LENGTH,
        adjusted=_adjusted_picture(),
        odata_sets=SETS.values(),
        odata_functions=FUNCTIONS,
        release=RELEASE,
    )


@blueprint.get("/docs/api")
def api() -> str:
    """Every route with what it takes and gives, read from the OpenAPI document."""
    document = describe_api(base_url(), tuple(ERRORS.items()))
    return render_template(
        "docs_api.html",
        base=base_url(),
        spec=BASE + SPEC.path,
        subjects=document_routes(document),
        shapes=document_shapes(document),
        plans=PLANS,
        release=RELEASE,
    )


@lru_cache
def _adjusted_picture() -> Chart:
    """The sample person's mean engagement per post, month by month, as counted and adjusted."""
    posts = sample(AUTHORS[0], Random("1-0"), PICTURED).posts  # noqa: S311 - sample data
    moments = np.array([p.published_at for p in posts], dtype=float)
    counted = np.array([(p.likes or 0) + (p.comments or 0) + (p.shares or 0) for p in posts], dtype=float)
    adjusted = detrend(moments, counted, np.full(len(posts), np.nan)).adjusted
    months = [f"{datetime.fromtimestamp(p.published_at, UTC):%Y-%m}" for p in posts]
    labels = sorted(set(months))
    named = (("as counted", counted), ("adjusted", adjusted))
    series = [
        Series(name, [round(float(values[[m == month for m in months]].mean()), 1) for month in labels])
        for name, values in named
    ]
    return line_chart("Engagement per post by month, sample person", labels, series)


def _commands(path: str, command: click.Command | None) -> Any:
    """(name with arguments, help, options) of every command below `command`."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(f"{path} {name}", inner)
    elif command is not None:
        arguments = [
            p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
        ]
        options = [
            (", ".join(p.opts + p.secondary_opts), p.help or "")
            for p in command.params
            if isinstance(p, click.Option)
        ]
        yield " ".join([path, *arguments]), command.help or "", options
