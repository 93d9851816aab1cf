"""Two accounts never meet, whatever tool is asked for the other's words, ids and marks."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.ids import internal_id
from tests.asking import make_metric
from tests.mcp.agent import Agent, make_agent
from tests.mcp.asking import calls_for
from tests.tenants import Tenant


@pytest.fixture
def stranger(client: FlaskClient, engine: Engine, bob: Tenant) -> Agent:
    """Bob's agent."""
    return make_agent(client, engine, bob.account_id)


def test_no_tool_tells_anothers_words(
    agent: Agent, stranger: Agent, engine: Engine, ada: Tenant, bob: Tenant
) -> None:
    pairs = ((agent, ada, "aardvark", "bumblebee"), (stranger, bob, "bumblebee", "aardvark"))
    for asker, owner, own, other in pairs:
        calls = [call for call in calls_for(engine, owner) if "aardvark" not in str(call)]
        calls += [("query_dataset", {"dataset": name, "range": "all", "limit": 500}) for name in CATALOG]
        calls += [("search_posts", {"query": word}) for word in (own, other, "Post", "growth")]
        said = json.dumps([asker.call(name, **arguments) for name, arguments in calls])
        assert said.count(own) > 100
        assert f"about {other}" not in said and f"#{other}" not in said


def test_anothers_ids_are_ids_that_are_none(
    stranger: Agent, engine: Engine, ada: Tenant, bob: Tenant
) -> None:
    urn = dict(calls_for(engine, ada))["get_post"]["post_id"]
    metric = make_metric(engine, ada, "SELECT count(*) AS posts FROM posts", name="Ada's")
    profile = ada.profile.public_id
    for name, arguments, id in (
        ("query_dataset", {"dataset": "posts", "profile_id": profile}, profile),
        ("search_posts", {"query": "aardvark", "profile_id": profile}, profile),
        ("get_post", {"post_id": urn}, urn),
        ("score_post", {"post_id": urn}, urn),
        ("score_post", {"text": "x", "profile_id": profile}, profile),
        ("run_metric", {"metric_id": metric.public_id}, metric.public_id),
    ):
        told = stranger.mistake(name, **arguments)
        assert told.replace(id, "X") == stranger.mistake(name, **_renamed(arguments, id)).replace(
            _other(id), "X"
        )
    assert internal_id("prof", profile) != bob.profile.id


def test_a_cursor_of_another_account_opens_nothing(agent: Agent, stranger: Agent) -> None:
    asked = {"dataset": "posts", "range": "all", "limit": 5}
    cursor = agent.call("query_dataset", **asked)["next_cursor"]
    assert "Begin again" in stranger.mistake("query_dataset", **asked, cursor=cursor)


def _other(id: str) -> str:
    """An id of the same form that nobody has."""
    return id[:-1] + ("1" if id[-1] != "1" else "2")


def _renamed(arguments: dict[str, str], id: str) -> dict[str, str]:
    return {name: _other(id) if value == id else value for name, value in arguments.items()}
