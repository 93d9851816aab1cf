"""ETag, 304, ranges, encodings, HEAD; and what a 304 costs."""

import gzip
from typing import Any

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux import keys
from flux.store import vault
from flux.store.profiles import change_profile
from tests.tenants import PEPPER, Tenant, make_posts, post

PATH = "/api/v1/datasets/posts.csv?range=all"


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    rows = [
        post(1_760_000_000 + n * 3600, text=f"post {n} " * 20, likes=n, comments=0, shares=0)
        for n in range(50)
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    return ada


def tag_of(client: FlaskClient, tenant: Tenant, path: str = PATH, **headers: str) -> str:
    answer = client.get(path, headers=tenant.header | headers)
    assert answer.status_code == 200
    return str(answer.headers["ETag"])


def status(client: FlaskClient, tenant: Tenant, tag: str, path: str = PATH, **headers: str) -> int:
    return int(client.get(path, headers=tenant.header | {"If-None-Match": tag} | headers).status_code)


def test_an_answer_carries_its_validators(client: FlaskClient, filled: Tenant) -> None:
    answer = client.get(PATH, headers=filled.header)
    assert answer.headers["ETag"].startswith('"')  # strong
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Authorization, Accept, Accept-Encoding"
    assert answer.last_modified is not None
    unchanged = client.get(PATH, headers=filled.header | {"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "X-RateLimit-Remaining"):
        assert name in unchanged.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"other", {}', 304),
        ('"a",W/{} , "b"', 304),
        ("*", 304),
        ('"other"', 200),
        ("nonsense", 200),
        ('W/"x"', 200),
    ],
)
def test_if_none_match_in_every_spelling(
    client: FlaskClient, filled: Tenant, method: str, spelling: str, expected: int
) -> None:
    tag = tag_of(client, filled)
    answer = client.open(PATH, method=method, headers=filled.header | {"If-None-Match": spelling.format(tag)})
    assert answer.status_code == expected


def test_if_modified_since_alone_proves_nothing(client: FlaskClient, filled: Tenant) -> None:
    assert (
        client.get(
            PATH, headers=filled.header | {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"}
        ).status_code
        == 200
    )


def test_the_tag_is_the_questions_not_its_spellings(client: FlaskClient, filled: Tenant) -> None:
    tag = tag_of(client, filled)
    same = [
        "/api/v1/datasets/posts?format=csv&range=all",
        PATH + "&_=1",
        "/api/v1/datasets/posts?range=all&format=CSV",
        PATH + f"&profile_id={filled.profile.public_id}",
    ]
    assert {tag_of(client, filled, path) for path in same} == {tag}
    other = [
        "/api/v1/datasets/posts.json?range=all",
        PATH + "&order=asc",
        PATH + "&safe=0",
        PATH + "&bom=1",
        PATH + "&delimiter=tab",
        "/api/v1/datasets/overview.csv?range=all",
    ]
    tags = {tag_of(client, filled, path) for path in other} | {
        tag_of(client, filled, **{"Accept-Encoding": "gzip"})
    }
    assert len(tags) == len(other) + 1 and tag not in tags


def test_new_data_and_a_new_name_move_the_tag(client: FlaskClient, engine: Engine, filled: Tenant) -> None:
    first = tag_of(client, filled)
    make_posts(engine, filled.profile, filled.account_id, [post("2026-11-20", likes=1, comments=0, shares=0)])
    second = tag_of(client, filled)
    change_profile(engine, filled.account_id, filled.profile.id, name="Ada L.")
    third = tag_of(client, filled)
    assert len({first, second, third}) == 3
    assert status(client, filled, first) == status(client, filled, second) == 200


def test_the_tag_survives_a_roll_and_is_looked_at_after_the_key(
    app: Flask, client: FlaskClient, engine: Engine, filled: Tenant, bob: Tenant
) -> None:
    tag = tag_of(client, filled)
    old = vault.list_keys(engine, filled.account_id)[0]
    _, fresh = keys.roll(engine, PEPPER, old, 3600)
    header = {"If-None-Match": tag}
    assert client.get(PATH, headers=header | {"Authorization": f"Bearer {fresh}"}).status_code == 304
    assert status(client, filled, tag) == 304  # the overlap
    assert status(client, bob, tag) == 200  # another account
    keys.revoke(engine, vault.list_keys(engine, filled.account_id)[1])
    for spelling in (tag, "*"):
        assert status(client, filled, spelling) == 401
    assert client.get(PATH, headers=header).status_code == 401


def test_nothing_is_served_across_rights(
    client: FlaskClient, engine: Engine, filled: Tenant, bob: Tenant
) -> None:
    assert b"post 49" in client.get(PATH, headers=filled.header).data
    assert b"post" not in client.get(PATH, headers=bob.header).data.split(b"\r\n", 1)[1]
    assert client.get(PATH).status_code == 401
    from flux.key_limits import Limits
    from flux.store.profiles import create_profile
    from tests.tenants import make_key

    other = create_profile(engine, filled.account_id, "Second")
    key = make_key(engine, filled.account_id, Limits(profiles=[other.public_id]))
    assert b"post 49" not in client.get(PATH, headers={"Authorization": f"Bearer {key}"}).data


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("deflate, gzip, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("br", None),
        ("*", None),
    ],
)
def test_the_body_is_compressed_as_the_client_asks(
    client: FlaskClient, filled: Tenant, accept: str, encoding: str | None
) -> None:
    plain = client.get(PATH, headers=filled.header).data
    answer = client.get(PATH, headers=filled.header | {"Accept-Encoding": accept})
    assert answer.headers.get("Content-Encoding") == encoding
    unpack: dict[str | None, Any] = {None: bytes, "gzip": gzip.decompress, "zstd": zstandard.decompress}
    assert unpack[encoding](answer.data) == plain
    assert answer.content_length == len(answer.data)


def test_head_has_gets_headers_and_no_body(client: FlaskClient, filled: Tenant) -> None:
    for path in (PATH, "/api/v1/datasets/overview", "/api/v1/datasets", "/api/v1/profiles", "/api/v1/status"):
        head, get = client.head(path, headers=filled.header), client.get(path, headers=filled.header)
        assert (head.status_code, head.data) == (200, b"")
        for name in (
            "Content-Type",
            "Content-Length",
            "ETag",
            "Last-Modified",
            "Cache-Control",
            "Vary",
            "Accept-Ranges",
        ):
            assert head.headers.get(name) == get.headers.get(name), f"{path}: {name}"
    assert client.head(PATH).status_code == 401


@pytest.mark.parametrize(
    ("asked", "expected", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-999999999", 206, slice(0, None)),
        ("bytes=999999999-", 416, None),
        ("lines=0-3", 200, slice(0, None)),
    ],
)
def test_a_single_range(
    client: FlaskClient, filled: Tenant, asked: str, expected: int, part: slice | None
) -> None:
    whole = client.get(PATH, headers=filled.header)
    answer = client.get(PATH, headers=filled.header | {"Range": asked})
    assert answer.status_code == expected
    if part is not None:
        assert answer.data == whole.data[part]
    if expected == 206:
        assert answer.headers["Content-Range"].endswith(f"/{len(whole.data)}")
    stale = client.get(PATH, headers=filled.header | {"Range": asked, "If-Range": '"stale"'})
    assert (stale.status_code, stale.data) == (200, whole.data)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_request_costs_in_statements(
    client: FlaskClient, filled: Tenant, statements: list[str]
) -> None:
    tag = tag_of(client, filled)  # also notes the key's use, once a minute
    statements.clear()
    assert status(client, filled, tag) == 304
    assert len(statements) == 2, (
        statements
    )  # the key with its account and plan; the profiles with their versions
    statements.clear()
    assert client.get(PATH, headers=filled.header).status_code == 200
    assert len(statements) == 2, statements  # the same: the body comes from the cache
    for path, count in (
        ("engagement-trends?range=last_7_days", 1),  # the sums
        ("engagement-trends?range=last_7_days&compare=previous", 2),  # and those before
        ("overview?range=last_7_days", 2),  # the sums, the followers; no best post in this window
        ("breakdown?range=last_7_days", 1),
        ("daily-activity?range=last_7_days", 1),
        ("posts?range=last_7_days", 1),
    ):
        statements.clear()
        assert client.get(f"/api/v1/datasets/{path}", headers=filled.header).status_code == 200
        # key, profiles; BEGIN, versions again, …, ROLLBACK
        assert len(statements) == 5 + count, statements


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sums_touch_no_table(
    client: FlaskClient, engine: Engine, filled: Tenant, statements: list[str]
) -> None:
    for path in ("engagement-trends", "breakdown?by=hour", "breakdown?by=length"):
        client.get(f"/api/v1/datasets/{path}", headers=filled.header)
    sums = [s for s in statements if "sum(engagement)" in s]
    assert len(sums) == 3
    with engine.connect() as connection:
        for sql in sums:
            plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
            assert "COVERING INDEX ix_posts_measures" in plan
