"""The service and its sets over HTTP: what there is, who may read it, and what it costs."""

import gzip
import re
import xml.etree.ElementTree as ET  # it reads our own document only
from base64 import b64encode
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.describe.edm import SETS, EntitySet
from flux.errors import ERRORS
from flux.key_limits import Limits
from tests.odata.conftest import TEXTS
from tests.odata.reader import Reader
from tests.tenants import Tenant, make_key, make_posts, post

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"

# How each type looks in JSON, in the words of OData's own grammar.
SHAPES = {
    "Edm.String": lambda cell: isinstance(cell, str),
    "Edm.Boolean": lambda cell: isinstance(cell, bool),
    "Edm.Int64": lambda cell: type(cell) is int and abs(cell) < 2**63,
    "Edm.Double": lambda cell: type(cell) in (int, float),
    "Edm.Date": lambda cell: re.fullmatch(r"\d{4}-\d\d-\d\d", cell),
    "Edm.DateTimeOffset": lambda cell: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", cell),
}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def parameters(of: EntitySet) -> dict[str, str]:
    """What the feed is asked for the rows of a set."""
    return dict(of.fixed) | ({} if of.compared else {"range": "all"})


def test_every_dataset_has_a_set_and_every_choice_its_own() -> None:
    assert {s.dataset.name for s in SETS.values() if not s.fixed} == set(CATALOG)
    assert {"EngagementTrendsWeekly", "BreakdownByHour", "OverviewCompared"} <= SETS.keys()


@SQLITE
@pytest.mark.parametrize("path", ["/odata", "/odata/"])
def test_the_service_lists_its_sets(client: FlaskClient, ada: Tenant, path: str) -> None:
    answer = client.get(path, headers=ada.header)
    told = answer.get_json()
    assert told["@odata.context"] == "http://localhost/odata/$metadata"
    assert [(s["name"], s["kind"], s["url"]) for s in told["value"]] == [(n, "EntitySet", n) for n in SETS]
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.content_type == "application/json;odata.metadata=minimal"


def test_every_set_has_the_rows_of_its_feed(reader: Reader) -> None:
    for of in SETS.values():
        rows = reader.rows(of.name)
        assert rows == reader.feed(of.dataset.name, parameters(of)), of.name
        assert rows, of.name


def test_cells_are_of_their_types_and_keys_are_unique(reader: Reader) -> None:
    root = ET.fromstring(reader.get("$metadata").data)
    for of in SETS.values():
        types, key = declared(root, of.name)
        rows = reader.rows(of.name)
        for row in rows:
            assert set(row) == set(types), of.name
            for name, cell in row.items():
                type, nullable = types[name]
                assert nullable if cell is None else SHAPES[type](cell), (of.name, name, cell, type)
        assert key
        assert not any(types[name][1] for name in key), "a key is never null"
        assert len({tuple(row[name] for name in key) for row in rows}) == len(rows), of.name


def declared(root: ET.Element, name: str) -> tuple[dict[str, tuple[str, bool]], list[str]]:
    """The properties of a set, each with its type and whether it may be null; and the key."""
    sets = {e.get("Name"): e.get("EntityType") for e in root.iter(f"{EDM}EntitySet")}
    entity = next(e for e in root.iter(f"{EDM}EntityType") if f"Flux.{e.get('Name')}" == sets[name])
    properties = [(str(e.get("Name")), str(e.get("Type")), e) for e in entity.iter(f"{EDM}Property")]
    types = {name: (type, e.get("Nullable") != "false") for name, type, e in properties}
    return types, [str(e.get("Name")) for e in entity.iter(f"{EDM}PropertyRef")]


def test_texts_come_as_they_were_written(reader: Reader) -> None:
    texts = {row["text"] for row in reader.rows("Posts")}
    assert texts == set(TEXTS)
    assert "=Other 'one'" in {row["profile_name"] for row in reader.rows("Overview")}
    assert min(row["new_followers"] or 0 for row in reader.rows("DailyActivity")) == -28


def test_a_row_is_read_by_its_key(reader: Reader) -> None:
    for of in SETS.values():
        asked = {"$format": "application/json;odata.metadata=full", "$top": "2", "$skip": "1"}
        for whole in reader.body(of.name, asked)["value"]:
            plain = {name: cell for name, cell in whole.items() if "@" not in name}
            alone = reader.body(whole["@odata.id"])
            assert alone.pop("@odata.context").endswith(f"$metadata#{of.name}/$entity")
            assert alone == plain
            assert whole["@odata.type"] == f"#Flux.{of.type}"


def test_a_key_may_hold_anything(reader: Reader, engine: Engine, filled: Tenant) -> None:
    urns = ["urn:it's", "a/b?c=d&e#f", "100%25", "(x)", "ü 🚀"]
    make_posts(engine, filled.profile, filled.account_id, [post("2026-01-05", urn=urn) for urn in urns])
    asked = {"$format": "application/json;odata.metadata=full", "$filter": "date eq 2026-01-05"}
    whole = {row["post_id"]: row["@odata.id"] for row in reader.body("Posts", asked)["value"]}
    for urn in urns:
        assert reader.body(whole[urn])["post_id"] == urn


def test_a_key_of_nothing_is_told(reader: Reader) -> None:
    answer = reader.get("Overview(profile_id='prof_00000000000')")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "not_found")
    wrong = reader.get("Posts('urn:li:share:1')")
    assert wrong.status_code == 400
    assert "(profile_id=…,post_id=…)" in wrong.get_json()["error"]["message"]


@SQLITE
def test_how_much_metadata_is_as_asked(reader: Reader) -> None:
    bare = reader.get("Posts", {"$top": 1}, Accept="application/json;odata.metadata=none")
    assert bare.content_type == "application/json;odata.metadata=none"
    assert not any("@" in name for name in [*bare.get_json(), *bare.get_json()["value"][0]])
    full = reader.body("Posts", {"$top": 1, "$format": "application/json;odata.metadata=full"})["value"][0]
    assert full["published_at@odata.type"] == "#DateTimeOffset"
    assert full["date@odata.type"] == "#Date"
    assert "text@odata.type" not in full
    plain = reader.body("Posts", {"$top": 1, "$format": "json"})
    assert plain["@odata.context"] == "http://localhost/odata/$metadata#Posts"
    assert reader.get("Posts", {"$format": "atom"}).status_code == 501


# --- who may read ---------------------------------------------------------------------------------


@SQLITE
def test_the_key_is_taken_as_bi_tools_send_it(client: FlaskClient, ada: Tenant) -> None:
    for header in (basic("anyone", ada.key), basic("", ada.key), basic(ada.key, ""), ada.header):
        assert client.get("/odata/Overview", headers=header).status_code == 200
    assert client.get("/odata/Overview", query_string={"key": ada.key}).status_code == 200


@SQLITE
@pytest.mark.parametrize("path", ["/odata", "/odata/", "/odata/$metadata", "/odata/Posts", "/odata/Nothing"])
def test_without_a_key_a_password_is_asked_for(client: FlaskClient, ada: Tenant, path: str) -> None:
    for header in ({}, basic("x", ada.key[:-1]), {"Authorization": "Bearer nonsense"}):
        answer = client.get(path, headers=header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="Flux"'
        assert set(answer.get_json()["error"]) == {"code", "message", "details", "request_id"}
    feed = client.get("/api/v1/datasets/posts")
    assert "Basic" not in feed.headers["WWW-Authenticate"]


@SQLITE
def test_a_key_of_another_kind_is_refused(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    agent = make_key(engine, ada.account_id, kind="mcp")
    answer = client.get("/odata/Posts", headers=basic("x", agent))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "wrong_key_kind")


@SQLITE
def test_a_key_sees_no_more_than_its_limits(client: FlaskClient, engine: Engine, filled: Tenant) -> None:
    limits = Limits(datasets=["posts", "breakdown"], profiles=[filled.profile.public_id])
    narrow = Reader(client, {"Authorization": f"Bearer {make_key(engine, filled.account_id, limits)}"})
    names = [s["name"] for s in narrow.body("")["value"]]
    assert names == [n for n, s in SETS.items() if s.dataset.name in ("posts", "breakdown")]
    metadata = narrow.get("$metadata").text
    assert "PostsRow" in metadata
    assert "OverviewRow" not in metadata
    assert narrow.get("Overview").status_code == 403
    assert {row["profile_id"] for row in narrow.rows("Posts")} == {filled.profile.public_id}


def test_no_account_sees_anothers_rows(
    filled: Tenant, bob: Tenant, engine: Engine, reading: Callable[[Tenant], Reader]
) -> None:
    make_posts(engine, bob.profile, bob.account_id, [post("2026-01-05T08:00", text="bob's")])
    ada, other = reading(filled), reading(bob)
    assert [row["text"] for row in other.rows("Posts")] == ["bob's"]
    assert "bob's" not in [row["text"] for row in ada.rows("Posts")]
    theirs = f"profile_id='{filled.profile.public_id}'"
    assert other.get(f"Overview({theirs})").status_code == 404
    assert other.rows("Overview", {"$filter": theirs.replace("=", " eq ")}) == []
    assert other.get("Posts", {"profile_id": filled.profile.public_id}).status_code == 404
    tag = ada.get("Posts").headers["ETag"]
    assert other.get("Posts", If_None_Match=tag).status_code == 200


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "$metadata", "Posts", "Posts/$count", "BreakdownByHour?$top=3"])
def test_unchanged_answers_are_free(reader: Reader, path: str) -> None:
    first = reader.get(path)
    left = int(first.headers["X-RateLimit-Remaining"])
    again = reader.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["OData-Version"] == "4.0"
    head = reader.client.head(f"/odata/{path}", headers=reader.header)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "OData-Version"):
        assert head.headers[name] == first.headers[name]
    assert int(head.headers["X-RateLimit-Remaining"]) == left
    assert int(reader.get(path).headers["X-RateLimit-Remaining"]) == left - 1


def test_a_tag_names_all_that_the_body_depends_on(reader: Reader, engine: Engine, filled: Tenant) -> None:
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = [
        ("Posts", {}, {}),
        ("Posts", {"$top": "2"}, {}),
        ("Posts", {"$select": "url"}, {}),
        ("Posts", {"$filter": "likes gt 3"}, {}),
        ("Posts", {"$format": "application/json;odata.metadata=full"}, {}),
        ("Posts", {}, {"Accept": "application/json;odata.metadata=none"}),
        ("Posts", {}, {"Prefer": "odata.maxpagesize=3"}),
        ("Posts", {}, {"Host": "flux.example.org"}),
        ("Posts", {}, {"Accept-Encoding": "gzip"}),
        ("Posts/$count", {}, {}),
    ]
    answers = [reader.get(path, options, **headers) for path, options, headers in asked]
    assert len({a.data for a in answers}) == len(answers)
    assert len({a.headers["ETag"] for a in answers}) == len(answers)
    make_posts(engine, filled.profile, filled.account_id, [post("2026-01-05T08:00", text="new")])
    assert reader.get("Posts").headers["ETag"] != answers[0].headers["ETag"]
    packed = reader.get("Posts", Accept_Encoding="gzip")
    assert gzip.decompress(packed.data) == reader.get("Posts").data


@SQLITE
def test_the_quota_is_the_feeds(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    key = make_key(engine, ada.account_id, Limits(rate_limit_per_hour=2))
    statuses = [client.get("/odata/", headers=basic("x", key)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert client.get("/api/v1/datasets", headers={"Authorization": f"Bearer {key}"}).status_code == 429


@SQLITE
def test_what_is_not_there_is_told(app: Flask, reader: Reader) -> None:
    assert "Posts" in reader.get("posts").get_json()["error"]["message"]
    assert reader.get("posts").status_code == 404
    assert reader.get("Posts/text").status_code == 501
    assert reader.get("Posts", OData_MaxVersion="3.0").status_code == 400
    assert reader.get("Posts", OData_MaxVersion="4.01").status_code == 200
    written = app.test_client().post("/odata/Posts", headers=reader.header, json={})
    assert (written.status_code, written.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    for method in ("GET", "POST"):
        batch = app.test_client().open("/odata/$batch", method=method, headers=reader.header, json={})
        assert (batch.status_code, batch.get_json()["error"]["code"]) == (501, "not_implemented")
        assert "'$batch'" in batch.get_json()["error"]["message"]
    assert app.test_client().post("/odata/$batch").status_code == 401
    assert reader.get("$crossjoin(Posts,Overview)").status_code == 501
    twice = app.test_client().get(f"/odata//Posts?key={reader.header['Authorization'][7:]}")
    assert "Location" not in twice.headers
    assert ERRORS["not_implemented"][0] == 501
