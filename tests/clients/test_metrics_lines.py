"""The lines of the README and the docs on the Metrics API, typed into a shell as they stand there."""

import html
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import Engine

from flux import keys
from flux.key_limits import Limits
from flux.schemas.metrics import MetricIn, Variable
from flux.store.metrics import create_metric
from tests.clients.readme import examples
from tests.services import ROOT, Server
from tests.tenants import PEPPER, Tenant, make_key
from tests.web.visitor import visit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINES = re.compile(r'<code class="shell">(.*?)</code>', re.DOTALL)


def type_in(lines: str, folder: Path, **variables: str) -> list[str]:
    """The lines that a shell prints; the first command that fails ends it."""
    told = "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    command = ["bash", "-euo", "pipefail", "-c", told + lines]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line]


def pair(engine: Engine, tenant: Tenant, *permissions: str) -> dict[str, str]:
    """An environment key and its client secret, as the lines call them."""
    made = keys.issue_pair(engine, PEPPER, tenant.account_id, "a pair", Limits(permissions=permissions))
    return {name: text for name, (_, text) in zip(("ENVIRONMENT_KEY", "CLIENT_SECRET"), made, strict=True)}


@pytest.fixture
def docs(serve: Callable[..., Server]) -> tuple[Server, list[str]]:
    """The server, and the blocks of lines in its docs, in their order."""
    server = serve()
    page = requests.get(f"{server.url}/docs", timeout=30).text
    return server, [html.unescape(found) for found in LINES.findall(page)]


def test_the_lines_of_the_readme_work(serve: Callable[..., Server], ada: Tenant, tmp_path: Path) -> None:
    server = serve()
    block = next(text for text in examples(ROOT / "README.md", "sh") if "/metrics/auth/token" in text)
    block = block.replace("http://127.0.0.1:8000", server.url).replace("you@example.org", ada.user.email)
    settings = [f"{name}={value}" for name, value in server.environment.items() if name.startswith("FLUX_")]
    command = ["env", *settings, sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), "flux"]
    printed = type_in(f'flux() {{ {shlex.join(command)} "$@"; }}\n{block}', tmp_path)
    answer = json.loads(printed[-1])
    assert [(row["userId"], row["path"]) for row in answer["data"]] == [("u-1017", "/pricing")]
    assert answer["meta"]["row_count"] == 1


def test_the_lines_of_the_docs_work(
    docs: tuple[Server, list[str]], engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    _, (token, query, saved, event) = docs
    told = MetricIn(name="One", query="SELECT 1 AS one", open_to=["api"])
    metric = create_metric(engine, ada.account_id, told, (("one", "integer"),))
    given = pair(engine, ada, "read", "sql") | {"METRIC": metric.public_id}
    given["API_KEY"] = make_key(engine, ada.account_id, Limits(permissions=("write",)), "api")
    lines = f"{event}\n{token}\n{query}\necho\n{saved}"
    events, one = (json.loads(text) for text in type_in(lines, tmp_path, **given))
    assert [(row["userId"], row["pagePath"]) for row in events["data"]] == [("u-1017", "/pricing")]
    assert one["data"] == [{"one": 1}]


def test_the_line_of_a_metrics_page_works(
    docs: tuple[Server, list[str]], app: Flask, engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    server, (token, *_) = docs
    variables = [
        Variable(name="who", default="nobody"),
        Variable(name="days", type="list", default=["x"]),
        Variable(name="since", type="date", default="today"),
    ]
    query = "SELECT @{who} AS who, '1' IN @{days} AS found, @{since} AS since"
    told = MetricIn(name="Echo", query=query, variables=variables, open_to=["api"])
    columns = (("who", "string"), ("found", "integer"), ("since", "date"))
    metric = create_metric(engine, ada.account_id, told, columns)
    visitor = visit(app)
    visitor.sign_in()
    asked = 'who=it\'s "me"&days=1,2&since=2026-01-31'
    page = visitor.text(f"/settings/metrics/{metric.public_id}?{asked}")
    line = re.search(r'<pre id="call"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    assert line
    typed = f"{token}\n{line[1].replace('http://localhost', server.url)}"
    (printed,) = type_in(typed, tmp_path, **pair(engine, ada, "read"))
    assert json.loads(printed)["data"] == [{"who": 'it\'s "me"', "found": 1, "since": "2026-01-31"}]
