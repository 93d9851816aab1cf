"""What a call costs the database: no more statements than the feed, and one for what is free."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.api.conftest import statements  # noqa: F401 - a fixture
from tests.mcp.agent import Agent
from tests.mcp.asking import calls_for
from tests.tenants import Tenant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def reads(seen: list[str]) -> list[str]:
    """The statements that read or write rows."""
    return [s for s in seen if not s.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "-- "))]


@pytest.mark.parametrize("name", ["posts", "engagement-trends", "overview", "breakdown", "daily-activity"])
def test_a_call_asks_the_database_no_more_than_the_feed(
    client: FlaskClient,
    agent: Agent,
    ada: Tenant,
    statements: list[str],  # noqa: F811 - the fixture
    name: str,
) -> None:
    client.application.config["FLUX_CACHE_BODY_KB"] = "0"  # a feed from the cache is no measure
    limit = {"limit": 20} if name == "posts" else {}
    for _ in range(2):  # the first of each notes when its key was used
        statements.clear()
        client.get(f"/api/v1/datasets/{name}", headers=ada.header, query_string={"range": "all", **limit})
        feed = reads(statements)
        statements.clear()
        agent.call("query_dataset", dataset=name, range="all", **limit)
        call = reads(statements)
    assert feed and len(call) <= len(feed), call


def test_what_is_free_looks_up_the_key_and_nothing_else(
    agent: Agent,
    statements: list[str],  # noqa: F811 - the fixture
) -> None:
    agent.result("tools/list")
    for method in ("tools/list", "server/discover", "prompts/list"):
        statements.clear()
        agent.result(method)
        assert len(reads(statements)) == 1, statements


def test_few_statements_are_enough_for_any_tool(
    agent: Agent,
    engine: Engine,
    ada: Tenant,
    statements: list[str],  # noqa: F811 - the fixture
) -> None:
    for name, arguments in calls_for(engine, ada):
        agent.call(name, **arguments)
        statements.clear()
        agent.call(name, **arguments)
        assert len(reads(statements)) <= 8, (name, reads(statements))
