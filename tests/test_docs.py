"""The docs are complete: whatever is declared stands in them. Seen to fail on a planted breach."""

import html
import re
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from flask import Flask

from flux.catalog import CATALOG
from flux.config import SETTINGS
from flux.errors import ERRORS
from flux.importers import IMPORTERS
from flux.key_limits import KINDS
from flux.plans import PLANS
from flux.sandbox.functions import FUNCTIONS
from flux.sandbox.run import LIMITS
from flux.snippets import SNIPPETS
from flux.store.exports import EXPORTS
from tests.tenants import Tenant

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Promise:
    """Something declared, and the text by which the docs must speak of it."""

    what: str
    text: str


def promises(app: Flask) -> list[Promise]:
    """Everything that somebody could look up."""
    found = []
    for dataset in CATALOG.values():
        found += [
            Promise("dataset", f"<code>{dataset.name}</code>"),
            Promise("example", f"/{dataset.name}?{dataset.example}"),
        ]
        for column in (*dataset.columns, *(dataset.compared_columns() if dataset.param("compare") else ())):
            found += [
                Promise("column", f"<code>{column.name}</code>"),
                Promise("column's help", plain(column.help)),
            ]
        for param in dataset.params:
            found += [
                Promise("parameter", f'id="p-{param.name}"'),
                Promise("parameter's help", plain(param.help)),
            ]
            found += [Promise("choice", choice) for choice in param.choices]
    found += [Promise("error", f"<code>{code}</code>") for code in ERRORS]
    found += [Promise("setting", f"<code>{s.name}</code>") for s in SETTINGS]
    found += [Promise("setting's help", plain(s.help)) for s in SETTINGS]
    found += [Promise("plan", f"<code>{p.name}</code>") for p in PLANS]
    found += [Promise("kind of key", f"<code>{k.prefix}</code>") for k in KINDS]
    found += [Promise("importer", plain(i.label)) for i in IMPORTERS]
    found += [Promise("snippet", s.label) for s in SNIPPETS]
    for table in EXPORTS:
        found += [Promise("table", f'id="table-{table.name}"'), Promise("table's help", plain(table.help))]
        found += [Promise("field", f"<code>{field.name}</code>") for field in table.fields]
        found += [Promise("field's help", plain(field.help)) for field in table.fields]
    found += [Promise("function", f"<code>{name}</code>") for name in FUNCTIONS]
    found += [
        Promise("limit of SQL", f"{LIMITS.rows:,} rows"),
        Promise("limit of SQL", f"{LIMITS.seconds} seconds"),
    ]
    return found + [
        Promise("command", f"<code>{name}") for name in commands("flux", app.cli.commands["flux"])
    ]


def commands(path: str, command: click.Command) -> list[str]:
    """Every command's full name."""
    if not isinstance(command, click.Group):
        return [path]
    return [name for inner, below in command.commands.items() for name in commands(f"{path} {inner}", below)]


def plain(text: str) -> str:
    return text.replace("`", "")


def broken(page: str, promised: list[Promise]) -> list[Promise]:
    """The promises that the page does not keep."""
    told = html.unescape(page)
    said = html.unescape(re.sub(r"</?code>", "", page))
    return [p for p in promised if p.text not in told and p.text not in said]


@pytest.fixture
def page(app: Flask) -> str:
    response = app.test_client().get("/docs")
    assert response.status_code == 200, "the docs are open to everybody"
    return response.text


def test_everything_declared_is_documented(app: Flask, page: str) -> None:
    assert broken(page, promises(app)) == []


@pytest.mark.parametrize(
    "what",
    ["dataset", "column", "parameter", "error", "setting", "command", "plan", "snippet", "table", "function"],
)
def test_a_planted_breach_is_seen(app: Flask, page: str, what: str) -> None:
    victim = next(p for p in promises(app) if p.what == what)
    inside = victim.text.replace("<code>", "").replace("</code>", "")
    assert victim in broken(page.replace(inside, "…"), promises(app))
    assert broken(page, [Promise(what, "<code>never-declared</code>")])


def test_settings_and_commands_are_in_the_readme_or_the_docs(app: Flask, page: str) -> None:
    readme = (ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else ""
    everywhere = html.unescape(page) + readme
    for name in [*(s.name for s in SETTINGS), *commands("flux", app.cli.commands["flux"])]:
        assert name in everywhere, name


@pytest.mark.parametrize("name", CATALOG)
def test_every_example_runs(app: Flask, ada: Tenant, page: str, name: str) -> None:
    example = re.search(rf'class="example">http://localhost(/api/v1/datasets/{name}\?[^<]+)<', page)
    assert example
    response = app.test_client().get(html.unescape(example[1]), headers=ada.header)
    assert response.status_code == 200, response.text


def test_every_parameters_example_runs(app: Flask, ada: Tenant) -> None:
    for dataset in CATALOG.values():
        for param in dataset.params:
            value = ada.profile.public_id if param.name == "profile_id" else param.example
            extra = "&delimiter=semicolon" if param.name == "decimal" else ""
            path = f"/api/v1/datasets/{dataset.name}?{param.name}={value}{extra}"
            response = app.test_client().get(path, headers=ada.header)
            assert response.status_code == 200, (path, response.text)


def test_every_link_within_the_page_leads_somewhere(page: str) -> None:
    targets = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets


def test_every_command_and_option_has_help(app: Flask) -> None:
    def check(command: click.Command) -> None:
        assert command.help, command.name
        for inner in getattr(command, "commands", {}).values():
            check(inner)

    check(app.cli.commands["flux"])
