"""The database restarted, gone and back; Redis not there from the start."""

import psycopg2
import pytest
from flask.testing import FlaskClient

from flux import create_app
from tests.api.test_datasets import assert_error
from tests.services import free_port
from tests.tenants import Tenant

PATH = "/api/v1/datasets/overview"
postgres_only = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def command(database_url: str, statement: str) -> None:
    """One statement, from another database of the same server."""
    server, _, name = database_url.replace("+psycopg2", "").rpartition("/")
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement.format(name=name))
    connection.close()


END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"


@postgres_only
def test_a_restarted_database_is_not_noticed(client: FlaskClient, database_url: str, ada: Tenant) -> None:
    for _ in range(2):
        assert client.get(PATH, headers=ada.header).status_code == 200
        command(database_url, END_SESSIONS)


@postgres_only
def test_a_database_that_is_gone_is_told_and_comes_back(
    client: FlaskClient, database_url: str, ada: Tenant
) -> None:
    assert client.get(PATH, headers=ada.header).status_code == 200
    command(database_url, "ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    command(database_url, END_SESSIONS)
    answer = client.get(PATH, headers=ada.header)
    assert_error(answer, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    command(database_url, "ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert client.get(PATH, headers=ada.header).status_code == 200
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_flux_starts_and_serves_without_its_redis(settings: dict[str, str], ada: Tenant) -> None:
    app = create_app(settings | {"FLUX_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"})
    client = app.test_client()
    assert client.get(PATH, headers=ada.header).headers["X-RateLimit-Remaining"] == "999"
    assert client.get("/readyz").get_json()["checks"] == {"database": "ok", "redis": "does not answer"}
    app.extensions["flux_engine"].dispose()
