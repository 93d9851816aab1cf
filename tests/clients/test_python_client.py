"""The Python client against the real server: rows, pages, frames, the cache, keys and mistakes."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import requests
from flux_client import (
    DataChanged,
    DirectoryCache,
    Flux,
    Forbidden,
    InvalidRequest,
    MemoryCache,
    MissingKey,
    NotFound,
    RateLimited,
    Unauthorized,
)
from flux_client.cache import Entry
from flux_client.models import PostsRow
from sqlalchemy import Engine, update

from flux.catalog import CATALOG
from flux.key_limits import Limits
from flux.store.accounts import move_account
from flux.store.engine import writing
from flux.store.tables import profiles
from tests.clients.conftest import Feed, House
from tests.proxy import proxy
from tests.tenants import DAY, NOON, make_days, make_key, make_posts


@pytest.fixture
def flux(house: House) -> Iterator[Flux]:
    """The client of the account whose posts tests/clients/conftest.py makes."""
    with Flux(house.url, house.tenant.key, attempts=1) as flux:
        yield flux


def test_every_dataset_gives_the_rows_of_its_feed(feed: Feed, engine: Engine) -> None:
    flux = Flux(feed.server.url, feed.tenant.key)
    make_days(engine, feed.tenant.profile, feed.tenant.account_id, {"day": "2026-01-02", "impressions": 12})
    for name, dataset in CATALOG.items():
        for compare in ({}, {"compare": "previous"}) if dataset.param("compare") else ({},):
            query = {"from": "2026-01-01", "to": "2026-01-04", **compare}
            url = f"{feed.server.url}/api/v1/datasets/{name}"
            told = requests.get(url, query, headers=feed.tenant.header, timeout=10).json()
            window = {"from_": "2026-01-01", "to": "2026-01-04"}
            rows = getattr(flux.datasets, name.replace("-", "_"))(**window, **compare)
            assert list(rows) == told["data"]
            assert rows.meta["profiles"] == told["meta"]["profiles"]
            frame = rows.to_frame()
            assert list(frame) == list(told["data"][0])
            assert len(frame) == len(told["data"])
    flux.close()


def test_a_profile_may_be_one_or_several(flux: Flux, house: House) -> None:
    id = house.tenant.profile.public_id
    one = list(flux.datasets.breakdown(profile_id=id, by="format", range="all"))
    assert one == list(flux.datasets.breakdown(profile_id=[id], by="format", range="all"))
    assert sum(row["posts"] for row in one) == 4


def test_a_frame_knows_types_and_what_is_unknown(flux: Flux) -> None:
    frame = flux.datasets.posts(range="all", order="asc").to_frame()
    assert frame["shares"].dtype == "Int64"
    assert frame["shares"].isna().tolist() == [False, False, True, False]
    assert frame["impressions"].sum() == 1_001_500
    assert frame["text"].tolist()[3] == "00123"
    assert frame["date"].tolist() == list(pd.date_range("2026-01-01", "2026-01-04"))
    assert frame["published_at"].dt.tz is not None
    assert frame["published_at"].dt.hour.tolist() == [12] * 4
    empty = flux.datasets.posts(from_="2020-01-01", to="2020-01-02").to_frame()
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == frame.dtypes.to_dict()


def test_posts_come_in_pages_and_stop_at_the_limit(flux: Flux) -> None:
    whole = list(flux.datasets.posts(range="all"))
    assert len(whole) == 4
    assert [len(page) for page in flux.datasets.posts(range="all", page_size=3).pages()] == [3, 1]
    assert list(flux.datasets.posts(range="all", page_size=1)) == whole
    assert list(flux.datasets.posts(range="all", page_size=2, limit=3)) == whole[:3]
    assert list(flux.datasets.posts(range="all", offset=1, limit=2)) == whole[1:3]


def test_what_has_not_changed_is_not_sent_again(house: House, tmp_path: Path) -> None:
    caches = (memory := MemoryCache(), memory, DirectoryCache(tmp_path / "a"), DirectoryCache(tmp_path / "a"))
    with proxy(house.url) as between:
        read = [pages_of(Flux(between.url, house.tenant.key, cache=cache)) for cache in caches]
        assert between.statuses() == [200, 200, 304, 304] * 2
        left = Flux(house.url, house.tenant.key).status()["rate_limit"]
        assert left["limit"] - left["remaining"] == 4  # what has not changed costs nothing
        for file in (tmp_path / "a").iterdir():
            assert house.tenant.key not in file.read_text() + file.name
            file.write_bytes(file.read_bytes()[:-1])  # cut short: worth nothing, and known to be
        read.append(pages_of(Flux(between.url, house.tenant.key, cache=caches[3])))
    assert between.statuses()[8:] == [200, 200]
    assert [len(page) for page in read[0]] == [3, 1]
    assert all(pages == read[0] for pages in read)


def pages_of(flux: Flux) -> list[list[PostsRow]]:
    with flux:
        return list(flux.datasets.posts(range="all", page_size=3).pages())


def test_what_has_changed_is_read_anew(flux: Flux, house: House) -> None:
    owner = (house.tenant.profile, house.tenant.account_id)
    window = {"from_": "2026-01-01", "to": "2026-12-31"}
    pages = flux.datasets.posts(**window, page_size=3).pages()
    next(pages)
    make_posts(house.engine, *owner, [{"published_at": NOON + DAY * 9, "likes": 1}])
    with writing(house.engine) as connection:  # as an import does
        mine = profiles.c.id == house.tenant.profile.id
        connection.execute(update(profiles).where(mine).values(updated_at=NOON + DAY * 10))
    assert len(list(flux.datasets.posts(**window))) == 5
    with pytest.raises(DataChanged):
        list(pages)
    assert len(flux.datasets.posts(**window, page_size=3).to_frame()) == 5


def test_a_cache_has_its_limits(tmp_path: Path) -> None:
    for cache in (MemoryCache(2 / 1024), DirectoryCache(tmp_path, 2 / 1024)):
        cache.set("a", Entry('"1"', "", b"x" * 900))
        cache.set("b", Entry('"2"', "", b"y" * 900))
        assert cache.get("a") == Entry('"1"', "", b"x" * 900)  # used: b is the older one now
        cache.set("c", Entry('"3"', "", b"z" * 900))
        cache.set("d", Entry('"4"', "", b"!" * 5_000))
        assert [bool(cache.get(key)) for key in "abcd"] == [True, False, True, False]


def test_a_mistake_is_an_exception_that_tells_it(flux: Flux, house: House) -> None:
    with pytest.raises(InvalidRequest, match="yearly") as bad:
        list(flux.datasets.engagement_trends(granularity="yearly"))  # type: ignore[arg-type]
    assert (bad.value.status, bad.value.code) == (400, "invalid_parameter")
    assert bad.value.details["parameter"] == "granularity"
    assert (bad.value.request_id or "").startswith("req_")
    with pytest.raises(NotFound):
        list(flux.datasets.posts(profile_id="prof_00000000000"))
    with pytest.raises(TypeError, match="granularty"):
        flux.datasets.engagement_trends(granularty="weekly")  # type: ignore[call-arg]
    with pytest.raises(Unauthorized):
        Flux(house.url, "flux_bi_0000000000000000000000000000000000").profiles()
    reader = make_key(house.engine, house.tenant.account_id, Limits(permissions=("read",)), "api")
    with pytest.raises(Forbidden) as forbidden:
        Flux(house.url, reader).projects.create(name="Spring")
    assert forbidden.value.code == "insufficient_permissions"


def test_a_used_up_quota_is_told_and_not_waited_for_beyond_max_wait(house: House) -> None:
    move_account(house.engine, house.tenant.account_id, "enterprise", None, 2)
    flux = Flux(house.url, house.api_key, max_wait=0.5)
    for _ in range(2):
        assert list(flux.projects.list()) == []
    with pytest.raises(RateLimited) as limited:
        list(flux.projects.list())
    assert limited.value.retry_after is not None
    assert 1 <= limited.value.retry_after <= 121


def test_keys_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_URL", "https://flux.example.org/")
    monkeypatch.setenv("FLUX_KEYS", "flux_bi_one")
    flux = Flux()
    assert flux.base_url == "https://flux.example.org"
    assert "flux_bi_" not in repr(flux)
    with pytest.raises(MissingKey, match="flux_api_"):
        flux.projects.get("proj_0Aq3kQ9ZxYb")
    with pytest.raises(MissingKey, match="flux_bi_"):
        Flux(None, "flux_api_two").status()
    with pytest.raises(MissingKey, match="flux_cs_"):
        Flux(None, "flux_env_three").metrics.sql("SELECT 1")
    with pytest.raises(ValueError, match="flux_mcp") as wrong:
        Flux(None, "flux_mcp_secret")
    assert "secret" not in str(wrong.value)
    with pytest.raises(ValueError, match="second of its kind"):
        Flux(None, "flux_bi_one", "flux_bi_two")
    with pytest.raises(ValueError, match=r"flux\.example"):
        Flux("flux.example.net")


def test_75_000_posts_are_read_into_a_frame(flux: Flux, house: House) -> None:
    count, window = 75_000, {"from_": "2010-01-01", "to": "2025-12-31"}
    posts = (
        {
            "urn": f"urn:li:activity:{7_100_000_000_000_000_000 + number}",
            "published_at": NOON - DAY - 3_600 * number,
            "text": f"Post {number}: what we learned while we moved our reports to feeds, and what not.",
            "likes": number % 97,
            "comments": number % 11,
            "shares": number % 5 if number % 3 else None,
        }
        for number in range(count)
    )
    make_posts(house.engine, house.tenant.profile, house.tenant.account_id, posts)
    frame = flux.datasets.posts(**window).to_frame()
    assert len(frame) == count
    assert frame["post_id"].tolist() == [
        f"urn:li:activity:{7_100_000_000_000_000_000 + n}" for n in range(count)
    ]
    assert frame["likes"].sum() == sum(number % 97 for number in range(count))
    assert frame["comments"].sum() == sum(number % 11 for number in range(count))
    assert frame["shares"].sum() == sum(number % 5 for number in range(count) if number % 3)
    assert frame["shares"].isna().sum() == count // 3
    assert frame.dtypes[["likes", "comments", "shares", "engagement"]].eq("Int64").all()
    assert frame["published_at"].is_monotonic_decreasing
