"""A call of every tool that the tool can answer."""

from typing import Any

from sqlalchemy import Engine

from tests.asking import make_metric
from tests.tenants import Tenant, make_posts, post

SINCE = {"name": "since", "type": "date", "default": "-1y"}
QUERY = "SELECT date, engagement FROM posts WHERE date >= @{since} ORDER BY date"


def calls_for(engine: Engine, tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    """Each tool's name with arguments, about a post and a metric that are made for it."""
    known = post("2026-03-02T09:00:00", text="One aardvark more", likes=9, comments=2, shares=1)
    make_posts(engine, tenant.profile, tenant.account_id, [known])
    columns = (("date", "date"), ("engagement", "integer"))
    metric = make_metric(engine, tenant, QUERY, SINCE, columns=columns)
    return [
        ("list_profiles", {}),
        ("list_datasets", {}),
        (
            "query_dataset",
            {
                "dataset": "posts",
                "range": "all",
                "columns": ["date", "text", "likes"],
                "filters": [{"column": "likes", "op": ">", "value": 5}],
                "order_by": [{"column": "likes", "direction": "desc"}],
                "limit": 7,
            },
        ),
        ("query_dataset", {"dataset": "posts", "range": "all", "limit": 500}),
        ("search_posts", {"query": "aardvark", "limit": 3}),
        ("get_post", {"post_id": known["urn"]}),
        ("score_post", {"post_id": known["urn"]}),
        ("score_post", {"text": "A new post about growth", "profile_id": tenant.profile.public_id}),
        ("run_metric", {"metric_id": metric.public_id, "variables": {"since": "-2y"}}),
    ]
