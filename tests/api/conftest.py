"""Callers of the REST API, and the SQL statements that a request costs."""

import sqlite3
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from tests.api.caller import Caller, make_caller
from tests.tenants import Tenant


@pytest.fixture
def writer(client: FlaskClient, engine: Engine, ada: Tenant) -> Caller:
    """Ada's, who may read and write."""
    return make_caller(client, engine, ada)


@pytest.fixture
def reader(client: FlaskClient, engine: Engine, ada: Tenant) -> Caller:
    """Ada's, who may read only."""
    return make_caller(client, engine, ada, ("read",))


@pytest.fixture
def stranger(client: FlaskClient, engine: Engine, bob: Tenant) -> Caller:
    """Of another account."""
    return make_caller(client, engine, bob)


@pytest.fixture
def statements(app: Flask) -> list[str]:
    """Every SQL statement that SQLite runs, as the driver sees it."""
    seen: list[str] = []
    engine: Engine = app.extensions["flux_engine"]

    @event.listens_for(engine, "checkout")
    def trace(connection: Any, *_: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(seen.append)

    return seen
