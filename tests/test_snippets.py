"""Snippets: files and list agree, and each snippet works as it stands, for every dataset."""

import csv
import html
import io
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset
from flux.demo import make_demo
from flux.describe.escapes import ESCAPES
from flux.metrics import dataset_of
from flux.snippets import PLACEHOLDER, SNIPPETS, TEMPLATES, TRIALS, Feed, Snippet, Trial, render, tools
from tests.asking import make_metric
from tests.services import Server
from tests.tenants import Tenant, make_posts, post

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BASE = "https://flux.example.org"
NASTY = "a\"b'c\\d`$(x)${y}#(lf)&=%{{ 7*7 }}"
BY_ID = {s.id: s for s in SNIPPETS}


def listing_faults(snippets: tuple[Snippet, ...], files: set[str]) -> list[str]:
    """What is listed without a file, or a file without being listed."""
    listed = [s.id for s in snippets]
    faults = [f"'{name}' has no file" for name in listed if name not in files]
    faults += [f"'{name}.txt' is not listed" for name in sorted(files - set(listed))]
    return faults + [f"'{name}' is listed twice" for name in listed if listed.count(name) > 1]


def files() -> set[str]:
    return {path.stem for path in (TEMPLATES / "snippets").iterdir()}


def test_files_and_list_agree() -> None:
    assert listing_faults(SNIPPETS, files()) == []


def test_a_planted_breach_is_seen() -> None:
    assert listing_faults(SNIPPETS, files() | {"tableau"}) == ["'tableau.txt' is not listed"]
    assert listing_faults(SNIPPETS, files() - {"curl"}) == ["'curl' has no file"]
    assert listing_faults((*SNIPPETS, SNIPPETS[0]), files())


def test_every_tool_of_the_contract_is_there() -> None:
    wanted = {"google_sheets", "google_sheets_semicolon", "apps_script", "data_studio", "power_bi_header"}
    wanted |= {"power_bi_api_key_name", "power_bi_basic", "excel", "pbids", "grafana_infinity"}
    wanted |= {"power_query_connector", "grafana_provisioning", "grafana_dashboard"}
    wanted |= {"curl", "pandas", "polars", "javascript", "r", "duckdb", "libreoffice"}
    assert wanted <= BY_ID.keys()


def feed_for(dataset: Dataset, base: str = BASE, key: str = PLACEHOLDER) -> Feed:
    extra = (("compare", "previous"),) if dataset.param("compare") else ()
    return Feed(base, dataset, (("range", "all"), ("tz", "Europe/Berlin"), *extra), key)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda s: s.id)
@pytest.mark.parametrize("name", CATALOG)
def test_nothing_is_left_to_fill_in(snippet: Snippet, name: str) -> None:
    text = render(snippet, feed_for(CATALOG[name]))
    assert "{{" not in text
    assert "{%" not in text
    assert BASE in text
    assert snippet.note


# --- the address inside, asked for ----------------------------------------------------------------


def _m_address(text: str) -> str:
    """What Web.Contents asks for."""
    base = _of(r'Web\.Contents\(\s*"([^"]+)"', text)
    path = _of(r'RelativePath = "([^"]+)"', text)
    query = dict(
        re.findall(r'^\s+(\w+) = "([^"]*)",?$', _of(r"Query = \[(.*?)\]", text, re.DOTALL), re.MULTILINE)
    )
    return f"{base}{path}?{urlencode(query)}"


def _grafana_address(text: str) -> str:
    told = json.loads(text)
    return f"{told['url']}?{urlencode([(p['key'], p['value']) for p in told['url_options']['params']])}"


def _of(pattern: str, text: str, flags: int = 0) -> str:
    found = re.search(pattern, text, flags)
    assert found, f"{pattern} in {text[:500]}"
    return found[1]


ADDRESS: dict[str, Callable[[str], str]] = {
    "google_sheets": lambda t: _of(r'^=IMPORTDATA\("([^"]+)", ",", "en_US"\)$', t),
    "google_sheets_semicolon": lambda t: _of(r'^=IMPORTDATA\("([^"]+)"; ","; "en_US"\)$', t),
    "apps_script": lambda t: _of(r'    url: "([^"]+)",', t),
    "power_bi_header": _m_address,
    "power_bi_api_key_name": _m_address,
    "power_bi_basic": _m_address,
    "excel": _m_address,
    "pbids": lambda t: str(json.loads(t)["connections"][0]["details"]["address"]["url"]),
    "grafana_infinity": _grafana_address,
    "libreoffice": str,
    "libreoffice_decimal_comma": str,
    "curl": lambda t: _of(r"^  '(http[^']+)' \\$", t, re.MULTILINE),
    "pandas": lambda t: _of(r"^url = '([^']+)'$", t, re.MULTILINE),
    "polars": lambda t: _of(r"^url = '([^']+)'$", t, re.MULTILINE),
    "javascript": lambda t: _of(r'^const url = "([^"]+)";$', t, re.MULTILINE),
    "r": lambda t: _of(r'url\("([^"]+)"', t),
    "duckdb": lambda t: _of(r"read_csv\(\s*'([^']+)'", t),
}
KEY_IN_ADDRESS = ("google_sheets", "google_sheets_semicolon", "libreoffice", "libreoffice_decimal_comma")
# They ask for more than one feed, or for what is chosen in the tool: see tests/connectors.
ASKED_IN_THE_TOOL = ("data_studio", "data_studio_manifest", "power_query_connector")
ASKED_IN_THE_TOOL += ("grafana_provisioning", "grafana_dashboard", "odata", "odata_pbids")


def test_every_snippet_is_fetched_or_said_why_not() -> None:
    assert set(ADDRESS) | set(ASKED_IN_THE_TOOL) == {s.id for s in SNIPPETS}


@SQLITE
@pytest.mark.parametrize("name", CATALOG)
def test_the_address_inside_answers_with_rows(app: Flask, engine: Engine, ada: Tenant, name: str) -> None:
    make_demo(engine, ada.account_id)
    for snippet in SNIPPETS:
        if snippet.id in ASKED_IN_THE_TOOL:
            continue
        address = ADDRESS[snippet.id](render(snippet, feed_for(CATALOG[name], key=ada.key)))
        assert address.startswith(BASE + "/api/v1/datasets/")
        assert (ada.key in address) == (snippet.id in KEY_IN_ADDRESS)
        header = {} if snippet.id in KEY_IN_ADDRESS else ada.header
        response = app.test_client().get(address.removeprefix(BASE), headers=header)
        assert response.status_code == 200, (snippet.id, response.text[:300])
        if response.mimetype == "text/csv":
            assert len(list(csv.reader(io.StringIO(response.text)))) > 1, snippet.id
        else:
            assert response.get_json()["data"], snippet.id


@pytest.mark.parametrize("name", CATALOG)
def test_typed_snippets_name_the_columns_of_the_answer(app: Flask, ada: Tenant, name: str) -> None:
    feed = feed_for(CATALOG[name])
    answer = app.test_client().get(feed.url("csv").removeprefix(BASE), headers=ada.header)
    columns = next(csv.reader(io.StringIO(answer.text)))
    for id in ("power_bi_header", "power_bi_api_key_name", "power_bi_basic", "excel"):
        text = render(BY_ID[id], feed)
        assert re.findall(r'^\s+\{"(\w+)", [\w. ]+\},?$', text, re.MULTILINE) == columns
        assert '"en-US"' in text
    assert [c["selector"] for c in json.loads(render(BY_ID["grafana_infinity"], feed))["columns"]] == columns
    assert re.findall(r'\{ name: "(\w+)"', render(BY_ID["apps_script"], feed)) == columns


def test_the_connector_asks_what_the_api_takes(app: Flask, ada: Tenant) -> None:
    text = render(BY_ID["data_studio"], feed_for(CATALOG["posts"]))
    datasets = json.loads(_of(r"const DATASETS = (\[.*?\n\]);", text, re.DOTALL))
    assert [d["name"] for d in datasets] == list(CATALOG)
    for told in datasets:
        for param in told["asks"]:
            for choice in param["choices"]:
                asked = {"from": "2026-01-01", "to": "2026-01-31", param["name"]: choice}
                path = f"/api/v1/datasets/{told['name']}?{urlencode(asked)}"
                assert app.test_client().get(path, headers=ada.header).status_code == 200
        assert [f["id"] for f in told["fields"]] == [c.name for c in CATALOG[told["name"]].columns]
        ratios = [c.name for c in CATALOG[told["name"]].columns if c.role == "metric" and not c.additive]
        assert [f["id"] for f in told["fields"] if f.get("aggregation") == "AVG"] == ratios


def test_the_connectors_logo_is_there(app: Flask) -> None:
    told = json.loads(render(BY_ID["data_studio_manifest"], feed_for(CATALOG["posts"])))
    with app.test_client().get(told["dataStudio"]["logoUrl"].removeprefix(BASE)) as response:
        assert response.data[:8] == b"\x89PNG\r\n\x1a\n"
        assert "Cross-Origin-Resource-Policy" not in response.headers, "Data Studio shows it on its own pages"


# --- a saved metric is fed like a dataset ----------------------------------------------------------

METRIC = '''SELECT date, text AS "the ""text""", engagement, 1.0 * engagement / likes AS ratio
FROM posts WHERE date >= @{since} AND likes > @{least} ORDER BY date'''
# Where a cell can become a formula.
GUARDED = dict.fromkeys((*KEY_IN_ADDRESS, "excel", "curl"), "'=A1")
SINCE = {"name": "since", "type": "date", "default": "2026-01-01"}
LEAST = {"name": "least", "type": "integer", "required": True, "example": 2}


def saved_metric(engine: Engine, ada: Tenant) -> Dataset:
    """Ada's metric over one post of two, as a dataset."""
    rows = [post("2026-01-05T08:00", text="=A1", likes=3, comments=1, shares=0), post("2025-01-05T08:00")]
    make_posts(engine, ada.profile, ada.account_id, rows)
    names = ("date", 'the "text"', "engagement", "ratio")
    columns = tuple(zip(names, ("date", "string", "integer", "number"), strict=True))
    return dataset_of(make_metric(engine, ada, METRIC, SINCE, LEAST, columns=columns))


@SQLITE
def test_the_address_inside_answers_for_a_metric_too(app: Flask, engine: Engine, ada: Tenant) -> None:
    dataset = saved_metric(engine, ada)
    for snippet in (s for s in SNIPPETS if s.of_metrics):
        text = render(snippet, Feed(BASE, dataset, (("least", "2"), ("since", "2026-01-02")), ada.key))
        assert "{{" not in text
        if snippet.id in ASKED_IN_THE_TOOL:
            continue
        address = ADDRESS[snippet.id](text)
        assert address.startswith(f"{BASE}/api/v1/metrics/{dataset.name}?")
        header = {} if snippet.id in KEY_IN_ADDRESS else ada.header
        response = app.test_client().get(address.removeprefix(BASE), headers=header)
        assert response.status_code == 200, (snippet.id, response.text[:300])
        if response.mimetype == "text/csv":
            separator = ";" if "delimiter=semicolon" in address else ","
            head, row = csv.reader(io.StringIO(response.text), delimiter=separator)
            assert (head[1], row[1], row[2]) == ('the "text"', GUARDED.get(snippet.id, "=A1"), "4"), (
                snippet.id
            )
        else:
            assert response.get_json()["data"][0]["engagement"] == 4, snippet.id


# --- no value breaks out of its language ----------------------------------------------------------


def test_python_text_is_itself_again() -> None:
    assert eval(ESCAPES["python"](NASTY)) == NASTY


def test_json_text_is_itself_again() -> None:
    assert json.loads(ESCAPES["json"](NASTY)) == NASTY


def test_shell_text_is_itself_again() -> None:
    said = subprocess.run(
        ["/bin/sh", "-c", f"printf %s {ESCAPES['shell'](NASTY)}"], capture_output=True, check=True
    )
    assert said.stdout.decode() == NASTY


def test_sheet_m_and_sql_text_end_where_they_should() -> None:
    assert ESCAPES["sheet"]('a"b') == '"a""b"'
    assert ESCAPES["m"]('a"b#(lf)') == '"a""b#(#)(lf)"'
    assert ESCAPES["sql"]("a'b") == "'a''b'"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda s: s.id)
def test_a_nasty_value_is_carried_and_not_run(snippet: Snippet) -> None:
    feed = Feed(BASE, CATALOG["posts"], (("tz", NASTY),))
    text = render(snippet, feed)
    assert "49" not in text or "{{ 7*7 }}" in text or "7%2A7" in text
    if snippet.id == "grafana_infinity":
        assert json.loads(text)["url_options"]["params"][0]["value"] == NASTY
    if snippet.language == "Power Query M" and snippet.id != "power_query_connector":  # that has no values
        assert ESCAPES["m"](NASTY) in text
    if snippet.id in ("google_sheets", "curl", "pandas", "r", "duckdb", "pbids", "apps_script"):
        assert NASTY not in text, "in an address every value is percent-encoded"


# --- run as they stand ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shell:
    """The snippet for curl, pasted again and again into a shell of one folder."""

    curl: str
    folder: Path

    def run(self, base: str, key: str) -> tuple[int, str]:
        """Exit status, and the answer's."""
        feed = Feed(base, CATALOG["posts"], (("range", "all"),), key)
        traced = f"{self.curl} --write-out '%{{stderr}}%{{http_code}}' "
        said = subprocess.run(
            ["/bin/sh", "-c", render(BY_ID["curl"], feed).replace("curl ", traced, 1)],
            cwd=self.folder, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        return said.returncode, said.stderr[-3:]

    def kept(self) -> list[bytes]:
        """The file and its tag."""
        return [(self.folder / name).read_bytes() for name in ("posts.csv", "posts.etag")]


@SQLITE
def test_curl_keeps_the_last_good_file(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, curl: str, tmp_path: Path
) -> None:
    make_demo(engine, ada.account_id)
    folder = tmp_path / "work"
    folder.mkdir()
    server, shell = serve(), Shell(curl, folder)
    assert shell.run(server.url, ada.key) == (0, "200")
    good = shell.kept()
    assert len(good[0]) > 1_000 and good[1]
    assert shell.run(server.url, ada.key) == (0, "304") and shell.kept() == good
    assert shell.run(server.url, ada.key[:-1]) == (22, "401") and shell.kept() == good
    assert b"mistyped" in (folder / "posts.csv.new").read_bytes()
    with breaking_off() as base:
        assert shell.run(base, ada.key) == (18, "200") and shell.kept() == good
    assert shell.run(server.url, ada.key) == (0, "304") and shell.kept() == good


@contextmanager
def breaking_off() -> Iterator[str]:
    """The address of a server that sends a part of its one answer."""
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as pool:

        def answer() -> None:
            with door.accept()[0] as line:
                line.recv(65_536)
                line.sendall(b'HTTP/1.1 200 OK\r\nETag: "new"\r\nContent-Length: 1000\r\n\r\nhalf of it')

        done = pool.submit(answer)
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        done.result(timeout=10)


# --- what was tried is told ------------------------------------------------------------------------


def untold(listed: Iterable[str], trials: Iterable[Trial]) -> set[str]:
    """The tools of which nothing is told, and those of which something is told that are none."""
    return set(listed) ^ {trial.tool for trial in trials}


def test_what_was_tried_is_told_of_every_tool() -> None:
    assert untold(tools(), TRIALS) == set()
    assert untold([*tools(), "Tableau"], TRIALS) == {"Tableau"}
    assert untold(tools(), TRIALS[1:]) == {TRIALS[0].tool}
    for trial in TRIALS:
        assert trial.tried and trial.untried and trial.check, trial.tool


def test_the_docs_tell_it(app: Flask) -> None:
    page = app.test_client().get("/docs").text
    told = html.unescape(re.sub(r"</?code>", "", page))
    for trial in TRIALS:
        for text in (trial.tried, trial.untried, *trial.check):
            assert text.replace("`", "") in told, trial.tool
