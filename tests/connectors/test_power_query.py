"""Power Query M: Microsoft's parser reads it, and what it asks for has the columns that it types."""

import csv
import io
import json
import re
from urllib.parse import urlencode

import pytest
import requests

from flux.catalog import CATALOG
from flux.describe.powerquery import M_TYPES, describe_feeds
from flux.snippets import SNIPPETS, Feed, render
from tests.connectors.conftest import AWKWARD, BY_ID, EVERY, METRIC, House, same
from tests.odata.reader import folded

QUERIES = ("power_bi_header", "power_bi_api_key_name", "power_bi_basic", "excel")
CONNECTOR = "power_query_connector"
# What the standard library has, as far as it is used: from its reference.
LIBRARY = {
    *("Csv.Document", "Error.Record", "Extension.CredentialError", "Extension.CurrentCredential"),
    *("Credential.AccessDenied", "Int64.Type", "Json.Document", "OData.Feed", "List.Contains", "List.Select"),
    *("List.Transform", "QuoteStyle.Csv", "Record.Field", "Record.FieldNames", "Record.FieldOrDefault"),
    *("Table.AddKey", "Table.ColumnNames", "Table.FirstN", "Table.PromoteHeaders", "Table.Skip"),
    "Table.TransformColumnTypes",
    *("Text.Combine", "Text.From", "Value.Metadata", "Value.ReplaceType", "Value.Type", "Web.Contents"),
}


def test_every_text_in_m_is_here() -> None:
    assert {s.id for s in SNIPPETS if s.language == "Power Query M"} == {*QUERIES, CONNECTOR, "odata"}


@EVERY
def test_it_parses_and_uses_what_there_is(house: House, name: str) -> None:
    ids = [*QUERIES, CONNECTOR, *(["odata"] if name != METRIC else [])]
    files = [house.write(id, house.feed(name), f"{id}.pq") for id in ids]
    for file, told in zip(files, house.run("m.cjs", *files), strict=True):
        assert "error" not in told, (file, told)
        assert told["kind"] == ("Section" if file.stem == CONNECTOR else "LetExpression")
        assert {used for used in told["used"] if "." in used} <= LIBRARY
        assert len(told["used"]) > 2, "a parser that finds no names proves nothing"


def test_steps_behind_the_feed_parse_too(house: House) -> None:
    told = (("limit", "10"), ("offset", "5"), ("order", "asc"))
    file = house.write("odata", Feed("https://flux.example.org", CATALOG["posts"], told), "odata.pq")
    [found] = house.run("m.cjs", file)
    assert set(found["used"]) - LIBRARY == {"Service", "Table"}
    assert {"Table.FirstN", "Table.Skip"} <= set(found["used"])


@pytest.mark.parametrize(("right", "wrong"), [("in\n", "\n"), ('"en-US"', '"en-US'), ("[", "(")])
def test_a_planted_mistake_is_found(house: House, right: str, wrong: str) -> None:
    file = house.write("excel", house.feed("posts"), "feed.pq")
    assert right in file.read_text()
    file.write_text(file.read_text().replace(right, wrong))
    assert "error" in house.run("m.cjs", file)[0]


def test_a_parameter_may_be_called_as_the_language_is(house: House) -> None:
    awkward = ("each", "type", "a b", 'q"', "since")
    feed = Feed("https://flux.example.org", CATALOG["posts"], tuple((name, "#(lf)") for name in awkward))
    file = house.write("excel", feed, "feed.pq")
    assert "error" not in house.run("m.cjs", file)[0]
    assert '#"each" = "#(#)(lf)"' in file.read_text()
    assert "\n                since = " in file.read_text()


@EVERY
@pytest.mark.parametrize("id", QUERIES)
def test_what_it_asks_for_has_the_columns_that_it_types(house: House, name: str, id: str) -> None:
    feed = house.feed(name)
    text = render(BY_ID[id], feed)
    typed = re.findall(r'^            \{("(?:[^"]|"")+"), ([\w. ]+)\},?$', text, re.MULTILINE)
    key = {"power_bi_header": {}, "power_bi_basic": {}}.get(id, {"key": house.tenant.key})
    answer = requests.get(
        address(text, key),
        headers=sent(text),
        auth=("anybody", house.tenant.key) if id == "power_bi_basic" else None,
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    head = next(csv.reader(io.StringIO(answer.text)))
    assert [column[1:-1].replace('""', '"') for column, _ in typed] == head
    assert {type for _, type in typed} <= set(M_TYPES.values())
    assert '"en-US"' in text
    told = list(csv.DictReader(io.StringIO(answer.text)))
    if id == "excel":  # a spreadsheet: text cannot become a formula
        told = [{n: unguarded(cell) for n, cell in row.items()} for row in told]
    same(feed, told, house.rows(feed))


def unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:] in AWKWARD else cell


def address(text: str, more: dict[str, str]) -> str:
    """What Web.Contents asks for: a base that stands there as it is, the path and the query."""
    base = re.search(r'Web\.Contents\(\s*"([^"]+)"', text)
    path = re.search(r'RelativePath = "([^"]+)"', text)
    query = re.search(r"Query = \[\n(.*?)\n\s+\]", text, re.DOTALL)
    assert base and path and query
    asked = dict(re.findall(r'^\s+(\w+) = "([^"]*)",?$', query[1], re.MULTILINE))
    return f"{base[1]}{path[1]}?{urlencode(asked | more)}"


def sent(text: str) -> dict[str, str]:
    found = re.search(r'Headers = \[Authorization = "([^"]+)"\]', text)
    return {"Authorization": found[1]} if found else {}


@EVERY
def test_the_connector_has_every_feed_with_its_columns(house: House, name: str) -> None:
    feed = house.feed(name)
    text = render(BY_ID[CONNECTOR], feed)
    told = {f["name"]: f for f in describe_feeds(feed.dataset)}
    assert list(told) == [*CATALOG, *([feed.dataset.name] if name == METRIC else [])]
    columns = [column for column, _ in told[feed.dataset.name]["columns"]]
    assert columns == [column["name"] for column in feed.columns()]
    assert f'Path = "{told[feed.dataset.name]["path"]}"' in text
    assert house.tenant.key not in text
    asked = f"{feed.base}/{told[feed.dataset.name]['path']}?least=2&format=csv&safe=0"
    answer = requests.get(asked, headers={**house.tenant.header, "Accept": "text/csv"}, timeout=10)
    assert answer.status_code == 200
    assert next(csv.reader(io.StringIO(answer.text))) == [c.name for c in feed.dataset.columns]


@EVERY
def test_the_connection_file_opens_the_feed(house: House, name: str) -> None:
    feed = house.feed(name)
    told = json.loads(render(BY_ID["pbids"], feed))
    [connection] = told["connections"]
    assert (told["version"], connection["mode"], connection["details"]["protocol"]) == (
        "0.1",
        "Import",
        "http",
    )
    address = connection["details"]["address"]["url"]
    answer = requests.get(address, auth=("anybody", house.tenant.key), timeout=10)
    same(feed, list(csv.DictReader(io.StringIO(answer.content.decode()))), house.rows(feed))
    assert house.tenant.key not in json.dumps(told)


@pytest.mark.parametrize("name", CATALOG)
def test_the_odata_query_finds_the_same_rows(house: House, name: str) -> None:
    feed = house.feed(name)
    address, query = folded(render(BY_ID["odata"], feed))
    assert query["from"] == "2026-01-01"
    connection = json.loads(render(BY_ID["odata_pbids"], feed))["connections"][0]
    assert connection["details"]["address"]["url"] == f"{feed.base}/odata/"
    answer = requests.get(address, params=query, auth=("anybody", house.tenant.key), timeout=10)
    assert answer.status_code == 200, answer.text
    names = [column["name"] for column in feed.columns()]
    told = [{name: row[name] for name in names} for row in answer.json()["value"]]
    same(feed, told, house.rows(feed))
