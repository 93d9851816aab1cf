"""A served account whose data are as awkward as people's are, and what its feeds must say in every tool."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset
from flux.metrics import dataset_of
from flux.snippets import SNIPPETS, Feed, render
from flux.store.accounts import move_account
from flux.store.engine import open_engine
from flux.store.profiles import create_profile
from tests import node, services
from tests.asking import make_metric
from tests.services import Server
from tests.tenants import PEPPER, Tenant, make_days, make_posts, make_tenant, post

PROGRAMS = Path(__file__).parent / "programs"
BY_ID = {snippet.id: snippet for snippet in SNIPPETS}
METRIC = "metric"
EVERY = pytest.mark.parametrize("name", [*CATALOG, METRIC])
ID = "7100000000000000007"  # more digits than a spreadsheet keeps
AWKWARD = (
    'He said "so, so", twice',
    "one line\nand another",
    "Grüße 🚀 日本",
    "=HYPERLINK(1)",
    ID,
    "-5",
    "00123",
    "+49 30",
    "@you",
    "TRUE",
    "NA",
    "2026-01",
    "it's \\n #(lf) {{ 7*7 }} ${x}",
)
QUERY = f'''SELECT published_at AS "at", date, text AS "the ""text""", '{ID}' AS id, -engagement AS minus,
likes AS "likes/post", -likes AS "likes post", date AS "日付", 'Monday' AS "曜日"
FROM posts WHERE likes > @{{least}} ORDER BY post_id'''
COLUMNS = (
    *(("at", "datetime"), ("date", "date"), ('the "text"', "string")),
    *(("id", "string"), ("minus", "integer"), ("likes/post", "integer"), ("likes post", "integer")),
    *(("日付", "date"), ("曜日", "string")),
)


@dataclass(frozen=True, slots=True)
class House:
    """The running server, the account, and the folder of the test."""

    server: Server
    tenant: Tenant
    metric: Dataset
    folder: Path

    def feed(self, name: str, **params: str) -> Feed:
        """A feed of January, compared with December where that can be; or of the metric."""
        if name == METRIC:
            return Feed(self.server.url, self.metric, (("least", "2"),), self.tenant.key)
        window = {"from": "2026-01-01", "to": "2026-01-31", "tz": "Europe/Berlin"}
        more = {"compare": "previous"} if CATALOG[name].param("compare") else {}
        told = {n: value for n, value in (window | more | params).items() if value}
        return Feed(self.server.url, CATALOG[name], tuple(told.items()), self.tenant.key)

    def rows(self, feed: Feed) -> list[dict[str, Any]]:
        """What the feed says in JSON."""
        answer = requests.get(feed.url("json"), headers=self.tenant.header, timeout=10)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]
        assert rows, "no rows prove nothing"
        return rows

    def write(self, snippet: str, feed: Feed, file: str) -> Path:
        """The snippet as a file in the folder of the test."""
        path = self.folder / file
        path.write_text(render(BY_ID[snippet], feed), encoding="utf-8")
        return path

    def run(self, program: str, *words: str | Path) -> Any:
        """What one of the programs beside these tests prints."""
        node.install(PROGRAMS)
        done = subprocess.run(
            [node.node(), PROGRAMS / program, *words],
            env=node.environment() | {"TZ": "America/New_York"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3_000:]
        return json.loads(done.stdout)

    def plan(self, **told: Any) -> Path:
        """A plan for one of the programs; addresses of this server may be asked."""
        path = self.folder / "plan.json"
        path.write_text(json.dumps({"allowed": [self.server.url + "/"], "kept": {}} | told))
        return path


@pytest.fixture(scope="session")
def standing(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Tenant, Dataset]]:
    """The server and the account that all tests here read; none of them writes."""
    folder = tmp_path_factory.mktemp("connectors")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'flux.db')}"
    settings = {"FLUX_DATABASE_URL": url, "FLUX_INSTANCE_PATH": str(folder), "FLUX_SECRET_KEY": PEPPER}
    engine = open_engine(url)
    tenant = make_tenant(engine)
    move_account(engine, tenant.account_id, "enterprise", 100_000, 10_000)
    publish(engine, tenant)
    metric = dataset_of(make_metric(engine, tenant, QUERY, LEAST, columns=COLUMNS))
    server = services.gunicorn(folder, settings)
    yield server, tenant, metric
    server.stop()
    engine.dispose()


LEAST = {"name": "least", "type": "integer", "required": True, "example": 2}


def publish(engine: Engine, tenant: Tenant) -> None:
    """A profile called by each awkward name, and posts and days of each in January and in December."""
    for day, name in enumerate(AWKWARD, 1):
        profile = create_profile(engine, tenant.account_id, name.replace("\n", " "))
        counts = {"likes": 3 + day, "comments": 1, "shares": 0}
        rows = [
            post(f"2026-01-{day:02d}T08:00", text=name, hashtags="#a #b", **counts),
            post(f"2026-01-{day:02d}T18:00", text=name),
            post("2025-12-20T08:00", text=name, likes=100, comments=2, shares=0),
        ]
        make_posts(engine, profile, tenant.account_id, rows)
        days = {"day": f"2026-01-{day:02d}", "impressions": 1_000_000, "new_followers": -day}
        make_days(engine, profile, tenant.account_id, days)


@pytest.fixture
def house(standing: tuple[Server, Tenant, Dataset], tmp_path: Path) -> House:
    """The house, with a folder of the test's own."""
    return House(*standing, tmp_path)


def same(feed: Feed, told: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    """Asserts that a tool has every row and every value, whatever it writes them as."""
    types = {column["name"]: column["type"] for column in feed.columns()}
    assert len(told) == len(wanted)
    for row, right in zip(told, wanted, strict=True):
        assert list(row) == list(types)
        for name, type in types.items():
            got, want = meant(row[name], type), meant(right[name], type)
            assert got == (pytest.approx(want) if type == "number" and want is not None else want), name


def meant(value: Any, type: str) -> Any:
    """What a tool's way of writing a value means."""
    if value is None or value in ("", []):
        return None
    text = " ".join(value) if isinstance(value, list) else str(value)
    match type:
        case "integer" | "number":
            return float(text) if type == "number" else int(float(text))
        case "boolean":
            return text.lower() == "true"
        case "date":
            return text[:10]
        case "datetime":
            moment = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return text
