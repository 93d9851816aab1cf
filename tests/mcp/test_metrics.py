"""run_metric: saved questions that are open to agents, in pages, within the key's limits."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.key_limits import Limits
from flux.store.metric_runs import list_runs
from flux.store.metrics import Metric
from tests.asking import make_metric, make_post
from tests.mcp.agent import Agent, make_agent
from tests.mcp.asking import QUERY, SINCE
from tests.mcp.conftest import COUNT
from tests.tenants import Tenant


@pytest.fixture
def metric(engine: Engine, ada: Tenant) -> Metric:
    """Ada's, open to agents."""
    return make_metric(engine, ada, QUERY, SINCE, name="Engagement since", columns=(("date", "date"),))


def test_metrics_are_listed_with_their_variables(
    agent: Agent, engine: Engine, ada: Tenant, metric: Metric
) -> None:
    make_metric(engine, ada, "SELECT 1", name="Hidden", open_to=["api", "feed"])
    (told,) = agent.call("list_datasets")["metrics"]
    assert (told["id"], told["name"]) == (metric.public_id, "Engagement since")
    assert [(v["name"], v["type"], v["default"]) for v in told["variables"]] == [("since", "date", "-1y")]
    assert told["columns"] == [{"name": "date", "type": "date"}]


def test_rows_come_in_pages_of_one_answer(agent: Agent, engine: Engine, ada: Tenant, metric: Metric) -> None:
    asked: dict[str, Any] = {"metric_id": metric.public_id, "variables": {"since": "-2y"}, "limit": 50}
    pages = [agent.call("run_metric", **asked)]
    while pages[-1]["truncated"]:
        pages.append(agent.call("run_metric", **asked, cursor=pages[-1]["next_cursor"]))
    assert [page["returned"] for page in pages] == [50, 50, COUNT - 100]
    rows = [row for page in pages for row in page["rows"]]
    feed = agent.call(
        "query_dataset", dataset="posts", range="all", columns=["date", "engagement"], limit=500
    )
    assert rows == sorted(feed["rows"], key=lambda row: row[0])
    assert [page["cached"] for page in pages] == [False, True, True]
    assert {run.door for run in list_runs(engine, ada.account_id)} == {"agent"}
    assert {run.asked_by.split("…")[0] for run in list_runs(engine, ada.account_id)} == {"flux_"}
    make_post(engine, ada)
    assert "Begin again" in agent.mistake("run_metric", **asked, cursor=pages[0]["next_cursor"])


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"sinse": "-1y"}, ("'sinse'", "'since'")),
        ({"zzz": 1}, ("'zzz'", "since")),
        ({"since": "soon"}, ("'soon'", "YYYY-MM-DD")),
        ({"since": [1]}, ("since",)),
        ("x", ("'variables'", "object")),
    ],
)
def test_a_wrong_value_says_what_would_be_right(
    agent: Agent, metric: Metric, variables: Any, told: tuple[str, ...]
) -> None:
    text = agent.mistake("run_metric", metric_id=metric.public_id, variables=variables)
    assert [part for part in told if part not in text] == [], text


def test_a_query_that_fails_says_why(agent: Agent, engine: Engine, ada: Tenant) -> None:
    broken = make_metric(engine, ada, "SELECT nothing FROM posts", name="Broken")
    assert "nothing" in agent.mistake("run_metric", metric_id=broken.public_id)


def test_a_metric_that_is_closed_to_agents_is_not_run(agent: Agent, engine: Engine, ada: Tenant) -> None:
    closed = make_metric(engine, ada, "SELECT 1", name="Closed", open_to=["api"])
    assert "not open to 'agent'" in agent.mistake("run_metric", metric_id=closed.public_id)


def test_a_limited_key_runs_what_it_names(
    client: FlaskClient, engine: Engine, ada: Tenant, metric: Metric
) -> None:
    other = make_metric(engine, ada, "SELECT 2", name="Other")
    profile = make_agent(client, engine, ada.account_id, Limits(profiles=(ada.profile.public_id,)))
    assert profile.call("list_datasets")["metrics"] == []
    assert "limited to some profiles" in profile.mistake("run_metric", metric_id=metric.public_id)
    named = make_agent(client, engine, ada.account_id, Limits(datasets=(metric.public_id,)))
    assert [m["id"] for m in named.call("list_datasets")["metrics"]] == [metric.public_id]
    assert named.call("run_metric", metric_id=metric.public_id)["returned"] > 0
    assert metric.public_id in named.mistake("run_metric", metric_id=other.public_id)


def test_texts_of_rows_come_without_what_hides_in_them(agent: Agent, engine: Engine, ada: Tenant) -> None:
    make_post(engine, ada, text="left\u202e right")
    found = make_metric(engine, ada, "SELECT text FROM posts WHERE text LIKE 'left%'", name="Left")
    assert agent.call("run_metric", metric_id=found.public_id)["rows"] == [["left right"]]
