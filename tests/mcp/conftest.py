"""Agents of two accounts, and posts for them to ask about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.catalog.posts import FORMATS
from tests.mcp.agent import Agent, make_agent
from tests.tenants import Tenant, make_days, make_posts, post

COUNT = 120


def some_posts(marker: str, count: int = COUNT) -> list[dict[str, Any]]:
    """One post a day up to yesterday; each text, hashtag and address holds the marker."""
    last = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return [
        post(
            int((last - timedelta(days=number)).timestamp()),
            text=f"Post {number} about {marker} and {'growth' if number % 2 else 'hiring'}",
            hashtags=f"#{marker} #n{number % 3}",
            format=FORMATS[number % 5] if number % 11 else None,
            **(
                {}
                if number % 13 == 0
                else {"likes": number % 17, "comments": number % 5, "shares": number % 3}
            ),
        )
        for number in range(count)
    ]


def fill(engine: Engine, tenant: Tenant, marker: str) -> None:
    """Posts and days of the tenant's profile."""
    make_posts(engine, tenant.profile, tenant.account_id, some_posts(marker))
    today = datetime.now(UTC).date()
    rows = [
        {
            "day": str(today - timedelta(days=n)),
            "impressions": 100 + n,
            "engagements": n,
            "followers": 900 - n,
        }
        for n in range(30)
    ]
    make_days(engine, tenant.profile, tenant.account_id, *rows)


@pytest.fixture
def ada(engine: Engine, ada: Tenant) -> Tenant:
    """Ada, whose every text says `aardvark`."""
    fill(engine, ada, "aardvark")
    return ada


@pytest.fixture
def bob(engine: Engine, bob: Tenant) -> Tenant:
    """Bob, whose every text says `bumblebee`."""
    fill(engine, bob, "bumblebee")
    return bob


@pytest.fixture(params=["2026-07-28", "2025-11-25"])
def either(request: pytest.FixtureRequest, client: FlaskClient, engine: Engine, ada: Tenant) -> Agent:
    """Ada's agent, of either generation."""
    agent = make_agent(client, engine, ada.account_id)
    return Agent(client, agent.key, request.param == "2026-07-28")


@pytest.fixture
def agent(client: FlaskClient, engine: Engine, ada: Tenant) -> Agent:
    """Ada's agent."""
    return make_agent(client, engine, ada.account_id)
