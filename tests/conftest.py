"""Fixtures: the app on either database, the real server, a real browser. What is not installed is skipped."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from flux import create_app
from flux.store.engine import open_engine
from tests import services
from tests.databases import Pool, empty_database, lay_out
from tests.services import Redis, Server, need
from tests.tenants import PEPPER, Tenant, make_tenant

DATABASES = ("sqlite", "postgres")
CHROMIUM = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no test asks a host outside
)


# --- services -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A private PostgreSQL, its URL without a database's name."""
    programs = services.postgres_programs()
    need(programs and str(programs), "PostgreSQL (initdb, postgres)")
    assert programs is not None
    folder = tempfile.TemporaryDirectory(prefix="flux-postgres-")
    with folder as name, services.postgres(Path(name), programs) as url:
        yield url


@pytest.fixture(scope="session")
def redis_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A private redis-server that the whole session shares."""
    program = need(shutil.which("redis-server"), "redis-server")
    with services.redis_server(program, tmp_path_factory.mktemp("redis")) as redis:
        yield redis


@pytest.fixture
def redis_url(redis_service: Redis) -> str:
    """The URL of an empty Redis."""
    import redis

    with redis.Redis.from_url(redis_service.url) as connection:
        connection.flushall()
    return redis_service.url


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    """A redis-server of the test's own, to be frozen, ended or started again."""
    program = need(shutil.which("redis-server"), "redis-server")
    with services.redis_server(program, tmp_path) as redis:
        yield redis


@pytest.fixture(scope="session")
def soffice() -> str:
    """LibreOffice's program."""
    return need(shutil.which("soffice") or shutil.which("libreoffice"), "LibreOffice (soffice)")


@pytest.fixture(scope="session")
def curl() -> str:
    """The curl program."""
    return need(shutil.which("curl"), "curl")


# --- databases ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables and the plans."""
    path = tmp_path_factory.mktemp("template") / "flux.db"
    lay_out(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_pool(postgres_url: str) -> Pool:
    """PostgreSQL databases with the tables and the plans, used again and again."""
    return Pool(postgres_url)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with tables and plans; a test that uses it runs on SQLite and on PostgreSQL.

    `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)` holds a test to one of them.
    """
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield f"sqlite:///{shutil.copy(template, tmp_path / 'flux.db')}"
    else:
        with request.getfixturevalue("postgres_pool").database() as url:
            yield url


@pytest.fixture(params=DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database without any table, for migrations and `flux init`."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with empty_database(request.getfixturevalue("postgres_url")) as url:
            yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh database with tables and plans."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


# --- the application ------------------------------------------------------------------------------


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of `app` and `serve`; a test may change them before it asks for those."""
    return {
        "FLUX_DATABASE_URL": database_url,
        "FLUX_INSTANCE_PATH": str(tmp_path / "instance"),
        "FLUX_SECRET_KEY": PEPPER,
    }


@pytest.fixture
def app(settings: dict[str, str]) -> Iterator[Flask]:
    """The application on a fresh database."""
    app = create_app(settings)
    app.config.update(TESTING=True)
    yield app
    app.extensions["flux_engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of `app`."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs commands of `app`: `runner.invoke(args=["flux", "profile", "list"])`."""
    return app.test_cli_runner()


@pytest.fixture
def ada(engine: Engine) -> Tenant:
    """A tenant in the database of the test: account, user, an empty profile, a key."""
    return make_tenant(engine)


@pytest.fixture
def bob(engine: Engine) -> Tenant:
    """Another tenant, who must never be seen by ada."""
    return make_tenant(engine, "bob@example.org")


@pytest.fixture
def serve(settings: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts the real gunicorn on the test's database: `serve(workers=4, env={"FLUX_REDIS_URL": url})`."""
    servers: list[Server] = []

    def start(
        workers: int = 1,
        env: dict[str, str] | None = None,
        app: str = "wsgi:app",
        arguments: tuple[str, ...] = (),
    ) -> Server:
        asked = ("--workers", str(workers), *arguments)
        servers.append(services.gunicorn(tmp_path, settings | (env or {}), asked, app))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


# --- the browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    program = need(shutil.which("chromium") or shutil.which("chromium-browser"), "Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own, 1280 px wide; other sizes, schemes or no JavaScript: `browser.new_context(…)`."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
