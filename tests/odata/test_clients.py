"""Programs of others read the service: one that types every cell by the metadata, a simple one, and M."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import given, settings
from odata import ODataService
from odatapy.client import EdmEnabledODataClient, Field, ODataClientError
from odatapy.client.responses import ClientResponse
from odatapy.client.serialization import read_entity_collection
from odatapy.edm.model import Edm
from odatapy.edm.xml_io import XmlEdmProvider
from odatapy.server.eval import evaluate_filter
from odatapy.server.uri.expression_parser import ExpressionParser
from requests.auth import HTTPBasicAuth
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.demo import make_demo
from flux.describe.edm import EDM_TYPES, SETS
from flux.snippets import SNIPPETS, Feed, render
from tests.odata.conditions import Case, filters
from tests.odata.reader import Reader, folded
from tests.services import Server
from tests.tenants import Tenant, make_posts, post

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PYTHON = {"Edm.String": str, "Edm.Int64": int, "Edm.Double": (int, float), "Edm.Boolean": bool}
PYTHON |= {"Edm.Date": date, "Edm.DateTimeOffset": datetime}


class Wire:
    """Sends what the typed client wants, with a password and small pages, and remembers the addresses."""

    def __init__(self, key: str) -> None:
        self.header = {"Authorization": "Basic " + b64encode(f"excel:{key}".encode()).decode()}
        self.header["Prefer"] = "odata.maxpagesize=25"
        self.addresses: list[str] = []

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> ClientResponse:
        self.addresses.append(url)
        answer = requests.request(method, url, headers=headers | self.header, data=body, timeout=30)
        return ClientResponse(answer.status_code, dict(answer.headers), answer.content)


@pytest.fixture
def typed(serve: Callable[..., Server], filled: Tenant) -> EdmEnabledODataClient:
    """The client that reads the metadata first and types every cell by it."""
    return EdmEnabledODataClient(f"{serve().url}/odata/", Wire(filled.key))


@SQLITE
def test_a_typed_client_reads_every_set(typed: EdmEnabledODataClient, reader: Reader) -> None:
    assert list(typed.get_service_document().entity_sets) == list(SETS)
    edm = typed.get_edm()
    for name, of in SETS.items():
        described = edm.entity_container.get_entity_set(name).entity_type
        assert list(described.key_predicate_names) == list(of.dataset.key)
        wanted = reader.rows(name)
        found = list(typed.iter_entities(typed.entity_set_uri(name)))
        assert len(found) == len(wanted) > 0
        for entity, row in zip(found, wanted, strict=True):
            for column in of.columns:
                cell = entity.get_value(column.name)
                assert cell is None or isinstance(cell, PYTHON[EDM_TYPES[column.type]]), (name, column.name)
                assert _plain(cell) == _plain(row[column.name]), (name, column.name)
    assert any("$skiptoken" in address for address in typed.transport.addresses)


def _plain(cell: Any) -> Any:
    """A cell to compare: a moment whatever its offset, a day as its text."""
    if isinstance(cell, str) and len(cell) == 25 and cell[10] == "T":
        cell = datetime.fromisoformat(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(UTC)
    return str(cell) if isinstance(cell, date) else cell


@SQLITE
def test_a_typed_client_asks_and_is_answered(typed: EdmEnabledODataClient, reader: Reader) -> None:
    every = reader.rows("Posts")
    likes, text, day = Field("likes"), Field("text"), Field("date")
    asked = typed.entity_set_uri("Posts").filter((likes.gt(3) & day.ge(date(2025, 11, 1))) | text.eq("it's"))
    wanted = [
        r for r in every if ((r["likes"] or 0) > 3 and r["date"] >= "2025-11-01") or r["text"] == "it's"
    ]
    assert _names(typed.iter_entities(asked)) == [row["post_id"] for row in wanted]
    assert typed.get_count(asked.copy().append_count_segment()) == len(wanted)
    ordered = typed.entity_set_uri("Posts").orderby("likes desc").top(3).select("post_id", "likes")
    best = sorted(every, key=lambda row: (row["likes"] is not None, row["likes"] or 0), reverse=True)[:3]
    assert _names(typed.iter_entities(ordered)) == [row["post_id"] for row in best]
    key = {"profile_id": every[7]["profile_id"], "post_id": every[7]["post_id"]}
    assert typed.get_entity(typed.entity_uri("Posts", key)).get_value("text") == every[7]["text"]
    tag = typed.get_raw(typed.entity_set_uri("Posts").build()).etag
    kept = typed.get_raw(typed.entity_set_uri("Posts").build(), headers={"If-None-Match": tag})
    assert (kept.status_code, kept.content) == (304, b"")
    with pytest.raises(ODataClientError, match="perhaps 'likes'"):
        typed.get_entity_set(typed.entity_set_uri("Posts").filter("lieks gt 3"))


def _names(entities: Any) -> list[str]:
    return [entity.get_value("post_id") for entity in entities]


@SQLITE
def test_a_simple_client_reads_every_set(
    serve: Callable[..., Server], filled: Tenant, reader: Reader, recwarn: pytest.WarningsRecorder
) -> None:
    auth = HTTPBasicAuth("anyone", filled.key)
    service = ODataService(f"{serve().url}/odata/", auth=auth, reflect_entities=True, quiet_progress=True)
    assert set(service.entities) >= set(SETS)
    for name in SETS:
        wanted = reader.rows(name)
        found = service.query(service.entities[name]).all()
        assert len(found) == len(wanted)
        assert [row.profile_id for row in found] == [row["profile_id"] for row in wanted]
    posts = service.entities["Posts"]
    some = service.query(posts).filter(posts.likes > 3).order_by(posts.date.desc()).limit(4).all()
    liked = [row for row in reader.rows("Posts") if (row["likes"] or 0) > 3]
    assert [str(row.date) for row in some] == sorted((row["date"] for row in liked), reverse=True)[:4]


@SQLITE
def test_another_implementation_filters_alike(reader: Reader) -> None:
    """The server half of that library reads the same filters by our metadata, and sifts the rows itself.

    But for what it takes otherwise: a comparison with null for unknown, where OData 4.0 calls it false, and
    a list as if null were not in it.
    """
    edm = Edm.from_provider(XmlEdmProvider(reader.get("$metadata").data))
    context = edm.entity_container.get_entity_set("Posts").entity_type
    rows = reader.rows("Posts")
    entities = read_entity_collection(reader.get("Posts").data, edm, context).entities

    @settings(max_examples=200, deadline=None, database=None)
    @given(filters(SETS["Posts"].columns, rows, disputed=False))
    def check(case: Case) -> None:
        asked = ExpressionParser.parse_string(case.text, edm, context)
        passing = [evaluate_filter(entity, asked) for entity in entities]
        theirs = [row for row, passes in zip(rows, passing, strict=True) if passes]
        assert reader.rows("Posts", {"$filter": case.text}) == theirs, case.text

    check()


[ODATA] = [snippet for snippet in SNIPPETS if snippet.id == "odata"]
FEEDS: list[tuple[str, dict[str, str]]] = [
    *((name, {}) for name in CATALOG),
    ("posts", {"to": "-30d", "tz": "Asia/Tokyo"}),
    ("posts", {"range": "all", "offset": "3", "limit": "20"}),
    ("posts", {"range": "all", "order": "asc", "offset": "2", "limit": "3"}),
    ("posts", {"order": "asc"}),
    ("engagement-trends", {"granularity": "weekly"}),
    ("engagement-trends", {"granularity": "weekly", "compare": "previous"}),
    ("breakdown", {"by": "hour", "safe": "0"}),
    ("overview", {"compare": "previous", "range": "this_year"}),
]


@SQLITE
def test_the_snippet_finds_the_rows_of_its_feed(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, client: FlaskClient
) -> None:
    """As Power Query asks: its steps become options of the address."""
    profile = make_demo(engine, ada.account_id)[0]
    make_posts(engine, profile, ada.account_id, [post("2001-01-05T08:00") for _ in range(9)])  # order by id
    base, reader = serve().url, Reader(client, ada.header)
    for name, asked in FEEDS:
        text = render(ODATA, Feed(base, CATALOG[name], tuple(asked.items())))
        answer = requests.get(*folded(text), auth=("anybody", ada.key), timeout=30)
        assert answer.status_code == 200, (name, asked, answer.text)
        wanted = reader.feed(name, asked)
        assert wanted, "no rows prove nothing"
        assert answer.json()["value"] == wanted, (name, asked)
