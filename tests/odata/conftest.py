"""A tenant whose data are as awkward as can be, and a reader of the OData service."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.store.profiles import create_profile
from tests.api.conftest import statements  # noqa: F401 - a fixture for this folder too
from tests.odata.reader import Reader
from tests.tenants import Tenant, make_days, make_posts, post

TEXTS = (
    'it\'s a "quote", with a comma',
    "line\nbreak",
    "naïve 🚀 \u202e",
    "=HYPERLINK(1)",
    "-1",
    "00123",
    "7100000000000000007",
    "TRUE",
    "  spaces  ",
    "",
    None,
    "plain text about Growth",
)
FORMATS = ("text", "image", "video", None)
DAY = 86_400
BEGIN = 1_759_284_000  # 2025-10-01 02:00 UTC, the evening before in New York


def awkward_posts(count: int = 60) -> list[dict[str, Any]]:
    """Posts some one and a half days apart, by day and by night, some of them not measured."""
    made = []
    for n in range(count):
        counts = {"likes": n * 7 % 23, "comments": n % 5, "shares": n % 2} if n % 6 else {}
        more = {"counts_read_at": BEGIN + 200 * DAY} if counts else {}
        text = TEXTS[n % len(TEXTS)]
        tags = "#a #b" if n % 3 else None
        at = BEGIN + n * (DAY + 43_000)
        made.append(post(at, text=text, hashtags=tags, format=FORMATS[n % 4], **counts, **more))
        made[-1]["length"] = None if text is None else len(text)
    return made


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """Ada with two profiles in two zones, posts and daily figures in both."""
    other = create_profile(engine, ada.account_id, "=Other 'one'", timezone="America/New_York")
    for profile in (ada.profile, other):
        make_posts(engine, profile, ada.account_id, awkward_posts())
        figures = [
            {"day": f"2025-11-{n:02d}", "impressions": 100 - n * 9, "engagements": n, "new_followers": -n}
            for n in range(1, 29)
        ]
        make_days(engine, profile, ada.account_id, *figures)
    return ada


@pytest.fixture
def reader(client: FlaskClient, filled: Tenant) -> Reader:
    """Ada's reader."""
    return Reader(client, filled.header)


@pytest.fixture
def reading(client: FlaskClient) -> Callable[[Tenant], Reader]:
    """A reader for any tenant."""
    return lambda tenant: Reader(client, tenant.header)
