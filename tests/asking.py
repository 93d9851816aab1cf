"""For tests of questions: data that are there or move, and metrics that are saved."""

from typing import Any

from sqlalchemy import Engine

from flux.schemas.events import Event
from flux.schemas.metrics import DOORS, MetricIn
from flux.store.events import add_events
from flux.store.metrics import Metric, create_metric
from tests.tenants import NOON, Tenant, make_posts, post


def draft(query: str, *variables: dict[str, Any], name: str = "Mine", **more: Any) -> MetricIn:
    """A metric that is not saved, open to every door."""
    told = {"name": name, "query": query, "variables": list(variables), "open_to": list(DOORS)}
    return MetricIn.model_validate(told | more)


def make_metric(
    engine: Engine, tenant: Tenant, query: str, *variables: dict[str, Any], **more: Any
) -> Metric:
    """A saved metric that was never run."""
    columns = more.pop("columns", (("posts", "integer"),))
    return create_metric(engine, tenant.account_id, draft(query, *variables, **more), columns)


def make_post(engine: Engine, tenant: Tenant, **more: Any) -> None:
    """One more post; whoever asks again must see it."""
    make_posts(
        engine,
        tenant.profile,
        tenant.account_id,
        [post(NOON, **{"likes": 1, "comments": 0, "shares": 0} | more)],
    )


def make_event(engine: Engine, tenant: Tenant, name: str = "signup", **more: Any) -> None:
    """One more event."""
    usual: dict[str, Any] = {
        "event_id": None,
        "happened_at": NOON * 1000,
        "user_id": None,
        "anonymous_id": "v1",
    }
    usual |= {"name": name, "properties": None, "uf_properties": '{"urlPath": "/pricing"}'}
    add_events(engine, tenant.account_id, [Event(**usual | more)], NOON, 1_000)
