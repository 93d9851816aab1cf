"""What a client sent becomes a model, or a mistake that quotes the value and says what would be right."""

from typing import Any

import pytest

from flux.mistakes import InvalidParameter, Mistake, UnknownParameter
from flux.schemas.analyses import AnalysisIn
from flux.schemas.projects import ListQuery, ProjectChanges, ProjectIn
from flux.schemas.reading import read_model, read_query


def test_left_out_parameters_have_their_defaults() -> None:
    assert read_query(ListQuery, {}) == ListQuery(limit=20, offset=0, sort="created_at", order="desc")


def test_an_empty_parameter_counts_as_left_out() -> None:
    assert read_query(ListQuery, {"limit": [""], "order": ["asc"]}).order == "asc"


def test_an_unknown_parameter_is_passed_over() -> None:
    assert read_query(ListQuery, {"x": ["1"], "key": ["flux_"]}) == ListQuery()


def test_a_near_miss_is_named() -> None:
    with pytest.raises(UnknownParameter, match="Did you mean 'limit'"):
        read_query(ListQuery, {"limt": ["5"]})


def test_a_number_out_of_range_is_told_as_the_page_tells_it() -> None:
    with pytest.raises(Mistake) as caught:
        read_query(ListQuery, {"limit": ["200"]})
    assert caught.value.message.startswith("The parameter 'limit' must be a number between 1 and 100")
    assert caught.value.details == {"parameter": "limit", "value": "200", "constraint": "1-100"}
    assert caught.value.code == "invalid_parameter"


@pytest.mark.parametrize("text", ["0", "-1", "abc", "1.5", "5.0", "1e1", "٣", "1_0", "9" * 30, "0x1"])
def test_what_is_no_number_in_range_is_refused(text: str) -> None:
    with pytest.raises(Mistake) as caught:
        read_query(ListQuery, {"limit": [text]})
    assert caught.value.details["constraint"] == "1-100"


def test_a_repeated_parameter_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="given once"):
        read_query(ListQuery, {"limit": ["1", "2"]})


BODIES: list[tuple[Any, str, str]] = [
    ({}, "name", "given"),
    ({"name": ""}, "name", "at least 1"),
    ({"name": " \t"}, "name", "something to be seen"),
    ({"name": "a\0b"}, "name", "without NUL"),
    ({"name": "x" * 201}, "name", "at most 200"),
    ({"name": 5}, "name", "a text"),
    ({"name": None}, "name", "a text"),
    ({"name": "a", "description": 1}, "description", "a text"),
    ({"name": "a", "profile_ids": ["proj_1"]}, "profile_ids.0", "an id such as prof_"),
    ({"name": "a", "profile_ids": "prof_00000000001"}, "profile_ids", "a list"),
    ({"name": "a", "profile_ids": ["prof_00000000001"] * 51}, "profile_ids", "at most 50"),
    ([], "body", "an object"),
    ("text", "body", "an object"),
    (None, "body", "an object"),
    (5, "body", "an object"),
]


@pytest.mark.parametrize(("body", "parameter", "constraint"), BODIES)
def test_a_body_that_will_not_do_says_why(body: Any, parameter: str, constraint: str) -> None:
    with pytest.raises(Mistake) as caught:
        read_model(ProjectIn, body)
    assert caught.value.details["parameter"] == parameter
    assert constraint in caught.value.details["constraint"]


def test_an_unknown_field_names_the_known_ones() -> None:
    with pytest.raises(Mistake, match="There are: name, description, industry") as caught:
        read_model(ProjectIn, {"name": "a", "colour": "red"})
    assert caught.value.code == "unknown_parameter"


def test_a_mistyped_field_is_recognised() -> None:
    with pytest.raises(UnknownParameter, match="Did you mean 'description'"):
        read_model(ProjectIn, {"name": "a", "desciption": "red"})


def test_a_key_is_never_repeated() -> None:
    with pytest.raises(Mistake) as caught:
        read_model(ProjectIn, {"name": "a", "colour": "flux_api_" + "A" * 38})
    assert "AAAA" not in str(caught.value.details)


def test_changes_tell_null_from_left_out() -> None:
    assert read_model(ProjectChanges, {"industry": None}).model_fields_set == {"industry"}
    with pytest.raises(Mistake):
        read_model(ProjectChanges, {"name": None})


def test_an_unknown_kind_names_the_kinds() -> None:
    with pytest.raises(Mistake) as caught:
        read_model(AnalysisIn, {"kind": "oracle"})
    told = caught.value.details
    assert (told["parameter"], told["value"]) == ("kind", "oracle")
    assert told["constraint"].startswith("one of summary, trend")
    assert caught.value.message.startswith("The parameter 'kind' is 'oracle': it must be one of summary")


def test_a_kind_is_needed() -> None:
    with pytest.raises(Mistake) as caught:
        read_model(AnalysisIn, {"name": "x"})
    assert caught.value.details == {"parameter": "kind", "value": "", "constraint": "given"}


def test_parameters_of_a_kind_are_checked() -> None:
    with pytest.raises(Mistake) as caught:
        read_model(AnalysisIn, {"kind": "summary", "parameters": {"range": "last_moon"}})
    assert caught.value.details["parameter"] == "parameters.range"
    assert "last_7_days" in caught.value.details["constraint"]


def test_a_whole_number_may_be_written_with_a_point() -> None:
    roi = {"data_source_id": "ds_00000000001", "date_column": "day", "amount_column": "spend"}
    read = read_model(AnalysisIn, {"kind": "roi", "parameters": roi | {"lag": 1.0}})
    assert read.parameters.lag == 1
    with pytest.raises(Mistake, match=r"'parameters\.lag' must be a number between 0 and 2; it is '1\.5'"):
        read_model(AnalysisIn, {"kind": "roi", "parameters": roi | {"lag": 1.5}})


def test_a_very_deep_body_is_refused() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(InvalidParameter, match="nested"):
        read_model(ProjectIn, {"name": deep})
