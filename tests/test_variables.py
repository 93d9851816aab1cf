"""Variables: read from JSON and from texts, each by its type, with an error that says what would be right."""

from datetime import date
from typing import Any

import pytest

from flux.mistakes import InvalidParameter, UnknownParameter
from flux.schemas.metrics import Variable
from flux.variables import MOST_LISTED, bind_variables, read_texts

TODAY = date(2026, 3, 31)


def declare(type: str, **more: Any) -> tuple[Variable, ...]:
    return (Variable.model_validate({"name": "x", "type": type, **more}),)


READ = [
    ("string", "signup", "signup", "signup"),
    ("string", "12", "12", "12"),
    ("integer", 12, "12", 12),
    ("integer", -7, "-7", -7),
    ("number", 0.5, "0.5", 0.5),
    ("number", 3, "3", 3),
    ("number", -1500.0, "-1.5e3", -1500.0),
    ("boolean", True, "true", True),
    ("boolean", False, "0", False),
    ("date", "2026-01-31", "2026-01-31", "2026-01-31"),
    ("date", "today", "today", "2026-03-31"),
    ("date", "yesterday", "yesterday", "2026-03-30"),
    ("date", "-90d", "-90d", "2025-12-31"),
    ("date", "-1m", "-1m", "2026-02-28"),
    ("list", ["a", "b"], "a,b", ["a", "b"]),
    ("list", ["a"], "a", ["a"]),
]


@pytest.mark.parametrize(("type", "json", "text", "read"), READ)
def test_a_value_is_read_by_its_type_from_json_and_from_text(
    type: str, json: Any, text: str, read: Any
) -> None:
    for found in (
        bind_variables(declare(type), {"x": json}, TODAY)["x"],
        read_texts(declare(type), {"x": [text]}, TODAY)["x"],
    ):
        assert (found, found.__class__) == (read, read.__class__)


WRONG_JSON = [
    ("string", 5, "a text"),
    ("string", ["a"], "a text"),
    ("integer", "5", "a whole number"),
    ("integer", 5.5, "a whole number"),
    ("integer", True, "a whole number"),
    ("integer", 2**63, "a whole number"),
    ("number", "5", "a number"),
    ("number", float("nan"), "a number"),
    ("boolean", 1, "true or false"),
    ("date", "31.12.2025", "YYYY-MM-DD"),
    ("date", "1969-12-31", "1970-01-01"),
    ("date", 20260101, "YYYY-MM-DD"),
    ("list", "a,b", "a list"),
    ("list", [["a"]], "a list"),
    ("list", ["a"] * (MOST_LISTED + 1), "a list"),
]


@pytest.mark.parametrize(("type", "value", "right"), WRONG_JSON)
def test_another_value_is_refused_with_what_would_be_right(type: str, value: Any, right: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        bind_variables(declare(type), {"x": value}, TODAY)
    assert right in refused.value.message
    assert refused.value.details["parameter"] == "x"


@pytest.mark.parametrize(
    ("type", "text"), [("integer", "5.5"), ("integer", "1_000"), ("number", "1,5"), ("boolean", "maybe")]
)
def test_another_text_is_refused_and_quoted(type: str, text: str) -> None:
    with pytest.raises(InvalidParameter, match=text):
        read_texts(declare(type), {"x": [text]}, TODAY)


def test_a_variable_left_out_has_its_default_else_null() -> None:
    assert bind_variables(declare("integer", default=7), {}) == {"x": 7}
    assert bind_variables(declare("integer", default=7), {"x": None}) == {"x": 7}
    assert bind_variables(declare("date", default="-1d"), {}, TODAY) == {"x": "2026-03-30"}
    assert bind_variables(declare("integer"), {}) == {"x": None}
    assert read_texts(declare("string", default="a"), {"x": ["  "]}) == {"x": "a"}


def test_a_required_one_must_be_given_unless_it_has_a_default() -> None:
    with pytest.raises(InvalidParameter, match="a whole number"):
        bind_variables(declare("integer", required=True), {})
    assert bind_variables(declare("integer", required=True, default=7), {}) == {"x": 7}


def test_only_a_choice_may_be_taken() -> None:
    variables = declare("string", choices=["image", "text"])
    assert read_texts(variables, {"x": ["text"]}) == {"x": "text"}
    with pytest.raises(InvalidParameter, match="one of image, text"):
        read_texts(variables, {"x": ["video"]})
    days = declare("date", choices=["-7d", "-30d"])
    assert bind_variables(days, {"x": "2026-03-24"}, TODAY) == {"x": "2026-03-24"}
    listed = declare("list", choices=["image", "text"])
    assert read_texts(listed, {"x": ["text,image"]}) == {"x": ["text", "image"]}
    with pytest.raises(InvalidParameter, match="one of image, text"):
        bind_variables(listed, {"x": ["text", "poll"]})


def test_a_list_is_repeated_or_separated_by_commas() -> None:
    assert read_texts(declare("list"), {"x": ["a, b", "c", "a, b"]}) == {"x": ["a", "b", "c"]}
    assert read_texts(declare("list"), {"x": ["1,2"]}) == {"x": ["1", "2"]}


def test_a_list_whose_own_values_are_numbers_is_one_of_numbers() -> None:
    assert read_texts(declare("list", default=[1, 2]), {"x": ["3,4.5"]}) == {"x": [3, 4.5]}
    assert read_texts(declare("list", choices=[1, 2]), {"x": ["2"]}) == {"x": [2]}


def test_any_other_variable_is_given_once() -> None:
    with pytest.raises(InvalidParameter, match="given once"):
        read_texts(declare("integer"), {"x": ["1", "2"]})
    assert read_texts(declare("integer"), {"x": ["1", "1"]}) == {"x": 1}


def test_json_has_declared_names_only() -> None:
    variables = (Variable(name="eventName"), Variable(name="rows", type="integer"))
    with pytest.raises(UnknownParameter, match="Did you mean 'eventName'"):
        bind_variables(variables, {"eventname": "signup"})
    with pytest.raises(InvalidParameter, match="among eventName, rows"):
        bind_variables(variables, {"colour": "red"})
    with pytest.raises(InvalidParameter, match="no variables"):
        bind_variables((), {"colour": "red"})


def test_an_address_may_have_others_but_no_near_miss() -> None:
    variables = (Variable(name="eventName", default="signup"),)
    others = {"x": ["1"], "format": ["csv"], "key": ["flux_bi_x"], "colour": ["red"]}
    assert read_texts(variables, others) == {"eventName": "signup"}
    with pytest.raises(UnknownParameter, match="Did you mean 'eventName'"):
        read_texts(variables, {"eventNam": ["signup"]})
    with pytest.raises(UnknownParameter, match="Did you mean 'delimiter'"):
        read_texts(variables, {"delimeter": ["tab"]})


def test_no_error_repeats_a_key() -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_texts(declare("integer"), {"x": ["flux_bi_secretsecret"]})
    assert "secret" not in refused.value.message
