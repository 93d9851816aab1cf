"""search_posts, get_post and score_post over the wire."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.key_limits import Limits
from flux.store.profiles import create_profile
from tests.mcp.agent import Agent, make_agent
from tests.mcp.conftest import COUNT
from tests.tenants import Tenant, make_posts, post


def test_hits_come_in_pages_and_are_the_words_posts(agent: Agent) -> None:
    asked = {"query": "hiring", "limit": 25, "sort": "date"}
    pages = [agent.call("search_posts", **asked)]
    while pages[-1]["truncated"]:
        pages.append(agent.call("search_posts", **asked, cursor=pages[-1]["next_cursor"]))
    hits = [hit for page in pages for hit in page["hits"]]
    assert len(hits) == COUNT // 2 and len({hit["post_id"] for hit in hits}) == len(hits)
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert all("**hiring**" in hit["snippet"] for hit in hits)
    assert [hit["date"] for hit in hits] == sorted((hit["date"] for hit in hits), reverse=True)
    one = agent.call("get_post", post_id=hits[3]["post_id"])["post"]
    assert {name: one[name] for name in ("url", "date", "format", "likes", "adjusted_engagement")} == {
        name: hits[3][name] for name in ("url", "date", "format", "likes", "adjusted_engagement")
    }


@pytest.mark.parametrize(
    ("window", "count"),
    [
        ({"range": "all"}, 120),
        ({"from": "-10d"}, 10),
        ({"to": "-11d"}, 110),
        ({"to": "-100d"}, 21),
        ({"from": " ", "to": "-100d"}, 21),
        ({"to": "2001-01-01"}, 0),
        ({}, 120),
    ],
)
def test_a_search_is_of_all_time_unless_a_window_is_named(
    agent: Agent, window: dict[str, str], count: int
) -> None:
    found = [agent.call("search_posts", query="aardvark", limit=50, **window)]
    while found[-1]["truncated"]:
        cursor = found[-1]["next_cursor"]
        found.append(agent.call("search_posts", query="aardvark", limit=50, cursor=cursor, **window))
    assert sum(page["returned"] for page in found) == count


def test_today_is_that_of_the_profiles_searched(agent: Agent, engine: Engine, ada: Tenant) -> None:
    # At every hour, it is another day than in UTC in one of the two.
    now = datetime.now(UTC).replace(microsecond=0)
    ahead, behind = (
        create_profile(engine, ada.account_id, zone, timezone=zone)
        for zone in ("Pacific/Kiritimati", "Etc/GMT+12")
    )
    for profile in (ahead, behind):
        make_posts(engine, profile, ada.account_id, [post(int(now.timestamp()), text="a zebra")])
        hits = agent.call("search_posts", query="zebra", profile_id=profile.public_id, range="last_7_days")
        assert hits["returned"] == 1, profile.name
        today = agent.call("search_posts", query="zebra", profile_id=profile.public_id, **{"from": "today"})
        assert today["returned"] == 1, profile.name


def test_a_search_keeps_to_the_profiles_asked_for_and_allowed(
    client: FlaskClient, agent: Agent, engine: Engine, ada: Tenant
) -> None:
    other = create_profile(engine, ada.account_id, "Elsewhere")
    make_posts(engine, other, ada.account_id, [post("2026-01-05T09:00:00", text="a zebra")])
    (hit,) = agent.call("search_posts", query="zebra", profile_id=other.public_id)["hits"]
    assert hit["profile_id"] == other.public_id
    assert agent.call("search_posts", query="zebra", profile_id=ada.profile.public_id)["hits"] == []
    limited = make_agent(client, engine, ada.account_id, Limits(profiles=(ada.profile.public_id,)))
    assert limited.call("search_posts", query="zebra")["hits"] == []


def test_a_search_ends_where_the_data_move(agent: Agent, engine: Engine, ada: Tenant) -> None:
    cursor = agent.call("search_posts", query="aardvark", limit=5)["next_cursor"]
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-05T09:00:00", text="aardvark")])
    assert "Begin again" in agent.mistake("search_posts", query="aardvark", limit=5, cursor=cursor)


def test_a_snippet_hides_nothing(agent: Agent, engine: Engine, ada: Tenant) -> None:
    hidden = post("2026-01-05T09:00:00", text="a zebra\u202e and\x07 \U000e0041more")
    make_posts(engine, ada.profile, ada.account_id, [hidden])
    (hit,) = agent.call("search_posts", query="zebra")["hits"]
    assert hit["snippet"].replace("**", "") == "a zebra and more"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"query": "!!!"}, "'!!!'"),
        ({"query": ""}, "must be a text that is not empty"),
        ({"query": "x" * 501}, "500 characters"),
        ({"query": "x", "sort": "best"}, "relevance, date, engagement"),
        ({"query": "x", "limit": 51}, "from 1 to 50"),
        ({"query": "x", "from": "today", "to": "yesterday"}, "not after 'to'"),
        ({"query": "x", "range": "all", "to": "yesterday"}, "left out where 'to' is given"),
    ],
)
def test_a_search_that_cannot_be_says_why(agent: Agent, arguments: dict[str, object], told: str) -> None:
    assert told in agent.mistake("search_posts", **arguments)


def test_a_post_has_its_place_in_its_authors_history(agent: Agent) -> None:
    rows = agent.call(
        "query_dataset",
        dataset="posts",
        range="all",
        columns=["post_id", "adjusted_engagement"],
        order_by=[{"column": "adjusted_engagement", "direction": "desc"}],
        filters=[{"column": "adjusted_engagement", "op": "not_null"}],
        limit=500,
    )["rows"]
    best, worst = (agent.call("score_post", post_id=row[0]) for row in (rows[0], rows[-1]))
    assert best["kind"] == "post" and best["value"] == rows[0][1]
    assert best["percentile"] > 90 and worst["percentile"] < 10
    assert best["sample_size"] >= 100 and best["enough"] is True


def test_a_draft_is_told_what_to_expect(agent: Agent, ada: Tenant) -> None:
    planned = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT09:00")
    told = agent.call(
        "score_post",
        text="A new post about growth #n1",
        profile_id=ada.profile.public_id,
        format="video",
        planned_at=planned,
    )
    assert told["kind"] == "draft" and told["value"] is None
    assert told["expected_low"] < told["expected"] < told["expected_high"]
    assert told["profile_id"] == ada.profile.public_id
    assert told["verdict"] and told["method"]


@pytest.mark.parametrize(
    ("planned", "hour"), [("2026-12-01", False), ("20261201", False), ("2026-12-01T00:00", True)]
)
def test_of_a_day_alone_no_hour_is_counted(agent: Agent, ada: Tenant, planned: str, hour: bool) -> None:
    told = agent.call("score_post", text="x", profile_id=ada.profile.public_id, planned_at=planned)
    factors = {factor["name"]: factor["value"] for factor in told["factors"]}
    assert factors["weekday"] == "Tuesday"
    assert ("hour" in factors) == hour


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "'text'"),
        ({"text": "x"}, "'profile_id'"),
        ({"post_id": "urn:li:share:1", "text": "x"}, "'post_id' names a stored post"),
        ({"text": "x", "profile_id": "prof_1"}, "'prof_1'"),
        ({"text": "x", "profile_id": "prof_1", "format": "gif"}, "text, image, video"),
        ({"text": "x", "profile_id": "prof_1", "planned_at": "soon"}, "'soon'"),
        ({"text": "x", "profile_id": "prof_1", "planned_at": "2026-13-01"}, "'2026-13-01'"),
        ({"text": "x", "profile_id": "prof_1", "planned_at": "9999-12-31T23:59-23:00"}, "from 1970 to 2100"),
        ({"text": "x", "profile_id": "prof_1", "planned_at": "0001-01-01T00:00+23:00"}, "from 1970 to 2100"),
    ],
)
def test_a_score_that_cannot_be_says_why(agent: Agent, arguments: dict[str, object], told: str) -> None:
    assert told in agent.mistake("score_post", **arguments)
