"""/docs: the reference, made from the declarations. Open to everybody."""

from typing import Any

import click
from flask import Blueprint, current_app, render_template

from flux.accounts import PASSWORD_LENGTH
from flux.catalog import CATALOG
from flux.config import SETTINGS
from flux.describe.page import document_params
from flux.errors import ERRORS
from flux.importers import IMPORTERS
from flux.importers.guesses import NAMES
from flux.keys import KINDS
from flux.plans import PLANS
from flux.release import RELEASE
from flux.snippets import tools
from flux.web.picker import base_url

blueprint = Blueprint("docs", __name__)


@blueprint.get("/docs")
def docs() -> str:
    """Everything that can be asked for, and what comes back."""
    return render_template(
        "docs.html",
        base=base_url(),
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
        commands=list(_commands("flux", current_app.cli.commands.get("flux"))),
        password=PASSWORD_LENGTH,
        release=RELEASE,
    )


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
