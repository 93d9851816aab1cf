"""Every example of the product page, by curl against the running server: shape, status, headers."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.services import Server
from tests.tenants import Tenant, make_key

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Curl:
    """The program with a base address and a key."""

    program: str
    base: str
    key: str
    folder: Path

    def ask(self, path: str, *arguments: str, key: str | None = None) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON body."""
        header = [] if key == "" else ["-H", f"Authorization: Bearer {key or self.key}"]
        written = ["-D", "headers", "-o", "body", "-w", "%{http_code}"]
        done = subprocess.run(
            [self.program, "-sS", *written, *header, *arguments, f"{self.base}{path}"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        lines = (self.folder / "headers").read_text().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        body = (self.folder / "body").read_bytes()
        return int(done.stdout), headers, json.loads(body) if body else None


@pytest.fixture(params=["/v1", "/api/v1"])
def asked(
    request: pytest.FixtureRequest,
    curl: str,
    serve: Callable[..., Server],
    engine: Engine,
    ada: Tenant,
    tmp_path: Path,
) -> Curl:
    """Curl with a key that may write, at either base."""
    key = make_key(engine, ada.account_id, kind="api")
    return Curl(curl, serve().url + request.param, key, tmp_path)


def test_the_examples_of_the_page(asked: Curl) -> None:
    body = {
        "name": "Marketing Campaign Analysis",
        "description": "Analysis of Q1 marketing campaigns",
        "industry": "retail",
    }
    sent = ("-X", "POST", "-H", "Content-Type: application/json", "-d", json.dumps(body))
    status, headers, made = asked.ask("/projects", *sent)
    assert status == 201 and headers["content-type"] == "application/json"
    project = made["data"]
    assert {name: project[name] for name in body} == body
    assert project["id"].startswith("proj_")
    assert MOMENT.fullmatch(project["created_at"]) and MOMENT.fullmatch(project["updated_at"])

    status, headers, listed = asked.ask("/projects?limit=20&offset=0&sort=created_at&order=desc")
    assert status == 200 and set(listed) == {"data", "meta"}
    assert listed["meta"] == {"total": 1, "limit": 20, "offset": 0}
    assert set(listed["data"][0]) == {"id", "name", "description", "created_at", "updated_at"}
    assert headers["x-ratelimit-limit"] == "300"  # the plan of the test's account
    assert int(headers["x-ratelimit-remaining"]) < 300 and int(headers["x-ratelimit-reset"]) > 1_700_000_000

    one = f"/projects/{project['id']}"
    (asked.folder / "Campaign Data.csv").write_text("day,spend,clicks\n2026-01-01,10.5,3\n2026-01-02,11,4\n")
    status, _, uploaded = asked.ask(f"{one}/data-sources", "-F", "file=@Campaign Data.csv")
    assert status == 201, uploaded
    source = uploaded["data"]
    assert (source["type"], source["rows"], source["columns"]) == ("csv", 2, 3)
    assert source["name"] == "Campaign Data.csv" and source["id"].startswith("ds_")

    started = (
        "-X",
        "POST",
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"kind": "summary", "name": "ROI Analysis"}',
    )
    status, _, analysis = asked.ask(f"{one}/analyses", *started)
    assert status == 201 and analysis["data"]["id"].startswith("an_")

    status, _, detail = asked.ask(one)
    assert status == 200
    assert detail["data"] | {"data_sources": 0, "analyses": 0} == project | {"data_sources": 0, "analyses": 0}
    brief = detail["data"]["data_sources"][0]
    assert brief == {name: source[name] for name in ("id", "name", "type", "created_at")}
    assert set(detail["data"]["analyses"][0]) == {"id", "name", "status", "created_at"}
    assert detail["data"]["analyses"][0]["name"] == "ROI Analysis"

    status, _, sources = asked.ask(f"{one}/data-sources")
    assert status == 200
    promised = {"id", "name", "type", "rows", "columns", "created_at", "updated_at"}
    assert promised <= set(sources["data"][0])

    status, _, refused = asked.ask("/projects?limit=200")
    assert status == 400 and refused["error"]["code"] == "invalid_parameter"
    assert refused["error"]["details"] == {"parameter": "limit", "value": "200", "constraint": "1-100"}

    assert asked.ask("/projects", key="")[0] == 401
    assert asked.ask("/projects/proj_123456")[0] == 404


def test_a_file_may_be_the_body_itself(asked: Curl) -> None:
    sent = ("-X", "POST", "-H", "Content-Type: application/json", "-d", '{"name": "a"}')
    project = asked.ask("/projects", *sent)[2]["data"]["id"]
    (asked.folder / "x.csv").write_text("day;spend\n2026-01-01;10,5\n2026-01-02;11,25\n")
    raw = ("-X", "POST", "-H", "Content-Type: text/csv", "--data-binary", "@x.csv")
    status, _, made = asked.ask(f"/projects/{project}/data-sources?name=Spend", *raw)
    assert status == 201 and made["data"]["name"] == "Spend"
    assert made["data"]["fields"] == [{"name": "day", "type": "date"}, {"name": "spend", "type": "number"}]
