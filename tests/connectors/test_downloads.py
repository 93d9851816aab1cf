"""The picker hands out connectors and settings as files, filled in for the feed that was put together."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.snippets import PLACEHOLDER, SNIPPETS, Feed, render
from tests.asking import make_metric
from tests.tenants import Tenant
from tests.web.visitor import Visitor, visit

FILES = [snippet for snippet in SNIPPETS if snippet.file]
PICKER = "/settings/api/feed"


@pytest.fixture
def visitor(app: Flask, ada: Tenant) -> Visitor:
    found = visit(app)
    found.sign_in()
    return found


def links(page: str) -> dict[str, str]:
    """The files that a page offers, by the snippets' ids."""
    found = re.findall(rf'href="({PICKER}/files/(\w+)[^"]*)" download=', page)
    return {id: unescape(address) for address, id in found}


def test_every_file_of_a_feed_can_be_had(visitor: Visitor, ada: Tenant) -> None:
    page = visitor.get(f"{PICKER}?dataset=breakdown&by=hour&profile_id={ada.profile.public_id}").text
    offered = links(page)
    assert list(offered) == [snippet.id for snippet in FILES]
    params = (("profile_id", ada.profile.public_id), ("by", "hour"))
    for snippet in FILES:
        answer = visitor.get(offered[snippet.id])
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f"attachment; filename={snippet.file}"
        feed = Feed("http://localhost", CATALOG["breakdown"], params)
        assert answer.text == render(snippet, feed), snippet.id
        assert ada.key not in answer.text
    assert PLACEHOLDER in visitor.get(offered["grafana_provisioning"]).text


def test_the_base_address_is_baked_in(app: Flask, visitor: Visitor) -> None:
    app.config["FLUX_BASE_URL"] = "https://flux.example.org"
    for id in ("data_studio", "data_studio_manifest", "power_query_connector", "grafana_dashboard"):
        text = visitor.get(f"{PICKER}/files/{id}").text
        assert "https://flux.example.org" in text
        assert "localhost" not in text


def test_a_saved_metric_comes_with_the_connectors(visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    metric = make_metric(engine, ada, "SELECT count(*) AS posts FROM posts")
    offered = links(visitor.get(f"{PICKER}?dataset={metric.public_id}").text)
    for id in ("data_studio", "power_query_connector"):
        assert f"api/v1/metrics/{metric.public_id}" in visitor.get(offered[id]).text


def test_another_accounts_metric_does_not(visitor: Visitor, engine: Engine, bob: Tenant) -> None:
    metric = make_metric(engine, bob, "SELECT count(*) AS posts FROM posts", name="Bob's own")
    text = visitor.get(f"{PICKER}/files/data_studio?dataset={metric.public_id}").text
    assert metric.public_id not in text
    assert "Bob's own" not in text


@pytest.mark.parametrize("id", ["nothing", "curl", "..%2Fconfig"])
def test_what_is_no_file_is_not_found(visitor: Visitor, id: str) -> None:
    assert visitor.get(f"{PICKER}/files/{id}").status_code == 404
