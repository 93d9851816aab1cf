"""A served account with posts that are awkward for spreadsheets, and what each client must see of them."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from tests.services import Server
from tests.tenants import DAY, NOON, Tenant, make_posts

# text, likes, comments, shares, impressions; one a day from 2026-01-01
POSTS = (
    ('Commas, "quotes" and\na second line', 10, 3, 2, 1_500),
    ("=SUM(1;2) is a formula to a careless reader", 0, 0, 0, 0),
    ("Grüße aus Köln – 日本 🚀", 7, 1, None, None),
    ("00123", 1, 1, 1, 1_000_000),
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A running server, the tenant whose data it serves, and the dates of the posts."""

    server: Server
    tenant: Tenant
    window: str = "from=2026-01-01&to=2026-01-04"

    def url(self, dataset: str, more: str = "", key: bool = True) -> str:
        """The CSV address of a dataset, with the key in it as spreadsheets need it."""
        credentials = f"&key={self.tenant.key}" if key else ""
        return f"{self.server.url}/api/v1/datasets/{dataset}.csv?{self.window}{more}{credentials}"


@pytest.fixture
def feed(serve: Callable[..., Server], engine: Engine, ada: Tenant) -> Feed:
    """The posts above, served by gunicorn."""
    rows = [
        {
            "published_at": NOON + DAY * day,
            "text": text,
            "likes": likes,
            "comments": comments,
            "shares": shares,
            "impressions": impressions,
        }
        for day, (text, likes, comments, shares, impressions) in enumerate(POSTS)
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    return Feed(serve(), ada)
