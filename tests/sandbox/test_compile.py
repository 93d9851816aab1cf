"""A user's text becomes SQL that holds no value of a variable, and mistakes are told with their place."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux.mistakes import InvalidQuery
from flux.sandbox.compile import compile_query

# As the product's page shows it, in base64.
PAGE_EXAMPLE = (
    "U0VMRUNUIHRpbWVzdGFtcCwgdXNlcklkLCBhbm9ueW1vdXNJZCwgbmFtZSwgdWZQcm9wZXJ0aWVzLnVybFBhdGggYXMgcGFnZVBhdGggCkZS"
    "T00gZXZlbnRzVGFibGUgCldIRVJFIG5hbWUgPSAnQHtldmVudE5hbWV9JyAKTElNSVQgQHtyb3dMaW1pdH0="
)


def test_the_pages_example_is_bound() -> None:
    text = base64.b64decode(PAGE_EXAMPLE).decode()
    statement = compile_query(text, {"eventName": "x' OR 1=1 --", "rowLimit": 5})
    assert statement.sql == (
        "SELECT timestamp, userId, anonymousId, name, (ufProperties ->> '$.\"urlPath\"') as pagePath"
        " FROM eventsTable WHERE name = ?1 LIMIT ?2"
    )
    assert statement.parameters == ("x' OR 1=1 --", 5)


@pytest.mark.parametrize(
    ("text", "variables", "sql", "parameters"),
    [
        ("SELECT @{a}", {"a": None}, "SELECT ?1", (None,)),
        ("SELECT '@{a}'", {"a": 3}, "SELECT ?1", (3,)),
        ("SELECT '@{ a }'", {"a": True}, "SELECT ?1", (True,)),
        ("SELECT '%@{a}%'", {"a": "it's"}, "SELECT ?1", ("%it's%",)),
        ("SELECT 'it''s @{a} of @{b}'", {"a": 1, "b": 2.5}, "SELECT ?1", ("it's 1 of 2.5",)),
        ("SELECT 1 IN (@{a})", {"a": [1, 2]}, "SELECT 1 IN (?1, ?2)", (1, 2)),
        ("SELECT 1 IN @{a}", {"a": [1, 2]}, "SELECT 1 IN (?1, ?2)", (1, 2)),
        ("SELECT 1 IN ('@{a}')", {"a": ["x"]}, "SELECT 1 IN (?1)", ("x",)),
        ("SELECT 1 IN (0, @{a})", {"a": [1, 2]}, "SELECT 1 IN (0, ?1, ?2)", (1, 2)),
        ("SELECT 1 IN @{a}", {"a": []}, "SELECT 1 IN ()", ()),
        ("SELECT @{a}+@{a}", {"a": 1}, "SELECT ?1+?2", (1, 1)),
        ('SELECT "a ""b"`c`', {}, 'SELECT `a "b``c`', ()),
        ("SELECT 1/* ; */+--x\n2;", {}, "SELECT 1 + 2", ()),
        ("SELECT properties.a FROM e", {}, "SELECT (properties ->> '$.\"a\"') FROM e", ()),
        ('SELECT x.Properties.a."b c"', {}, 'SELECT (x.Properties ->> \'$."a"."b c"\')', ()),
        ("SELECT properties.`it's`", {}, "SELECT (properties ->> '$.\"it''s\"')", ()),
        ("SELECT properties.tags[0].x", {}, 'SELECT (properties ->> \'$."tags"[0]."x"\')', ()),
        ("SELECT e.properties, p.name", {}, "SELECT e.properties, p.name", ()),
        ("SELECT 'properties.a'", {}, "SELECT 'properties.a'", ()),
        *(
            (text, {}, text, ())
            for text in (
                "SELECT properties, a AS properties FROM e, json_each(properties) AS j ORDER BY properties",
                "SELECT 1 FROM e JOIN f ON properties = 1 WHERE properties IS NOT DISTINCT FROM properties",
                "SELECT 1 FROM (SELECT 1 AS properties) a JOIN b USING (properties) GROUP BY properties",
            )
        ),
    ],
)
def test_text_becomes_sql(
    text: str, variables: dict[str, Any], sql: str, parameters: tuple[Any, ...]
) -> None:
    statement = compile_query(text, variables)
    assert (statement.sql, statement.parameters) == (sql, parameters)


@pytest.mark.parametrize(
    ("text", "variables", "line", "column", "told"),
    [
        ("SELECT\n  @{name}", {}, 2, 3, "'@{name}' has no value"),
        ("SELECT 1 -- @{a}", {"a": 1}, None, None, "the query nowhere says @{a}"),
        ("SELECT ?", {}, 1, 8, "'?' cannot be used: values are written as @{name}"),
        ("SELECT 1,\n\n :a", {}, 3, 2, "':' cannot be used"),
        ("SELECT @{a b}", {"a b": 1}, 1, 8, "must be followed by a variable's name"),
        ('SELECT "@{a}"', {"a": 1}, 1, 8, "cannot stand within a name"),
        ("SELECT '\n@{a}'", {"a": None}, 1, 8, "is null, which cannot be part of a text"),
        ("SELECT 'a @{a}'", {"a": [1]}, 1, 8, "is a list, which cannot be part of a text"),
        ("SELECT @{a}", {"a": {"b": 1}}, 1, 8, "must be a text, number, boolean, null, or a list of those"),
        ("SELECT @{a}", {"a": 2**63}, 1, 8, "must be from -2^63 to 2^63 - 1"),
        ("SELECT @{a}", {"a": float("nan")}, 1, 8, "must be a finite number"),
        ("SELECT @{a}", {"a": "ä" * 5_001}, 1, 8, "has 10,002 bytes: at most 10,000"),
        ("SELECT 'x@{a}'", {"a": "x" * 10_000}, 1, 8, "this text with its variables has 10,001 bytes"),
        ("SELECT @{a}", {"a": "\ud800"}, 1, 8, "half of a surrogate pair"),
        ("SELECT @{a}", {"a": list(range(501))}, 1, 8, "at most 500 values"),
        (f"SELECT '{'@{a}' * 9_000}'", {"a": "x" * 10_000}, 1, 8, "at most 500 values"),
        ("SELECT '\ud800'", {}, 1, 9, "half of a surrogate pair"),
        ("SELECT 1\0", {}, 1, 9, "NUL"),
        ("SELECT 1;\nSELECT 2", {}, 1, 9, "one statement is run at a time"),
        ("SELECT 'abc", {}, 1, 8, "a text begins here and is never closed"),
        ('SELECT "abc', {}, 1, 8, "a name begins here and is never closed"),
        ("SELECT 1 /* abc", {}, 1, 10, "a comment begins here and is never closed"),
        ("SELECT ‘a’", {}, 1, 8, "'‘' (U+2018) is no part of SQL"),
        ("SELECT 12abc", {}, 1, 8, "'12abc' is no number"),
        ('SELECT properties."a\\b"', {}, 1, 19, "neither a quotation mark nor a backslash"),
        ("SELECT 1\nFROM properties", {}, 2, 6, "no table can be called 'properties'"),
        ("SELECT 1 FROM e AS Properties", {}, 1, 20, "no table can be called 'Properties'"),
        ("SELECT 1 FROM a, e ufProperties", {}, 1, 20, "no table can be called 'ufProperties'"),
        ('SELECT 1 FROM a, (SELECT 1) "properties"', {}, 1, 29, "no table can be called 'properties'"),
        ("SELECT 1 FROM a LEFT JOIN b AS [properties]", {}, 1, 32, "no table can be called 'properties'"),
        ("WITH properties AS (SELECT 1) SELECT (SELECT 1 FROM properties)", {}, 1, 53, "no table can be"),
        ("delete from posts", {}, 1, 1, "begins with SELECT, WITH or VALUES"),
        (" -- nothing", {}, None, None, "The query is empty"),
        ("SELECT " + "1," * 20_000, {}, None, None, "has 40,007 bytes: at most 40,000"),
    ],
)
def test_mistakes_are_told_with_their_place(
    text: str, variables: dict[str, Any], line: int | None, column: int | None, told: str
) -> None:
    with pytest.raises(InvalidQuery) as caught:
        compile_query(text, variables)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert told in caught.value.message
    if line:
        assert caught.value.message.startswith(f"Line {line}, column {column}: ")


_WORDS = st.sampled_from(
    [
        *("SELECT", "posts", ",", "(", ")", "IN", "LIMIT", "1", "||", '"q"', "''", "--", "/*@{b}*/"),
        *("'@{a}'", "@{a}", "@{b}", "'x_@{b}_y'", "properties.a", "x.ufProperties.b[1]"),
    ]
)
_TEMPLATES = st.lists(_WORDS, max_size=12).map(lambda words: "SELECT @{a} @{b} " + "\n".join(words))
_PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.integers(-(2**63), 2**63 - 1)
_VALUES = _PLAIN | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()


@given(_TEMPLATES, st.tuples(_VALUES, _VALUES), st.tuples(_VALUES, _VALUES))
def test_the_sql_never_depends_on_a_value(
    template: str, first: tuple[Any, ...], second: tuple[Any, ...]
) -> None:
    one, other = (compile_query(template, {"a": a, "b": b}) for a, b in (first, second))
    assert one.sql == other.sql
    assert len(one.parameters) == len(other.parameters)


@given(_TEMPLATES, st.lists(st.tuples(_VALUES, _VALUES), max_size=5))
def test_the_sql_of_a_list_depends_on_its_length_alone(template: str, pairs: list[tuple[Any, Any]]) -> None:
    template = template.replace("'x_@{b}_y'", "@{b}")
    one, other = (compile_query(template, {"a": values, "b": 1}) for values in zip_lists(pairs))
    assert one.sql == other.sql


def zip_lists(pairs: list[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    return [a for a, _ in pairs], [b for _, b in pairs]


@given(st.text(max_size=60), st.dictionaries(st.text(max_size=3), _VALUES, max_size=2))
def test_any_text_is_compiled_or_refused(text: str, variables: dict[str, Any]) -> None:
    try:
        statement = compile_query(text, variables)
    except InvalidQuery:
        return
    assert len(statement.texts()) == len(statement.pieces)
