"""`adjusted_engagement` over HTTP: the same whatever the window, the page, the order and the format."""

import csv
import io
import random
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import Engine

from flux.detrend import detrend
from tests.tenants import Tenant, make_posts, post

PATH = "/api/v1/datasets/posts"
COLUMNS = ("adjusted_engagement", "expected_engagement", "maturing")
START = 1_730_000_000
DAY = 86_400


@pytest.fixture
def rows(engine: Engine, ada: Tenant) -> list[dict[str, Any]]:
    """Two years of growing engagement: some posts unmeasured, one without any, the last ones read young."""
    dice = random.Random(4)
    made = []
    for n in range(240):
        at = START + n * 3 * DAY + dice.randrange(DAY)
        counts = {"likes": int(dice.lognormvariate(3 + n / 200, 0.7)), "comments": 2, "shares": 0}
        if n % 17 == 0:
            counts = {}
        if n == 100:
            counts = {"likes": 0, "comments": 0, "shares": 0}
        read_at = None if n % 5 == 0 else START + 719 * DAY
        made.append(post(at, **counts, counts_read_at=read_at if counts else None))
    dice.shuffle(made)
    make_posts(engine, ada.profile, ada.account_id, made)
    return made


def figures(client: FlaskClient, tenant: Tenant, query: str) -> dict[str, tuple[Any, ...]]:
    """The three columns by post, from JSON."""
    answer = client.get(f"{PATH}?{query}", headers=tenant.header)
    assert answer.status_code == 200
    return {row["post_id"]: tuple(row[c] for c in COLUMNS) for row in answer.get_json()["data"]}


def test_the_feed_tells_what_the_model_says(
    client: FlaskClient, ada: Tenant, rows: list[dict[str, Any]]
) -> None:
    known = [np.nan if row["engagement"] is None else row["engagement"] for row in rows]
    read_at = [np.nan if row["counts_read_at"] is None else row["counts_read_at"] for row in rows]
    published = np.array([row["published_at"] for row in rows], dtype=float)
    said = detrend(published, np.array(known, dtype=float), np.array(read_at, dtype=float))
    found = figures(client, ada, "from=2024-10-01")
    assert len(found) == len(rows)
    for row, adjusted, expected in zip(rows, said.adjusted, said.expected, strict=True):
        young = row["counts_read_at"] and row["counts_read_at"] - row["published_at"] < 7 * DAY
        told = (
            None if np.isnan(adjusted) else pytest.approx(adjusted),
            pytest.approx(expected),
            bool(young) if row["engagement"] is not None and row["counts_read_at"] else None,
        )
        assert found[row["urn"]] == told
    assert {maturing for _, _, maturing in found.values()} == {True, False, None}


def test_window_page_and_order_make_no_difference(
    client: FlaskClient, ada: Tenant, rows: list[dict[str, Any]]
) -> None:
    whole = figures(client, ada, "from=2024-10-01")
    for query in (
        "from=2025-03-01&to=2025-04-30",
        "from=2024-10-01&order=asc",
        "from=2024-10-01&tz=Asia/Tokyo",
    ):
        some = figures(client, ada, query)
        assert some and some == {urn: whole[urn] for urn in some}
    paged: dict[str, Any] = {}
    for offset in range(0, 250, 50):
        paged |= figures(client, ada, f"from=2024-10-01&limit=50&offset={offset}")
    assert paged == whole


def test_csv_and_the_command_line_tell_the_same(
    client: FlaskClient, runner: FlaskCliRunner, ada: Tenant, rows: list[dict[str, Any]]
) -> None:
    whole = figures(client, ada, "from=2024-10-01")
    over_http = client.get(f"{PATH}.csv?from=2024-10-01", headers=ada.header).text
    arguments = ["flux", "query", "posts", "from=2024-10-01", "format=csv", "--account", ada.user.email]
    assert runner.invoke(args=arguments).stdout_bytes.decode() == over_http
    for row in csv.DictReader(io.StringIO(over_http, newline="")):
        adjusted, expected, maturing = (row[c] for c in COLUMNS)
        words = {"true": True, "false": False, "": None}
        told = (float(adjusted) if adjusted else None, float(expected), words[maturing])
        assert told == whole[row["post_id"]]


def test_zero_gives_zero_and_unknown_gives_nothing(
    client: FlaskClient, ada: Tenant, rows: list[dict[str, Any]]
) -> None:
    found = figures(client, ada, "from=2024-10-01")
    for row in rows:
        adjusted = found[row["urn"]][0]
        assert (adjusted is None) == (row["engagement"] is None)
        assert (adjusted == 0) == (row["engagement"] == 0)


def test_the_history_is_read_once_for_all_pages_and_anew_after_an_import(
    client: FlaskClient,
    engine: Engine,
    ada: Tenant,
    rows: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from flux.store.read import fits

    read: list[int] = []
    real = fits._fit
    monkeypatch.setattr(fits, "_fit", lambda *arguments: read.append(1) or real(*arguments))
    for offset in range(0, 60, 10):
        figures(client, ada, f"from=2024-10-01&limit=10&offset={offset}")
    assert len(read) == 1
    before = figures(client, ada, "from=2024-10-01")
    make_posts(
        engine, ada.profile, ada.account_id, [post(START + 740 * DAY, likes=900, comments=0, shares=0)]
    )
    after = figures(client, ada, "from=2024-10-01")
    assert len(read) == 2
    assert any(before[urn][0] != after[urn][0] for urn in before)


def test_two_profiles_have_levels_of_their_own(
    client: FlaskClient, engine: Engine, ada: Tenant, rows: list[dict[str, Any]]
) -> None:
    from flux.store.profiles import create_profile

    alone = figures(client, ada, "from=2024-10-01")
    other = create_profile(engine, ada.account_id, "Second")
    some = [post(START + n * DAY, likes=7, comments=0, shares=0) for n in range(30)]
    make_posts(engine, other, ada.account_id, some)
    both = figures(client, ada, "from=2024-10-01")
    assert {urn: both[urn] for urn in alone} == alone
    assert {both[row["urn"]][0] for row in some} == {7.0}
