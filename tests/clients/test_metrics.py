"""Both clients ask in SQL: rows, saved metrics, mistakes, and a token got and renewed behind the call."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flux_client import Flux, Forbidden, InvalidRequest, NotFound, Unauthorized
from sqlalchemy import delete, func, select

from flux.key_limits import Limits
from flux.store.engine import reading, writing
from flux.store.metrics import Metric
from flux.store.tables import access_tokens
from flux.store.vault import change_key, list_keys
from tests.asking import make_metric
from tests.clients.conftest import House
from tests.clients.typescript import run
from tests.proxy import Proxy, Trouble, proxy
from tests.tenants import NOON, make_key

SQL = "SELECT text, likes FROM posts WHERE likes >= @{least} ORDER BY likes"
LEAST = {"name": "least", "type": "integer", "default": 8}
TOP = [{"text": 'Commas, "quotes" and\na second line', "likes": 10}]


@pytest.fixture
def between(house: House) -> Iterator[Proxy]:
    """The way to the server, where troubles are made."""
    with proxy(house.url) as between:
        yield between


@pytest.fixture
def flux(between: Proxy, house: House) -> Iterator[Flux]:
    with Flux(between.url, *house.pair) as flux:
        yield flux


@pytest.fixture
def metric(house: House) -> Metric:
    return make_metric(house.engine, house.tenant, SQL, LEAST)


def tokens(house: House) -> int:
    """How many access tokens the account has."""
    mine = access_tokens.c.account_id == house.tenant.account_id
    with reading(house.engine) as connection:
        return connection.scalar(select(func.count()).select_from(access_tokens).where(mine)) or 0


def forget_tokens(house: House) -> None:
    with writing(house.engine) as connection:
        mine = access_tokens.c.account_id == house.tenant.account_id
        connection.execute(delete(access_tokens).where(mine))


def test_python_asks_in_sql_and_by_a_metrics_id(flux: Flux, metric: Metric, house: House) -> None:
    asked = flux.metrics.sql(SQL, {"least": 8})
    assert asked.rows == TOP
    assert asked.meta["columns"] == [{"name": "text", "type": "string"}, {"name": "likes", "type": "integer"}]
    assert flux.metrics.query(metric.public_id).rows == TOP
    assert len(flux.metrics.query(metric.public_id, {"least": 0}).rows) == 4
    assert flux.metrics.sql("SELECT 'Grüße 🚀' AS text").rows == [{"text": "Grüße 🚀"}]
    assert tokens(house) == 1


def test_python_renews_a_token_that_is_over_and_tells_one_that_cannot_be(flux: Flux, house: House) -> None:
    flux.metrics.sql("SELECT 1")
    forget_tokens(house)
    assert flux.metrics.sql("SELECT 2 AS two").rows == [{"two": 2}]
    assert tokens(house) == 1
    secret = next(key for key in list_keys(house.engine, house.tenant.account_id) if key.kind == "secret")
    change_key(house.engine, secret, revoked_at=NOON)
    with pytest.raises(Unauthorized) as refused:
        flux.metrics.sql("SELECT 3")
    assert refused.value.code == "revoked_api_key"


def test_python_threads_share_one_token(flux: Flux, house: House) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(flux.metrics.sql("SELECT @{n} AS n", {"n": n}).rows))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == [str([{"n": n}]) for n in range(3)]
    assert tokens(house) == 1


def test_python_waits_for_a_busy_server_and_tells_mistakes(
    flux: Flux, between: Proxy, house: House, metric: Metric
) -> None:
    between.troubles.append(Trouble(status=429, headers={"Retry-After": "1"}))
    assert flux.metrics.sql("SELECT 1 AS one").rows == [{"one": 1}]
    with pytest.raises(InvalidRequest, match="engagement") as wrong:
        flux.metrics.sql("SELECT engagment FROM posts")
    assert wrong.value.code == "invalid_query"
    with pytest.raises(NotFound):
        flux.metrics.query("met_0Aq3kQ9ZxYb")
    reader = make_key(house.engine, house.tenant.account_id, Limits(permissions=("read",)), "env")
    with Flux(house.url, reader, house.pair[1]) as limited:
        assert limited.metrics.query(metric.public_id).rows == TOP
        with pytest.raises(Forbidden):
            limited.metrics.sql("SELECT 1")


def test_typescript_does_the_same(project: Path, house: House, metric: Metric) -> None:
    program = f"""
    const flux = new Flux();
    const [a, b] = await Promise.all([flux.metrics.sql({json.dumps(SQL)}, {{ least: 8 }}),
      flux.metrics.sql("SELECT 'Grüße 🚀' AS text")].map((asked) => asked.catch((error) => error)));
    tell([a.rows ?? a.code, b.rows ?? b.code]);
    tell((await flux.metrics.query("{metric.public_id}", {{ least: 0 }})).rows.length);
    tell((await flux.metrics.query("{metric.public_id}")).meta.row_count);
    tell((await caught(() => flux.metrics.sql("SELECT engagment FROM posts"))).code);
    tell((await caught(() => flux.metrics.query("met_0Aq3kQ9ZxYb"))).name);
    tell((await caught(() => new Flux(flux.baseUrl, "flux_bi_one").metrics.sql("SELECT 1"))).name);
    """
    both, *rest = run(project, program, house.url, *house.pair)
    assert both == [TOP, [{"text": "Grüße 🚀"}]]
    assert rest == [4, 1, "invalid_query", "NotFound", "MissingKey"]
    assert tokens(house) == 1


def test_typescript_renews_a_token_that_is_over(project: Path, house: House, between: Proxy) -> None:
    program = """
    const flux = new Flux();
    await flux.metrics.sql("SELECT 1");
    await fetch(`${process.env.FLUX_URL}/forget`);
    tell((await flux.metrics.sql("SELECT 2 AS two")).rows);
    """
    between.acts["/forget"] = lambda: forget_tokens(house)
    assert run(project, program, between.url, *house.pair) == [[{"two": 2}]]
    assert tokens(house) == 1
