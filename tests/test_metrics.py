"""Saved metrics: what a draft may hold, what reads the clock, and each metric as a dataset."""

from typing import Any

import pytest

from flux.describe.catalog import describe_catalog
from flux.metrics import check_door, check_draft, dataset_of, may_read, used_variables
from flux.mistakes import InvalidParameter, InvalidQuery, NotAllowed
from flux.schemas.data import DatasetDescription
from flux.schemas.metrics import MetricIn, Variable
from flux.serve import Rights
from flux.store.metrics import Metric, Version

QUERY = "SELECT date, engagement FROM posts WHERE date >= '@{since}' AND format = @{format_of_post}"
SINCE = {"name": "since", "type": "date", "default": "-90d"}
FORMAT = {"name": "format_of_post", "required": True, "choices": ["text", "image"]}


def draft(query: str = QUERY, variables: Any = (SINCE, FORMAT)) -> MetricIn:
    return MetricIn.model_validate({"name": "Mine", "query": query, "variables": list(variables)})


def saved(open_to: tuple[str, ...] = ("api", "feed"), **more: Any) -> Metric:
    declared = draft(**more)
    columns = (("date", "date"), ("engagement", "integer"), ("note", "string"))
    version = Version(3, declared.query, tuple(declared.variables), columns, None, 0)
    return Metric(7, 1, "Mine", None, open_to, 0, 0, version, None)


def test_a_draft_whose_query_and_variables_fit_is_taken() -> None:
    check_draft(draft())
    check_draft(draft("SELECT 1", ()))


def test_the_variables_of_a_query_are_found_wherever_they_stand() -> None:
    query = "SELECT '@{a}', 'x @{b} @{a}', @{c} -- @{d}\nFROM posts /* @{e} */"
    assert used_variables(query) == ("a", "b", "c")


BREACHES = [
    (("SELECT @{since}", [SINCE, FORMAT]), "in the query, as @{format_of_post}"),
    (("SELECT @{since}, @{other}", [SINCE]), "'@{other}' is not declared"),
    (("SELECT @{since}", [SINCE, SINCE]), "declared once"),
    (("SELECT @{format}", [{"name": "format"}]), "another name"),
    (("SELECT @{KEY}", [{"name": "KEY"}]), "another name"),
    (("SELECT @{since}", [SINCE | {"default": "soon"}]), "YYYY-MM-DD"),
    (("SELECT @{since}", [SINCE | {"example": 5}]), "YYYY-MM-DD"),
    (("SELECT @{n}", [{"name": "n", "type": "integer", "choices": [1, "two"]}]), "a whole number"),
    (("SELECT @{n}", [{"name": "n", "choices": ["a"], "default": "b"}]), "one of a"),
    (
        ("SELECT 1 WHERE 1 IN (@{n})", [{"name": "n", "type": "list", "choices": [1], "default": [2]}]),
        "one of 1",
    ),
]


@pytest.mark.parametrize(("parts", "told"), BREACHES)
def test_a_draft_that_does_not_fit_is_refused_with_what_would_be_right(parts: Any, told: str) -> None:
    with pytest.raises((InvalidParameter, InvalidQuery)) as refused:
        check_draft(draft(*parts))
    assert told in refused.value.message


def test_a_metric_is_a_dataset_whose_parameters_are_its_variables() -> None:
    metric = saved()
    dataset = dataset_of(metric)
    assert dataset.path == f"metrics/{metric.public_id}"
    assert dataset.title == "Mine"
    assert [(c.name, c.type, c.free_text) for c in dataset.columns] == [
        ("date", "date", False),
        ("engagement", "integer", False),
        ("note", "string", True),
    ]
    told = [(p.name, p.type, p.default, p.choices) for p in dataset.params][:2]
    assert told == [("since", "date", "-90d", ()), ("format_of_post", "choice", None, ("text", "image"))]
    assert [p.name for p in dataset.params][2:] == ["format", "delimiter", "decimal", "safe", "bom"]
    assert dataset.example == "format_of_post=text&format=csv"


def test_every_kind_of_variable_is_described() -> None:
    kinds = ("string", "integer", "number", "boolean", "date", "list")
    query = "SELECT " + ", ".join(f"@{{{kind}}}" for kind in kinds[:-1]) + " WHERE 1 IN (@{list})"
    metric = saved(query=query, variables=[{"name": kind, "type": kind} for kind in kinds])
    (told,) = describe_catalog([dataset_of(metric)])
    params = {p.name: p for p in DatasetDescription.model_validate(told).parameters}
    assert [params[kind].type for kind in kinds] == ["text", "integer", "number", "choice", "date", "list"]
    assert params["boolean"].choices == ["true", "false"]
    assert all(params[kind].example for kind in kinds)


def test_a_metric_runs_through_the_doors_that_are_open_and_on_its_own_page() -> None:
    metric = saved(("feed",))
    check_door(metric, "feed")
    check_door(metric, "page")
    with pytest.raises(NotAllowed, match="open to feed"):
        check_door(metric, "api")


def test_a_key_reads_a_metric_that_it_names_and_none_where_it_is_limited_to_profiles() -> None:
    metric = saved()
    assert may_read(Rights(1), metric)
    assert may_read(Rights(1, ("posts", metric.public_id)), metric)
    assert not may_read(Rights(1, ("posts",)), metric)
    assert not may_read(Rights(1, None, (5,)), metric)
    assert not may_read(Rights(1, (metric.public_id,), (5,)), metric)


def test_a_variables_name_is_one_that_an_address_can_hold() -> None:
    for name in ("1st", "a-b", "", "ä", "x" * 65):
        with pytest.raises(ValueError, match="name"):
            Variable(name=name)
