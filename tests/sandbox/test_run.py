"""Honest queries get their rows, whatever the database; mistakes are told so that they can be put right."""

import json
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from flux.mistakes import InvalidQuery, RateLimited
from flux.sandbox import run, snapshot
from flux.sandbox.functions import FUNCTIONS
from flux.sandbox.process import LIMITS, Limits
from flux.sandbox.slots import slot
from flux.sandbox.snapshot import hold_snapshot, read_state
from flux.sandbox.worker import MOST_STEPS, TABLES_OF_JSON
from flux.store.engine import fetch
from tests.sandbox.house import House
from tests.sandbox.test_compile import PAGE_EXAMPLE

HONEST = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "queries.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("query", HONEST, ids=[query["id"] for query in HONEST])
def test_both_databases_give_the_same_rows(
    sqlite_house: House, postgres_house: House, query: dict[str, Any]
) -> None:
    one, other = (
        house.ask(house.ada, query["sql"], query["variables"]) for house in (sqlite_house, postgres_house)
    )
    assert one.rows == other.rows
    assert one.columns == other.columns
    assert one.rows and not one.truncated
    assert any(value is not None for row in one.rows for value in row)


def test_there_are_enough_honest_queries() -> None:
    assert len(HONEST) >= 20


def test_the_rows_are_those_of_the_data(house: House) -> None:
    """Counted anew from what the house was filled with."""
    likes = sorted([n * 3 % 17 for n in range(40) if n % 7 != 3] * 2)
    found = house.ask(house.bob, "SELECT count(likes), sum(likes), max(likes), count(*) FROM posts").rows
    assert found == [[len(likes), sum(likes), max(likes), 80]]
    listed = house.ask(house.bob, "SELECT likes FROM posts WHERE likes IS NOT NULL ORDER BY 1").rows
    assert listed == [[n] for n in likes]
    by_format = house.ask(house.bob, "SELECT format, count(*) FROM posts GROUP BY 1").rows
    assert Counter(dict(by_format)) == Counter({"text": 20, "image": 20, "video": 20, None: 20})


def test_the_pages_example_runs_as_it_stands(house: House) -> None:
    import base64

    text = base64.b64decode(PAGE_EXAMPLE).decode()
    variables = {"eventName": "signup", "rowLimit": 2}
    answer = house.ask(house.ada, text, variables)
    names = [name for name, _ in answer.columns]
    assert names == ["timestamp", "userId", "anonymousId", "name", "pagePath"]
    assert answer.rows == [
        ["2026-01-01T08:00:00.000Z", "user-1", None, "signup", "/page/1"],
        ["2026-01-03T08:00:00.000Z", "user-3", None, "signup", "/page/3"],
    ]


@pytest.mark.parametrize("at", ["'@{v}'", "@{v}"])
@pytest.mark.parametrize(
    "value", ["it's", "@{v}", "1", 1, 1.5, -(2**63), True, None, "", "\0x", "ünï\U0001f600"]
)
def test_a_value_arrives_as_it_is(sqlite_house: House, at: str, value: Any) -> None:
    answer = sqlite_house.ask(sqlite_house.ada, f"SELECT {at} AS v, typeof({at})", {"v": value})
    kinds = {str: "text", bool: "integer", int: "integer", float: "real", type(None): "null"}
    assert answer.rows == [[value, kinds[type(value)]]]


def test_columns_are_called_what_the_user_wrote_and_have_types(sqlite_house: House) -> None:
    text = "SELECT count(*), properties.plan.seats, @{x}, 'a', 1.5, 1 AS \"a b\", null FROM eventsTable"
    answer = sqlite_house.ask(sqlite_house.ada, text, {"x": "y"})
    assert answer.columns == (
        ("count(*)", "integer"),
        ("properties.plan.seats", "integer"),
        ("@{x}", "string"),
        ("'a'", "string"),
        ("1.5", "number"),
        ("a b", "integer"),
        ("null", "string"),
    )
    text = """
        SELECT count( properties.plan.seats ), 'x'||@{v}||'y', sum(e.properties.a)+@{v}, count("name")
            + 1 /* one */, min(name IN (@{list})), max('?1'), @{v} AS "?9", '%'||'@{v}@{v}'
        FROM eventsTable e
    """
    answer = sqlite_house.ask(sqlite_house.ada, f"SELECT * FROM ({text})", {"v": "b", "list": ["c", "d"]})
    assert [name for name, _ in answer.columns] == [
        *("count( properties.plan.seats )", "'x'||@{v}||'y'", "sum(e.properties.a)+@{v}"),
        *('count("name") + 1', "min(name IN (@{list}))", "max('?1')", "?9", "'%'||'@{v}@{v}'"),
    ]
    assert sqlite_house.ask(sqlite_house.ada, "VALUES (1), (2.5), (NULL)").columns == (("column1", "number"),)
    assert sqlite_house.ask(sqlite_house.ada, "VALUES (1), ('x')").columns == (("column1", "string"),)


def test_columns_of_one_name_are_told_apart_and_moments_are_known(sqlite_house: House) -> None:
    text = "SELECT date, published_at, published_local, date, max(likes) AS date FROM posts"
    answer = sqlite_house.ask(sqlite_house.ada, text)
    assert answer.columns == (
        ("date", "date"),
        ("published_at", "datetime"),
        ("published_local", "datetime"),
        ("date_2", "date"),
        ("date_3", "integer"),
    )
    told = sqlite_house.ask(sqlite_house.ada, "SELECT timestamp FROM eventsTable")
    assert told.columns == (("timestamp", "datetime"),)


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SELECT 1", ()),
        ("SELECT count(*) FROM POSTS", ("posts",)),
        ("SELECT 1 FROM eventstable e, daily WHERE EXISTS (SELECT 1 FROM profiles)", None),
        ("WITH p AS (SELECT * FROM posts) SELECT x.value FROM p, json_each('[1]') x", ("posts",)),
    ],
)
def test_the_tables_that_are_read_are_told(
    sqlite_house: House, text: str, tables: tuple[str, ...] | None
) -> None:
    answer = sqlite_house.ask(sqlite_house.ada, text)
    assert answer.tables == (("profiles", "daily", "eventsTable") if tables is None else tables)
    assert answer.plan == ()
    assert answer.state == read_state(sqlite_house.engine, sqlite_house.ada.account_id)


def test_a_plan_is_told_where_it_is_asked_for(sqlite_house: House) -> None:
    text = "SELECT date FROM daily UNION SELECT date FROM posts WHERE likes > @{n}"
    answer = sqlite_house.ask(sqlite_house.ada, text, {"n": 3}, explain=True)
    assert answer.rows == sqlite_house.ask(sqlite_house.ada, text, {"n": 3}).rows
    assert answer.plan[0] == "COMPOUND QUERY"
    assert any(step.startswith("    SCAN posts") for step in answer.plan), "below its branch"
    many = " UNION ".join(["SELECT 1"] * 50)
    told = sqlite_house.ask(sqlite_house.ada, f"SELECT * FROM ({many}), ({many}), ({many})", explain=True)
    assert len(told.plan) == MOST_STEPS


def test_a_warm_query_asks_the_database_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.ask(house.ada, "SELECT 1")
    asked = []
    monkeypatch.setattr(snapshot, "fetch", lambda *given: asked.append(given) or fetch(*given))
    monkeypatch.setattr(type(house.engine), "connect", None)
    assert house.ask(house.ada, "SELECT 1").rows == [[1]]
    assert len(asked) == 1


def test_the_patient_wait_for_the_query_that_runs(sqlite_house: House) -> None:
    with ThreadPoolExecutor(1) as pool:
        with slot(sqlite_house.ada.account_id):
            waiting = pool.submit(sqlite_house.ask, sqlite_house.ada, "SELECT 1", patience=20)
            with pytest.raises(RateLimited):
                sqlite_house.ask(sqlite_house.ada, "SELECT 1")
        assert waiting.result(20).rows == [[1]]


NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT @{count}) SELECT i FROM n"


@pytest.mark.parametrize(("count", "rows", "truncated"), [(10_000, 10_000, False), (10_001, 10_000, True)])
def test_rows_beyond_the_limit_are_left_out_and_told(
    sqlite_house: House, count: int, rows: int, truncated: bool
) -> None:
    answer = sqlite_house.ask(sqlite_house.ada, NUMBERS, {"count": count})
    assert (len(answer.rows), answer.truncated) == (rows, truncated)


def test_bytes_beyond_the_limit_are_left_out_and_told(sqlite_house: House) -> None:
    text = NUMBERS.replace("SELECT i FROM n", "SELECT printf('%.*c', 100000, 'x') FROM n")
    answer = sqlite_house.ask(sqlite_house.ada, text, {"count": 200})
    assert answer.truncated
    assert LIMITS.bytes - 100_100 < len(json.dumps(answer.rows)) <= LIMITS.bytes + 100_100


@pytest.mark.parametrize(
    ("columns", "variables"),
    [
        (", ".join("1" * 200), {}),
        (f'i AS "{"n" * 999}"', {}),
        (", ".join(["a.*"] * 20) + f' FROM (SELECT i AS "{chr(1) * 900}" FROM n) a --', {}),
        (", ".join([f"@{{{'v' * 60}}}||i||@{{{'v' * 60}}}"] * 20), {"v" * 60: "x"}),
    ],
)
def test_names_of_columns_count_as_every_row_repeats_them(
    sqlite_house: House, columns: str, variables: dict[str, Any]
) -> None:
    text = NUMBERS.replace("SELECT i FROM", f"SELECT {columns} FROM")
    answer = sqlite_house.ask(sqlite_house.ada, text, {"count": 10_000} | variables)
    names = [name for name, _ in answer.columns]
    body = orjson.dumps([dict(zip(names, row, strict=True)) for row in answer.rows])
    assert answer.truncated
    assert LIMITS.bytes * 0.98 < len(body) <= LIMITS.bytes


@pytest.mark.parametrize("name", ["n" * 1_001, "\U0001f600" * 251, "n" * 39_000])
def test_a_name_that_is_too_long_is_refused(sqlite_house: House, name: str) -> None:
    with pytest.raises(InvalidQuery, match="name has more than 1,000 bytes: give it a shorter one with AS"):
        sqlite_house.ask(sqlite_house.ada, f'SELECT a.*, a.*, a.* FROM (SELECT 1 AS "{name}") a')


MISTAKES = [
    (
        "SELECT likes,\n  lkes FROM posts",
        (2, 3),
        "there is no column 'lkes'. Did you mean 'likes'? There are: ",
    ),
    ("SELECT p.textt FROM posts p", (1, 8), "there is no column 'p.textt'. Did you mean 'text'?"),
    ('SELECT "lkes" FROM posts', (1, 8), "there is no column 'lkes'"),
    ("SELECT xyz FROM daily", (1, 8), "There are: profile_id, date, posts, posts_measured"),
    ("SELECT 1\nFROM post", (2, 6), "no table 'post'. Did you mean 'posts'? There are: posts, profiles, "),
    ("SELECT lenght(text) FROM posts", (1, 8), "there is no function 'lenght'. Did you mean 'length'?"),
    ("SELECT load_extension('x')", (1, 8), "there is no function 'load_extension'. All are listed in "),
    ("SELECT median(likes) FROM posts", (1, 8), "'median'. Did you mean 'min'? All are listed in /docs#sql-"),
    ("SELECT (SELECT name FROM built_from)", (1, 16), "there is no column 'name'. There are: "),
    ("SELECT daily.likes FROM posts", (1, 8), "no column 'daily.likes'. Did you mean 'likes'? There are: "),
    ("SELECT upper(1, 2, 3)", (1, 8), "wrong number of arguments to function upper()"),
    ("SELECT 1 AND\n  AND 1", (2, 3), "'AND' cannot stand here"),
    ("SELECT 'a' AND a FROM posts WHERE (SELECT AND)", (1, 43), "'AND' cannot stand here"),
    ("SELECT 1 FROM posts WHERE '@{v}' ORDER likes", (1, 40), "'likes' cannot stand here"),
    ("SELECT likes FROM posts p q", (1, 27), "'q' cannot stand here"),
    ("SELECT 1,, 2, (3,, 4)", (1, 10), "',' cannot stand here"),
    ("SELECT 1 FROM posts) ORDER BY 1, 2", (1, 20), "')' cannot stand here"),
    ("FROM posts", (1, 1), "begins with SELECT"),
    ("SELECT FROM posts", (1, 8), "'FROM' cannot stand here"),
    ("SELECT 1 +", (1, 10), "the query ends too early"),
    ("SELECT likes FROM posts a, posts b", (1, 8), "ambiguous column name: likes"),
    ("SELECT max(likes) FROM posts WHERE sum(likes) > 1", (1, 36), "misuse of aggregate: sum()"),
    ("SELECT 1 LIMIT 'x'", None, "LIMIT and OFFSET need whole numbers"),
    ("SELECT abs(-9223372036854775808)", None, "a number is larger than 2^63 - 1"),
    ("SELECT 1 FROM posts WHERE properties.a = 1", (1, 27), "there is no column 'properties'"),
    ("SELECT json('[1')", None, "alformed JSON"),
]


@pytest.mark.parametrize(("text", "place", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_place(
    sqlite_house: House, text: str, place: tuple[int, int] | None, told: str
) -> None:
    with pytest.raises(InvalidQuery) as caught:
        sqlite_house.ask(sqlite_house.ada, text, {"v": 1} if "@{v}" in text else {})
    mistake = caught.value
    assert told.lower() in mistake.message.lower()
    assert (mistake.line, mistake.column) == (place or (None, None))
    assert set(mistake.details) <= {"parameter", "value", "constraint"}
    assert "?." not in mistake.message


@pytest.mark.parametrize("end", [" ,)", "1)) UNION SELECT 1", ") ,"])
def test_the_place_of_a_mistake_in_a_long_query_is_soon_found(sqlite_house: House, end: str) -> None:
    text = f"SELECT 1 WHERE 1 IN ({'1,' * 9_900}{end}"
    begin = time.monotonic()
    with pytest.raises(InvalidQuery, match=r"^Line 1, column 198\d\d: '[,)]' cannot stand here"):
        sqlite_house.ask(sqlite_house.ada, text)
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("before", range(8))
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("sum(likes) FILTER (WHERE 1) OVER () FROM posts LIMT 5 OFFST 3", "5"),
        ("sum(likes) OVER w FROM posts p WINDOW w AS (ORDER BY date) LIMIT 5 OFFST 3", "OFFST"),
    ],
)
def test_a_word_that_is_a_name_where_nothing_follows_is_not_blamed(
    sqlite_house: House, before: int, query: str, wrong: str
) -> None:
    """OVER, WINDOW and FILTER are words of SQL only by what stands after them."""
    with pytest.raises(InvalidQuery, match=f"'{wrong}' cannot stand here"):
        sqlite_house.ask(sqlite_house.ada, f"SELECT {'1, ' * before}{query}")


def test_a_mistake_behind_a_bomb_is_told_and_the_bomb_left_alone(sqlite_house: House) -> None:
    """No part of the statement is run or compiled in the search for its place."""
    steps = [f"x{n} AS (SELECT * FROM x{n - 1} a, x{n - 1} b)" for n in range(1, 27)]
    text = f"WITH x0 AS (SELECT 1), {', '.join(steps)} SELECT count(*) FROM x26 , ,"
    with pytest.raises(InvalidQuery, match="',' cannot stand here"):
        sqlite_house.ask(sqlite_house.ada, text)


def test_every_function_of_the_list_is_there_and_the_docs_have_them() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        here = {name for (name,) in database.execute("SELECT name FROM pragma_function_list")}
    assert set(FUNCTIONS) <= here | set(TABLES_OF_JSON)
    docs = Path(__file__).parents[2] / "templates" / "docs_metrics.html"
    assert 'id="sql-functions"' in docs.read_text()


def test_a_file_that_went_or_broke_is_made_anew(house: House) -> None:
    with hold_snapshot(house.settings, house.engine, house.ada.account_id) as file:
        file.path.chmod(0o600)
        file.path.write_bytes(b"no database at all" * 1_000)
    assert house.ask(house.ada, "SELECT count(*) FROM posts").rows == [[80]]


def test_a_worker_that_says_nonsense_is_not_believed(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As one would that a hostile statement took over: endless output, no JSON, rows of another shape."""
    script = tmp_path / "worker.py"
    monkeypatch.setattr(run.worker, "__file__", str(script))
    for body in (
        "import os\nwhile True: os.write(1, b'x' * 65536)",
        "print('no json')",
        'print(\'{"columns": ["a"], "rows": [[1, 2]], "truncated": false, "tables": [], "plan": []}\')',
        "import time; time.sleep(60)",
        "import os; os.close(0); os.abort()",
    ):
        script.write_text(body)
        with pytest.raises(InvalidQuery, match="was ended"):
            sqlite_house.ask(sqlite_house.ada, "SELECT 1", limits=Limits(seconds=0.3, grace=0.2))


def test_the_worker_has_nothing_to_give_away(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a statement that took over the worker would find: no environment, and no file to be opened."""
    original = Path(run.worker.__file__).read_text()
    probe = """
def _run(database, request):
    import os
    found = [len(os.environ)]
    for act in (lambda: open("/etc/passwd"), lambda: os.dup(0), os.pipe):
        try:
            act()
            found.append("done")
        except OSError:
            found.append("refused")
    return {"columns": list("abcd"), "rows": [found], "truncated": False}


if __name__ =="""
    script = tmp_path / "worker.py"
    script.write_text(original.replace("if __name__ ==", probe))
    monkeypatch.setattr(run.worker, "__file__", str(script))
    monkeypatch.setenv("FLUX_SECRET_KEY", "a secret")
    answer = sqlite_house.ask(sqlite_house.ada, "SELECT 1")
    environment, *acts = answer.rows[0]
    assert environment <= 1, "LC_CTYPE, which Python sets for itself"
    assert acts == ["refused"] * 3
