"""The metadata as CSDL: by the schemas of OASIS, and complete."""

import xml.etree.ElementTree as ET  # it reads our own document only
from pathlib import Path

import pytest
from lxml import etree

from flux.catalog import CATALOG
from flux.describe.edm import (
    EDM_TYPES,
    FUNCTIONS,
    SETS,
    EntitySet,
    chosen_set,
    describe_metadata,
    describe_service,
    set_of,
)
from flux.odata import functions
from tests.node import install

HERE = Path(__file__).parent / "oasis"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
DOCUMENT = describe_metadata(SETS.values())


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """What OASIS publishes; it imports the file beside it."""
    parser = etree.XMLParser(no_network=True)
    path = install(HERE) / "odata-csdl" / "schemas" / "edmx.xsd"
    return etree.XMLSchema(etree.parse(path, parser))


def test_the_document_is_valid(schema: etree.XMLSchema) -> None:
    assert schema.validate(etree.fromstring(DOCUMENT)), schema.error_log


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b'Type="Edm.Int64"', b'Typ="Edm.Int64"'),
        (b'Nullable="false"', b'Nullable="no"'),
        (b"<PropertyRef", b"<Reference"),
        (b'Version="4.0"', b'Version="3.0"'),
        (b'Name="PostsRow"', b'Name="Posts Row"'),
    ],
)
def test_a_breach_is_found(schema: etree.XMLSchema, right: bytes, wrong: bytes) -> None:
    assert DOCUMENT.count(right)
    assert not schema.validate(etree.fromstring(DOCUMENT.replace(right, wrong, 1)))


def test_every_column_is_described() -> None:
    root = ET.fromstring(DOCUMENT)
    types = {e.get("Name"): e for e in root.iter(f"{EDM}EntityType")}
    for of in SETS.values():
        told = list(types[of.type].iter(f"{EDM}Property"))
        assert [(e.get("Name"), e.get("Type")) for e in told] == [
            (c.name, EDM_TYPES[c.type]) for c in of.columns
        ]
        for element, column in zip(told, of.columns, strict=True):
            text = element.find(f"{EDM}Annotation")
            assert text is not None
            assert (text.get("String") or "").startswith(column.help.replace("`", ""))


def test_names_are_identifiers_and_of_one_set_each() -> None:
    names = [s["name"] for s in describe_service(SETS.values(), "https://flux.example.org/odata/")["value"]]
    assert len(set(names)) == len(names) == len(SETS)
    assert all(name.isidentifier() and name.isascii() for name in names)
    assert all(c.name.isidentifier() and c.name.isascii() for s in SETS.values() for c in s.columns)


def test_every_dataset_declares_a_key_of_its_own_columns() -> None:
    for dataset in CATALOG.values():
        columns = {c.name: c for c in dataset.columns}
        assert dataset.key
        assert not any(columns[name].nullable for name in dataset.key)


@pytest.mark.parametrize(
    ("name", "given", "chosen", "fixed"),
    [
        ("Breakdown", {"by": ["hour"]}, "BreakdownByHour", {"by": "hour"}),
        ("Breakdown", {"by": [" Hour ", "hour"]}, "BreakdownByHour", {"by": "hour"}),
        ("Breakdown", {"by": ["day_of_week"]}, "Breakdown", {}),
        ("Breakdown", {"by": ["nothing"]}, "Breakdown", {}),
        ("BreakdownByHour", {"by": ["format"]}, "BreakdownByHour", {"by": "hour"}),
        ("Posts", {"compare": ["previous"]}, "Posts", {}),
        ("Overview", {"compare": ["previous"]}, "OverviewCompared", {"compare": "previous"}),
        ("EngagementTrendsWeekly", {"compare": ["previous"]}, "EngagementTrendsCompared",
         {"granularity": "weekly", "compare": "previous"}),
    ],
)  # fmt: skip
def test_a_parameter_chooses_its_set(
    name: str, given: dict[str, list[str]], chosen: str, fixed: dict[str, str]
) -> None:
    found: EntitySet = chosen_set(SETS[name], given)
    assert (found.name, dict(found.fixed)) == (chosen, fixed)


def test_the_functions_told_are_those_there_are() -> None:
    told = [e.text for e in ET.fromstring(DOCUMENT).iter(f"{EDM}String")]
    assert told == list(FUNCTIONS)
    assert set(told) == {name for name, _ in functions.FUNCTIONS}


def test_a_feed_finds_its_set() -> None:
    asked = (("range", "all"), ("by", "hour"), ("safe", "0"))
    of, left = set_of(CATALOG["breakdown"], asked)
    assert (of.name, left) == ("BreakdownByHour", (("range", "all"),))
    of, left = set_of(CATALOG["engagement-trends"], (("granularity", "daily"), ("tz", "UTC")))
    assert (of.name, left) == ("EngagementTrends", (("tz", "UTC"), ("from", "-90d")))
    both = (("granularity", "weekly"), ("compare", "previous"))
    of, left = set_of(CATALOG["engagement-trends"], both)
    assert (of.name, left) == ("EngagementTrendsCompared", (("granularity", "weekly"),))
    asked = (("to", "today"), ("limit", "10"), ("offset", "5"), ("order", "asc"))
    assert set_of(CATALOG["posts"], asked)[1] == (("to", "today"), ("order", "asc"))
