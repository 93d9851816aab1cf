"""Every dataset against every reader of its declaration; and a planted breach, which must be seen."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.catalog.declare import Column, Dataset, Param
from flux.catalog.parse import parse
from flux.catalog.query import Query
from flux.describe.catalog import describe_catalog
from flux.describe.datastudio import describe_connector
from flux.describe.form import form
from flux.describe.page import document_params
from flux.formats import write_csv, write_json
from flux.store.engine import reading
from flux.store.profiles import find_profiles
from flux.store.read import READERS
from tests.tenants import Tenant, make_days, make_posts, post

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "date": (str,),
    "datetime": (str,),
    "list": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """ada, with posts of every kind of knowledge and two days."""
    rows = [
        post(
            "2026-11-02T08:00",
            text="a",
            hashtags="#x",
            format="text",
            likes=3,
            comments=1,
            shares=0,
            impressions=9,
        )
    ]
    rows += [post("2026-11-03T08:00"), post("2026-11-04T08:00", engagement=5)]
    make_posts(engine, ada.profile, ada.account_id, rows)
    make_days(engine, ada.profile, ada.account_id, {"day": "2026-11-02", "impressions": 5, "followers": 7})
    return ada


def declaration_breaches(dataset: Dataset) -> list[str]:
    """What a declaration lacks by itself."""
    columns = (*dataset.columns, *dataset.compared_columns())
    names = [c.name for c in columns]
    found = [f"column {c.name} has no help" for c in columns if not c.help.endswith((".", "…"))]
    found += [f"column {name} twice" for name in set(names) if names.count(name) > 1]
    found += [f"metric {c.name} has no unit" for c in columns if c.role == "metric" and not c.unit]
    found += [f"parameter {p.name}: {why}" for p in dataset.params for why in _parameter_breaches(p)]
    if names[:2] != ["profile_id", "profile_name"]:
        found.append("does not begin with the profile")
    if not (dataset.help and dataset.title and dataset.grain and "profiles" in dataset.limits):
        found.append("help, title, grain or limits are missing")
    return found


def _parameter_breaches(param: Param) -> list[str]:
    found = [] if param.help.endswith(".") else ["no help"]
    found += [] if param.example else ["no example"]
    if param.type in ("choice", "flag"):
        found += [] if param.choices else ["no choices"]
        found += [] if param.example in param.choices else ["its example is no choice"]
        found += (
            [] if param.default is None or param.default in param.choices else ["its default is no choice"]
        )
    if param.type == "integer":
        found += [] if param.minimum is not None and param.maximum is not None else ["no limits"]
    return found


def reading_breaches(
    engine: Engine, account_id: int, dataset: Dataset, readers: Mapping[str, Any]
) -> list[str]:
    """Where the rows are not what the declaration says."""
    if dataset.name not in readers:
        return ["nothing reads it"]
    found, count = [], 0
    for query in _queries(engine, account_id, dataset):
        with reading(engine) as connection:
            rows = list(readers[dataset.name](connection, account_id, query))
        count += len(rows)
        breaches = [breach for row in rows for breach in _row_breaches(query.columns(), row)]
        if not breaches:
            assert list(write_csv(query.columns(), rows, query.writing))
            assert list(write_json(query.columns(), rows, {}))
        found += breaches
    found += [] if count else ["no rows"]
    return found


def _queries(engine: Engine, account_id: int, dataset: Dataset) -> list[Query]:
    """The default question, and one for each choice of each parameter."""
    profiles = find_profiles(engine, account_id)
    chosen = [(p.name, choice) for p in dataset.params for choice in p.choices if p.name not in ("decimal",)]
    asked = [{}, *({name: [choice]} for name, choice in chosen)]
    return [parse(dataset, arguments, profiles, NOW) for arguments in asked]


def _row_breaches(columns: tuple[Column, ...], row: tuple[Any, ...]) -> list[str]:
    if len(row) != len(columns):
        return [f"{len(row)} cells for {len(columns)} columns"]
    found = []
    for column, cell in zip(columns, row, strict=True):
        if cell is None and not column.nullable:
            found.append(f"{column.name} is empty, but not declared so")
        if cell is not None and not isinstance(cell, PYTHON_TYPES[column.type]):
            found.append(f"{column.name} is a {type(cell).__name__}, declared {column.type}")
    return found


@pytest.mark.parametrize("dataset", CATALOG.values(), ids=list(CATALOG))
def test_a_declaration_is_complete(dataset: Dataset) -> None:
    assert declaration_breaches(dataset) == []


@pytest.mark.parametrize("dataset", CATALOG.values(), ids=list(CATALOG))
def test_rows_are_what_is_declared(engine: Engine, filled: Tenant, dataset: Dataset) -> None:
    assert reading_breaches(engine, filled.account_id, dataset, READERS) == []


@pytest.mark.parametrize("dataset", CATALOG.values(), ids=list(CATALOG))
def test_every_describer_tells_every_column_and_parameter(
    engine: Engine, ada: Tenant, dataset: Dataset
) -> None:
    (told,) = describe_catalog([dataset])
    assert [c["name"] for c in told["columns"]] == [c.name for c in dataset.columns]
    assert [p["name"] for p in told["parameters"]] == [p.name for p in dataset.params]
    groups = form(dataset, {}, find_profiles(engine, ada.account_id), {})
    assert {f.name for g in groups for f in g.fields} == {p.name for p in dataset.params}
    assert {d.param.name for d in document_params([dataset])} == {p.name for p in dataset.params}
    (connector,) = [d for d in describe_connector() if d["name"] == dataset.name]
    assert [f["id"] for f in connector["fields"]] == [c.name for c in dataset.columns]


def test_nothing_is_read_that_is_not_declared() -> None:
    assert set(READERS) == set(CATALOG)


def test_planted_breaches_are_seen(engine: Engine, filled: Tenant) -> None:
    real = CATALOG["overview"]
    extra = Column("extra", "integer", "Made up.", "metric", "things")
    mute = replace(real, columns=(*real.columns, replace(extra, help="")))
    assert "column extra has no help" in declaration_breaches(mute)
    longer = replace(real, columns=(*real.columns, extra))
    assert any(
        "cells for" in breach for breach in reading_breaches(engine, filled.account_id, longer, READERS)
    )
    strict = replace(real, columns=tuple(replace(c, nullable=False) for c in real.columns))
    assert any(
        "declared so" in breach for breach in reading_breaches(engine, filled.account_id, strict, READERS)
    )
    assert reading_breaches(engine, filled.account_id, replace(real, name="unread"), READERS) == [
        "nothing reads it"
    ]
    choiceless = replace(real, params=(replace(real.params[0], type="choice", choices=()),))
    assert declaration_breaches(choiceless) != []
