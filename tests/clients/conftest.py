"""A served account with posts that are awkward for spreadsheets, and what each client must see of them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flux.ids import new_id
from flux.key_limits import Limits
from flux.store.accounts import move_account
from flux.store.engine import open_engine
from tests import node, services
from tests.services import ROOT, Server
from tests.tenants import DAY, NOON, PEPPER, Tenant, make_key, make_posts, make_tenant

# text, likes, comments, shares, impressions; one a day from 2026-01-01
POSTS = (
    ('Commas, "quotes" and\na second line', 10, 3, 2, 1_500),
    ("=SUM(1;2) is a formula to a careless reader", 0, 0, 0, 0),
    ("Grüße aus Köln – 日本 🚀", 7, 1, None, None),
    ("00123", 1, 1, 1, 1_000_000),
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A running server, the tenant whose data it serves, and the dates of the posts."""

    server: Server
    tenant: Tenant
    window: str = "from=2026-01-01&to=2026-01-04"

    def url(self, dataset: str, more: str = "", key: bool = True) -> str:
        """The CSV address of a dataset, with the key in it as spreadsheets need it."""
        credentials = f"&key={self.tenant.key}" if key else ""
        return f"{self.server.url}/api/v1/datasets/{dataset}.csv?{self.window}{more}{credentials}"


@pytest.fixture
def feed(serve: Callable[..., Server], engine: Engine, ada: Tenant) -> Feed:
    """The posts above, served by gunicorn."""
    publish(engine, ada)
    return Feed(serve(), ada)


def publish(engine: Engine, tenant: Tenant) -> None:
    """Gives the tenant the posts above."""
    rows = [
        {
            "published_at": NOON + DAY * day,
            "text": text,
            "likes": likes,
            "comments": comments,
            "shares": shares,
            "impressions": impressions,
        }
        for day, (text, likes, comments, shares, impressions) in enumerate(POSTS)
    ]
    make_posts(engine, tenant.profile, tenant.account_id, rows)


@dataclass(frozen=True, slots=True)
class House:
    """A running server, its database and settings, and an account in it with a key of each kind."""

    url: str
    engine: Engine
    settings: dict[str, str]
    tenant: Tenant
    api_key: str
    pair: tuple[str, str]  # environment key and client secret


@pytest.fixture(scope="session")
def standing(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Engine]]:
    """A server that the tests share whose accounts know nothing of each other."""
    folder = tmp_path_factory.mktemp("standing")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'flux.db')}"
    settings = {"FLUX_DATABASE_URL": url, "FLUX_INSTANCE_PATH": str(folder), "FLUX_SECRET_KEY": PEPPER}
    server, engine = services.gunicorn(folder, settings), open_engine(url)
    yield server, engine
    server.stop()
    engine.dispose()


@pytest.fixture
def house(standing: tuple[Server, Engine]) -> House:
    """An account of the test's own on the shared server, with the posts above, and requests enough."""
    server, engine = standing
    tenant = make_tenant(engine, f"{new_id()}@example.org")
    move_account(engine, tenant.account_id, "enterprise", 10_000, 1_000)
    publish(engine, tenant)
    key = make_key(engine, tenant.account_id, Limits(permissions=("read", "write")), "api")
    env, secret = (make_key(engine, tenant.account_id, kind=kind) for kind in ("env", "secret"))
    return House(server.url, engine, server.environment, tenant, key, (env, secret))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where `npm install PATH` has installed the client, and TypeScript as a user has it."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(
        ROOT / "clients" / "typescript",
        folder / "client",
        ignore=shutil.ignore_patterns("node_modules", "dist"),
    )
    (folder / "project").mkdir()
    (folder / "project" / "package.json").write_text('{"private": true, "type": "module"}')
    node.npm(folder / "project", "install", "../client")
    return folder / "project"
