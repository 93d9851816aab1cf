"""Data sources as tables: named so that SQL can ask for them, and harmless whatever they are called."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, update

from flux.mistakes import InvalidQuery
from flux.sandbox.process import LIMITS
from flux.sandbox.run import Answer, run_query
from flux.sandbox.snapshot import hold_snapshot, read_state
from flux.sandbox.worker import TABLES_OF_JSON
from flux.store.engine import writing
from flux.store.export_declare import MOST_TEXT
from flux.store.export_sources import MOST_COLUMNS, name_columns, name_tables
from flux.store.exports import EXPORTS, MOST_ROWS, MOST_TABLES, find_exports
from flux.store.tables import data_sources, jobs, projects
from tests.sandbox.house import add_events, add_table, event
from tests.tenants import NOON, Tenant, make_posts, post

HOSTILE = (
    *('"', "'", "`", "[", "]", "]]--", '"; DROP TABLE posts; --', "'); ATTACH 'x' AS y; --", "\\", "%s", "?"),
    *("a.b", "*", "rowid", "oid", "_rowid_", "ROWID", "select", "@{v}", "@{", ":name", "$1", "{}", "{local}"),
    *("tab\tand\nline", "\0", "\0a\0", "Ⅷ", "ſelect", "ﬁ", "İ", "\u202egnp.exe", "\U0001f600", " ", "", "?1"),
    *("ID", "id", "Id", "1", "2024", "sqlite_master", "built_from", "json_each", "posts", "eventsTable"),
    "N" * 200,
)  # fmt: skip
FILES = (
    *HOSTILE,
    *(f"{name}.csv" for name in ("posts", "POSTS", "eventstable", "Events Table", "daily", "profiles")),
    *("sqlite_master.csv", "sqlite_sequence", "sqlite_x.xlsx", "built_from.csv", "ix_posts.csv", "ix_daily"),
    *("json_each.csv", "json_tree", "pragma_table_info.csv", "dbstat.csv", "bytecode", "main", "fts5vocab"),
    *("order.csv", "Group.csv", "table.csv", ".csv", "spend.csv", "spend.xlsx", "Spend .csv", "spend_2.csv"),
    *("../../etc/passwd", "C:\\con.csv", "Ausgaben für März.csv", "支出.csv", "рosts.csv", "ａｄｓ.csv"),
)  # fmt: skip
WORDS = """
    abort action add after all alter always analyze and as asc attach autoincrement before begin between
    by cascade case cast check collate column commit conflict constraint create cross current
    current_date current_time current_timestamp database default deferrable deferred delete desc detach
    distinct do drop each else end escape except exclude exclusive exists explain fail filter first
    following for foreign from full generated glob group groups having if ignore immediate in index
    indexed initially inner insert instead intersect into is isnull join key last left like limit match
    materialized natural no not nothing notnull null nulls of offset on or order others outer over
    partition plan pragma preceding primary query raise range recursive references regexp reindex
    release rename replace restrict returning right rollback row rows savepoint select set table temp
    temporary then ties to transaction trigger unbounded union unique update using vacuum values view
    virtual when where window with without
"""  # of SQLite's language, every one


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"FLUX_INSTANCE_PATH": str(tmp_path / "instance"), "FLUX_SANDBOX_MB": "100"}


def ask(settings: dict[str, str], engine: Engine, who: Tenant, sql: str, **variables: Any) -> Answer:
    return run_query(settings, engine, who.account_id, sql, variables)


def test_a_data_source_is_a_table(engine: Engine, ada: Tenant, bob: Tenant, settings: dict[str, str]) -> None:
    types = {"Day": "date", "Spend €": "number", "paid": "boolean", "note": "string", "n": "integer"}
    columns = list(types.items())
    rows = [["2026-01-01", 12.5, True, "it's", 3], ["2026-01-02", None, None, "\0x", None]]
    add_table(engine, ada.account_id, "Ad spend.csv", columns, rows)
    add_table(engine, bob.account_id, "Secret.csv", columns, rows)
    answer = ask(settings, engine, ada, "SELECT * FROM ad_spend")
    assert answer.rows == [["2026-01-01", 12.5, 1, "it's", 3], ["2026-01-02", None, None, "\0x", None]]
    assert answer.columns == tuple((types | {"paid": "integer"}).items())
    assert answer.tables == ("ad_spend",)
    assert ask(settings, engine, ada, 'SELECT sum("Spend €") FROM Ad_Spend WHERE paid').rows == [[12.5]]
    with pytest.raises(InvalidQuery, match=r"no table 'secret'.* daily, eventsTable, ad_spend, json_each"):
        ask(settings, engine, ada, "SELECT * FROM secret")
    with pytest.raises(InvalidQuery, match=r"no column 'payed'. Did you mean 'paid'"):
        ask(settings, engine, ada, "SELECT payed FROM ad_spend")


def test_the_schema_tells_of_the_accounts_own_tables(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    wide = [(f"c{n}", "integer") for n in range(MOST_COLUMNS + 1)]
    add_table(engine, ada.account_id, "wide.csv", wide, [])
    assert find_exports(engine, bob.account_id) == EXPORTS
    *common, last = find_exports(engine, ada.account_id)
    assert tuple(common) == EXPORTS
    assert (last.name, last.help) == ("wide", "Your file `wide.csv`. Its first 150 columns.")
    assert last.columns == tuple(name for name, _ in wide[:MOST_COLUMNS])
    assert all(field.help for field in last.fields)


def test_tables_come_and_go_and_the_others_are_left_alone(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    first, second = (
        add_table(engine, ada.account_id, "spend.csv", [("n", "integer")], [[n]]) for n in (1, 2)
    )
    assert ask(settings, engine, ada, "SELECT s.n, t.n FROM spend s, spend_2 t").rows == [[1, 2]]
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01")])
    assert ask(settings, engine, ada, "SELECT s.n, p.date FROM spend s, posts p").rows == [[1, "2026-01-01"]]
    _remove(engine, ada, first)
    assert ask(settings, engine, ada, "SELECT n FROM spend").rows == [[2]]
    with pytest.raises(InvalidQuery, match="no table 'spend_2'"):
        ask(settings, engine, ada, "SELECT n FROM spend_2")
    _remove(engine, ada, second)
    with pytest.raises(InvalidQuery, match="no table 'spend'"):
        ask(settings, engine, ada, "SELECT n FROM spend")


def test_only_what_was_read_and_kept_is_a_table(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    running, export, unread = (
        add_table(engine, ada.account_id, name, [("n", "integer")], [[1]])
        for name in ("running.csv", "export.csv", "unread.csv")
    )
    state = {"options": {}, "attempts": 1, "beat_at": NOON, "stage": "", "done": 0, "total": 0}
    job = {"id": running, "account_id": ada.account_id, "kind": "source", "status": "running"}
    with writing(engine) as connection:
        connection.execute(insert(jobs).values(job | state | {"created_at": NOON}))
        _change(connection, ada, export, importer="linkedin_archive")
        _change(connection, ada, unread, rows=None)
    assert find_exports(engine, ada.account_id) == EXPORTS
    before = read_state(engine, ada.account_id)
    with writing(engine) as connection:
        connection.execute(update(jobs).where(jobs.c.id == running).values(status="completed"))
    assert read_state(engine, ada.account_id) != before
    assert ask(settings, engine, ada, "SELECT * FROM running").rows == [[1]]


@pytest.mark.parametrize(
    ("rows", "names"), [(MOST_ROWS - 1, ["a", "b"]), (MOST_ROWS, ["a"]), (0, ["a", "b"])]
)
def test_no_more_rows_than_fit_are_tables(engine: Engine, ada: Tenant, rows: int, names: list[str]) -> None:
    for name in ("a", "b"):
        add_table(engine, ada.account_id, name, [("n", "integer")], [[1]])
    with writing(engine) as connection:
        mine = (data_sources.c.account_id == ada.account_id, data_sources.c.name == "a")
        connection.execute(update(data_sources).where(*mine).values(rows=rows))
    assert [export.name for export in find_exports(engine, ada.account_id)[len(EXPORTS) :]] == names


def test_no_more_tables_than_fit(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    with writing(engine) as connection:
        project = {"account_id": ada.account_id, "id": 1, "name": "", "every_profile": True}
        stamps = {"created_at": NOON, "updated_at": NOON}
        connection.execute(insert(projects).values(project | stamps))
        told = {"account_id": ada.account_id, "project_id": 1, "type": "csv", "rows": 0, "columns": []}
        sources = [told | stamps | {"id": n, "name": f"t{n:03d}"} for n in range(MOST_TABLES + 1)]
        connection.execute(insert(data_sources), sources)
    names = [export.name for export in find_exports(engine, ada.account_id)[len(EXPORTS) :]]
    assert names == [f"t{n:03d}" for n in range(MOST_TABLES)]
    assert ask(settings, engine, ada, "SELECT count(*) FROM t099").rows == [[0]]


def test_whatever_files_and_columns_are_called_every_table_can_be_read(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    names = name_columns(HOSTILE)
    columns = [(name, "string") for name in _storable(HOSTILE)]
    cells = [str(n) for n in range(len(columns))]
    for file in _storable(FILES):
        add_table(engine, ada.account_id, file[:255], columns, [cells, cells[:3]])
    add_events(engine, ada.account_id, [event(NOON * 1_000, "still here")])
    tables = [export.name for export in find_exports(engine, ada.account_id)][len(EXPORTS) :]
    assert len(tables) == len(FILES) == len({name.lower() for name in tables})
    for table in tables[:: len(tables) // 9]:
        answer = ask(settings, engine, ada, f"SELECT * FROM {table}")
        assert answer.rows == [cells, cells[:3] + [None] * (len(cells) - 3)]
        assert len({name for name, _ in answer.columns}) == len(columns)
    counted = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    assert ask(settings, engine, ada, f"SELECT {counted}").rows == [[2] * len(tables)]
    for name, cell in zip(names, cells, strict=True):
        if "@{v}" not in name:  # a variable stands for a value, never for a name
            quoted = '"' + name.replace('"', '""') + '"'
            found = ask(settings, engine, ada, f"SELECT {quoted} AS it FROM {tables[0]} LIMIT 1")
            assert found.rows == [[cell]], name
    assert ask(settings, engine, ada, "SELECT name FROM eventsTable").rows == [["still here"]]
    assert ask(settings, engine, ada, "SELECT name FROM profiles").rows == [["Ada"]]


def test_names_of_tables_need_no_quotes_and_clash_with_nothing() -> None:
    names = name_tables(FILES, [export.name for export in EXPORTS])
    taken = {*(export.name.lower() for export in EXPORTS), *TABLES_OF_JSON, "built_from"}
    assert not taken & set(names)
    with closing(sqlite3.connect(":memory:")) as database:
        modules = {name for (name,) in database.execute("SELECT name FROM pragma_module_list")}
        for name in names:
            assert name.isascii() and name not in modules and not name.startswith("sqlite_")
            database.execute(f"CREATE TABLE {name} (x)")
            assert database.execute(f"SELECT count(*) FROM {name}").fetchall() == [(0,)]


def test_a_file_may_be_called_like_any_word_of_sql() -> None:
    names = name_tables([f"{word}.csv" for word in WORDS.split()], [])
    with closing(sqlite3.connect(":memory:")) as database:
        for name in names:
            database.execute(f"CREATE TABLE {name} (x)")
            query = f"SELECT {name}.x, t.x FROM {name} JOIN {name} AS t ON {name}.x = t.x"
            assert database.execute(query).fetchall() == []


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Ad spend.csv", "ad_spend"),
        ("Ausgaben für Größe.xlsx", "ausgaben_fur_grosse"),
        ("2024.csv", "table_2024"),
        ("order.csv", "table_order"),
        ("posts.csv", "table_posts"),
        ("支出.csv", "data"),
        ("v1.5 of it", "v1_5_of_it"),
        ("x" * 300, "x" * 48),
    ],
)
def test_a_table_is_called_like_its_file(file: str, name: str) -> None:
    assert name_tables([file, file], ["posts"]) == [name, f"{name}_2"]


def test_numbers_that_no_column_takes_are_kept_as_well_as_can_be(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    cells = [2**64 - 1, -(2**63), 1e308, [1, "a"], {"a": None}]
    columns = [(f"c{n}", "number") for n in range(len(cells))]
    add_table(engine, ada.account_id, "odd.csv", columns, [cells])
    found = ask(settings, engine, ada, "SELECT * FROM odd").rows[0]
    assert found == [1.8446744073709552e19, -9.223372036854775808e18, 1e308, '[1,"a"]', '{"a":null}']


@pytest.mark.parametrize("letter", ["x", "ä", "\U0001f600"])
def test_of_a_long_text_the_beginning_can_be_read(
    engine: Engine, ada: Tenant, settings: dict[str, str], letter: str
) -> None:
    """Whatever is in it, the engine reads it, and has room to do something with it."""
    long = letter * 300_000
    rows = [[long, "a"], ["\0" + long, [long]], ["short", "b"]]
    add_table(engine, ada.account_id, "notes.csv", [("note", "string"), ("tag", "string")], rows)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01", text=long, hashtags=long)])
    answer = ask(settings, engine, ada, "SELECT length(note), substr(note, 1, 3), note||'!' FROM notes")
    beginning = letter * MOST_TEXT
    assert answer.rows == [
        [MOST_TEXT, letter * 3, beginning + "!"],
        [0, "", "\0" + beginning[:-1] + "!"],
        [5, "sho", "short!"],
    ]
    found = ask(settings, engine, ada, "SELECT text, hashtags, tag FROM posts, notes WHERE tag LIKE '[%'")
    assert found.rows == [[beginning, beginning, f'["{beginning[:-2]}']]


def test_a_file_may_be_called_like_a_column_of_json(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    for file in ("properties.csv", "ufProperties.csv"):
        add_table(engine, ada.account_id, file, [("price", "integer")], [[7]])
    text = "SELECT table_properties.price, u.price FROM table_properties, table_ufproperties u"
    assert ask(settings, engine, ada, text).rows == [[7, 7]]


def test_a_mistake_among_very_many_columns_is_short_and_soon_told(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    word = "abcdefghijklmnopqrstuvwxyz" * 7
    columns = [(f"{word[n:]}{word[:n]}{n}", "string") for n in range(MOST_COLUMNS)]
    for n in range(40):
        add_table(engine, ada.account_id, f"{n}.csv", columns, [])
    begin = time.monotonic()
    with pytest.raises(InvalidQuery, match="there is no column 'zyx") as caught:
        ask(settings, engine, ada, f"SELECT {word[::-1]}")
    assert time.monotonic() - begin < 3
    assert len(f"{caught.value.message}{caught.value.details}") < 5_000


def test_hostile_events_break_nobodys_query(engine: Engine, ada: Tenant, settings: dict[str, str]) -> None:
    told = (
        '{"a": "\\u0000"}',
        '{"a": "\'); DROP TABLE posts; --"}',
        '{"a": 1e400}',
        '{"a": 99999999999999999999999}',
        '{"a": {"a": ' + "[" * 500 + "]" * 500 + "}}",
        '{"a": 1, "a": 2}',
        '{"@{v}": 1, "$": 2, "a": "\\ud83d\\ude00 \\u202e"}',
        '{"": {"": 1}, "a": "' + "x" * 150_000 + '"}',
        None,
    )
    rows = [event(NOON * 1_000, f"e'{n}\"", properties) for n, properties in enumerate(told)]
    add_events(engine, ada.account_id, rows)
    answer = ask(settings, engine, ada, "SELECT name, properties.a AS a, ufProperties.a.b FROM eventsTable")
    assert [row[0] for row in answer.rows] == [row["name"] for row in rows]
    assert answer.rows[1][1] == "'); DROP TABLE posts; --"
    assert answer.rows[6][1] == "\U0001f600 \u202e"
    assert answer.rows[-1][1:] == [None, None]
    assert sum(len(str(row)) for row in answer.rows) < LIMITS.bytes
    kept = ask(settings, engine, ada, "SELECT properties FROM eventsTable ORDER BY rowid").rows
    assert [row[0] for row in kept] == list(told)


def test_a_source_that_is_named_again_is_read_anew(
    engine: Engine, ada: Tenant, settings: dict[str, str]
) -> None:
    source = add_table(engine, ada.account_id, "a.csv", [("n", "integer")], [[1]])
    with hold_snapshot(settings, engine, ada.account_id) as before:
        assert before.tables[-1] == "a"
    with writing(engine) as connection:
        _change(connection, ada, source, name="b.csv")
    assert ask(settings, engine, ada, "SELECT n FROM b").rows == [[1]]


def _storable(names: tuple[str, ...]) -> list[str]:
    """Without NULs, which PostgreSQL does not take."""
    return [name.replace("\0", "") for name in names]


def _change(connection: Any, who: Tenant, source: int, **values: Any) -> None:
    mine = (data_sources.c.account_id == who.account_id, data_sources.c.id == source)
    connection.execute(update(data_sources).where(*mine).values(values))


def _remove(engine: Engine, who: Tenant, source: int) -> None:
    with writing(engine) as connection:
        mine = (data_sources.c.account_id == who.account_id, data_sources.c.id == source)
        connection.execute(delete(data_sources).where(*mine))
