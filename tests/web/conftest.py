"""Pages: a signed-in visitor, and a served account with sample data for the browser."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from flux.config import read_settings
from flux.demo import make_demo
from flux.demo_metrics import make_metrics
from flux.store.engine import open_engine
from tests import services
from tests.services import Server
from tests.tenants import PASSWORD, PEPPER, Tenant, make_tenant
from tests.web.visitor import Visitor, visit


@pytest.fixture
def visitor(app: Flask, ada: Tenant) -> Visitor:
    """ada, signed in."""
    visitor = visit(app)
    assert visitor.sign_in().status_code == 303
    return visitor


@dataclass(frozen=True, slots=True)
class Site:
    """The real server with ada's sample data, and a browser that is signed in there."""

    server: Server
    tenant: Tenant
    profile: str  # public id of one with data
    metric: str  # public id of a saved one
    browser: Browser
    state: dict[str, object]

    def context(self, width: int = 1280, signed_in: bool = True, **more: object) -> BrowserContext:
        """A browser's window."""
        size = {"width": width, "height": 900}
        state = {"storage_state": self.state} if signed_in else {}
        made = self.browser.new_context(viewport=size, base_url=self.server.url, **state, **more)  # type: ignore[arg-type]
        made.set_default_timeout(10_000)
        return made


@pytest.fixture(scope="session")
def site(browser: Browser, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests in the browser: the real server, ada's sample data, ada signed in."""
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'flux.db')}"
    engine = open_engine(url)
    ada = make_tenant(engine)
    profile = make_demo(engine, ada.account_id)[0].public_id
    settings = {"FLUX_DATABASE_URL": url, "FLUX_INSTANCE_PATH": str(folder), "FLUX_SECRET_KEY": PEPPER}
    metrics = make_metrics(engine, read_settings(settings, folder), ada.account_id, ada.user.id)
    engine.dispose()
    server = services.gunicorn(folder, settings)
    state = _sign_in(browser, server, ada)
    yield Site(server, ada, profile, metrics[0].public_id, browser, state)
    server.stop()


def _sign_in(browser: Browser, server: Server, tenant: Tenant) -> dict[str, object]:
    """The cookies of a browser that is signed in."""
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/login")
    page.fill("#email", tenant.user.email)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url(server.url + "/")
    state = context.storage_state()
    context.close()
    return state  # type: ignore[return-value]
