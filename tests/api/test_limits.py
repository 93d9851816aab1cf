"""Requests a minute by plan: told on every answer, exact, the account's own."""

import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.store.accounts import move_account
from tests.api.caller import make_caller
from tests.api.test_datasets import assert_error
from tests.tenants import Tenant, make_tenant


@pytest.mark.parametrize(("plan", "limit"), [("standard", 60), ("professional", 300)])
def test_the_plan_says_how_many(client: FlaskClient, engine: Engine, plan: str, limit: int) -> None:
    caller = make_caller(client, engine, make_tenant(engine, "eve@example.org", plan))
    headers = caller.ask("GET", "/projects").headers
    assert headers["X-RateLimit-Limit"] == str(limit)
    assert headers["X-RateLimit-Remaining"] == str(limit - 1)
    assert 0 < int(headers["X-RateLimit-Reset"]) - time.time() <= 121
    assert headers["RateLimit-Policy"] == f'"minute";q={limit};w=60'


def test_an_enterprise_has_what_was_agreed(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    move_account(engine, ada.account_id, "enterprise", None, 7)
    assert make_caller(client, engine, ada).ask("GET", "/projects").headers["X-RateLimit-Limit"] == "7"


def test_beyond_the_limit_comes_429_for_every_key_of_the_account(
    client: FlaskClient, engine: Engine, ada: Tenant, bob: Tenant
) -> None:
    move_account(engine, ada.account_id, "enterprise", None, 5)
    first, second = make_caller(client, engine, ada), make_caller(client, engine, ada)
    left = [int(first.ask("GET", "/projects").headers["X-RateLimit-Remaining"]) for _ in range(3)]
    assert left == [4, 3, 2]
    mistake = second.ask("GET", "/projects?limit=0", 400)
    assert mistake.headers["X-RateLimit-Remaining"] == "1"
    second.ask("GET", "/projects/proj_00000000000", 404)
    answer = first.ask("GET", "/projects", 429)
    assert_error(answer, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 121
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    make_caller(client, engine, bob).ask("GET", "/projects")


def test_feeds_have_an_hour_of_their_own(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    make_caller(client, engine, ada).ask("GET", "/projects")
    answer = client.get("/api/v1/datasets/overview", headers=ada.header)
    assert answer.headers["X-RateLimit-Limit"] == answer.headers["X-RateLimit-Remaining"].replace(
        "999", "1000"
    )


def test_a_plan_without_api_is_told(client: FlaskClient, engine: Engine) -> None:
    caller = make_caller(client, engine, make_tenant(engine, "eve@example.org", "pulse"))
    error = assert_error(caller.ask("GET", "/projects", 403), "plan_required")
    assert "standard" in error["details"]["constraint"]
