"""Metrics without a browser's script: written, run, explained, saved, versioned, read as a feed, deleted."""

import csv
import html
import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy import event as hooks

from flux.demo import make_demo
from flux.demo_metrics import demo_metrics
from flux.schemas.metrics import MetricIn, Variable
from flux.store.metric_runs import list_runs
from flux.store.metrics import Metric, create_metric, find_metric, list_metrics
from tests.tenants import Tenant, make_posts, post
from tests.web.forms import Form
from tests.web.visitor import Visitor

LIST = "/settings/metrics"
NEW = f"{LIST}/new"
BY_DAY = (
    "SELECT date, count(*) AS posts, sum(likes) AS likes\nFROM posts\nWHERE likes >= @{least}\nGROUP BY date"
)


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """Ada with three posts on two days."""
    rows = [
        post("2026-01-01T09:00", likes=3),
        post("2026-01-01T10:00", likes=4),
        post("2026-01-02", likes=10),
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    return ada


def make_metric(engine: Engine, tenant: Tenant, name: str = "Likes by day", **more: Any) -> Metric:
    variable = Variable(name="least", type="integer", default=0, description="The least number of likes.")
    told: dict[str, Any] = {
        "name": name,
        "query": BY_DAY,
        "variables": [variable],
        "open_to": ["api", "feed"],
    }
    columns = (("date", "date"), ("posts", "integer"), ("likes", "integer"))
    return create_metric(engine, tenant.account_id, MetricIn(**told | more), columns, tenant.user.id)


def send(visitor: Visitor, do: str, path: str = NEW, **fields: Any) -> Any:
    return visitor.post(path, {"do": do, "open_to": ["api", "feed"], **fields})


def cells(page: str) -> list[list[str]]:
    """The rows of the result, the head first."""
    table = re.search(r'<table class="data">(.*?)</table>', page, re.DOTALL)
    assert table, page
    return [
        [html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL)
    ]


# --- the editor -------------------------------------------------------------------------------------


def test_a_query_is_run_and_shows_rows_and_a_chart(visitor: Visitor, filled: Tenant) -> None:
    page = send(visitor, "run", query="SELECT date, count(*) AS posts FROM posts GROUP BY date")
    assert page.status_code == 200
    assert cells(page.text) == [["date", "posts"], ["2026-01-01", "2"], ["2026-01-02", "1"]]
    assert "2 rows" in page.text
    assert 'role="img"' in page.text, "a chart by day"


def test_a_variable_of_the_query_becomes_a_row_by_itself(visitor: Visitor, filled: Tenant) -> None:
    query = "SELECT date FROM posts WHERE date IN @{days} AND likes > @{least} -- @{never}\nLIMIT @{most}"
    page = send(visitor, "run", query=query, name="Mine")
    assert page.status_code == 400, "they have no value yet"
    form = Form(page.text, "editor").fields
    del form["csrf_token"]
    assert [form[f"v{n}-name"] for n in range(3)] == ["days", "least", "most"]
    assert [form[f"v{n}-type"] for n in range(3)] == ["list", "string", "integer"]
    assert "v3-name" not in form
    assert 'id="v0-example-error"' in page.text, "the first that lacks a value is told beside its field"
    form |= {
        "v0-example": "2026-01-01, 2026-01-02",
        "v1-example": "3",
        "v1-type": "integer",
        "v2-example": "5",
    }
    page = visitor.post(NEW, {**form, "do": "run"})
    assert cells(page.text)[1:] == [["2026-01-01"], ["2026-01-02"]]
    kept = Form(page.text, "editor").fields
    assert {name: kept[name] for name in form} == form


def test_nothing_typed_is_lost_whatever_is_wrong(visitor: Visitor, ada: Tenant) -> None:
    typed = {
        "name": "A <b>name</b>",
        "description": 'Says "much" & more',
        "query": "SELECT nothing\nFROM 'nowhere' WHERE <script>alert(1)</script>\n\n",
        "v0-name": "not a name!",
        "v0-type": "integer",
        "v0-example": "many",
        "v0-default": "some",
        "v0-choices": "one\ntwo",
        "v0-description": "<i>x</i>",
        "open_to": "agent",
    }
    for do in ("run", "explain", "save"):
        page = visitor.post(NEW, {**typed, "do": do})
        assert page.status_code == 400
        kept = Form(page.text, "editor").fields
        assert {name: kept[name] for name in typed} == typed, do
        assert "v0-required" not in kept
        assert "<script>alert" not in page.text and "<b>name" not in page.text and "<i>x" not in page.text


def test_a_mistake_in_sql_shows_its_line(visitor: Visitor, ada: Tenant) -> None:
    page = send(visitor, "run", query="SELECT date,\n       likess\nFROM posts")
    assert page.status_code == 400
    told = html.unescape(page.text)
    assert "Line 2, column 8: there is no column 'likess'. Did you mean 'likes'?" in told
    assert 'data-line="2" data-column="8"' in page.text
    assert "<mark>likess</mark>" in page.text
    assert re.search(r'class="line-of off"><span class="number">2</span>', page.text)


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("SELECT 1 FROM nowhere", "nowhere"),
        ("SELECT ?", "?"),
        ("SELECT 'open", "&#39;open"),
        ("SELECT upperr('a')", "upperr"),
        ("DELETE FROM posts", "DELETE"),
        ("SELECT 1;\nSELECT 2", ";"),
        ("SELECT @{missing}, @{}", "@{}"),
    ],
)
def test_what_is_wrong_is_marked(visitor: Visitor, ada: Tenant, query: str, marked: str) -> None:
    page = send(visitor, "run", query=query).text
    found = re.search(r"<mark>(.*?)</mark>", page)
    assert found and found[1].startswith(marked[0]), page
    assert marked in html.unescape(found[1]) or marked.startswith(found[1])


def test_variables_are_added_and_removed_by_buttons(visitor: Visitor, ada: Tenant) -> None:
    page = send(visitor, "add", query="SELECT @{a}", name="x")
    assert Form(page.text, "editor").fields["v0-name"] == ""
    assert "aria-invalid" not in page.text
    two = {"v0-name": "a", "v0-type": "number", "v1-name": "b", "v1-type": "date", "v1-required": "1"}
    page = send(visitor, "add", query="SELECT @{a}", **two)
    kept = Form(page.text, "editor").fields
    assert kept["v0-name"] == "a" and kept["v1-name"] == "b" and kept["v2-name"] == ""
    page = send(visitor, "remove-0", query="SELECT @{a}", **two)
    kept = Form(page.text, "editor").fields
    assert (kept["v0-name"], kept["v0-type"], kept["v0-required"]) == ("b", "date", "1")
    assert "v1-name" not in kept


def test_a_value_that_does_not_fit_its_type_is_told_beside_it(visitor: Visitor, ada: Tenant) -> None:
    fields = {"v0-name": "least", "v0-type": "integer"}
    for part in ("example", "default", "choices"):
        page = send(visitor, "run", query="SELECT @{least}", **fields, **{f"v0-{part}": "many"})
        assert page.status_code == 400
        error = re.search(rf'id="v0-{part}-error">([^<]+)<', page.text)
        assert error and "a whole number" in error[1]


def test_explain_is_noted_like_a_run(visitor: Visitor, engine: Engine, filled: Tenant) -> None:
    send(visitor, "explain", query="SELECT date FROM posts")
    send(visitor, "explain", query="SELECT nothing FROM posts")
    told = [(r.query, r.status, r.rows, r.cached, r.asked_by) for r in list_runs(engine, filled.account_id)]
    assert told == [
        ("SELECT nothing FROM posts", "invalid_query", None, False, filled.user.email),
        ("SELECT date FROM posts", "ok", 3, False, filled.user.email),
    ]


def test_explain_tells_tables_and_steps_in_words(visitor: Visitor, filled: Tenant) -> None:
    query = "SELECT name, count(*) FROM posts JOIN profiles USING (profile_id) GROUP BY name ORDER BY 2"
    page = send(visitor, "explain", query=query)
    assert page.status_code == 200
    assert "<code>posts</code>" in page.text and "<code>profiles</code>" in page.text
    assert "Sorts for GROUP BY" in page.text and "Walks through all of" in page.text
    assert "B-TREE" not in page.text


QUERIES = (
    "SELECT 1",
    "SELECT date, count(DISTINCT format) FROM posts GROUP BY format ORDER BY 2, 1",
    "SELECT * FROM posts p WHERE date IN (SELECT date FROM daily)",
    "SELECT * FROM posts p WHERE likes = (SELECT max(likes) FROM daily d WHERE d.date = p.date)",
    "SELECT date FROM posts UNION SELECT date FROM daily EXCEPT SELECT 'x'",
    "SELECT date FROM posts UNION ALL SELECT date FROM daily ORDER BY 1",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n",
    "SELECT value FROM json_each('[1, 2]')",
    "SELECT * FROM posts WHERE profile_id = 'a' AND date > 'b' OR profile_id = 'c' AND date = 'd'",
    "SELECT *, row_number() OVER (PARTITION BY profile_id ORDER BY date) AS n FROM daily",
    "SELECT * FROM profiles FULL JOIN posts USING (profile_id)",
    "WITH x AS MATERIALIZED (SELECT likes AS n FROM posts) SELECT * FROM x JOIN daily ON daily.likes = x.n",
    "SELECT * FROM (SELECT likes FROM posts LIMIT 3) a, (SELECT likes FROM posts LIMIT 3) b",
)
ENGINES = re.compile("SCAN|SEARCH|B-TREE|SUBQUERY|USING|CO-ROUTINE|MATERIAL|FILTER|INDEX|SETUP|STEP")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_step_is_told_in_words(visitor: Visitor, filled: Tenant) -> None:
    for query in QUERIES:
        page = send(visitor, "explain", query=query)
        assert page.status_code == 200, (query, page.text)
        steps = re.findall(r'<li class="depth-\d">(.*?)</li>', page.text)
        assert steps, query
        engines = [
            s for s in steps if re.search(r"SCAN|SEARCH|B-TREE|SUBQUERY|USING|CO-ROUTINE|MATERIAL|FILTER", s)
        ]
        assert engines == [], query


def test_every_example_runs_as_it_stands(visitor: Visitor, filled: Tenant) -> None:
    for number, example in enumerate(demo_metrics(), 1):
        form = Form(visitor.text(f"{NEW}?example={number}"), "editor").fields
        assert (form["name"], form["query"]) == (example.name, example.query)
        assert visitor.post(NEW, {**form, "do": "run"}).status_code == 200, example.name


def test_the_editor_shows_every_table_with_its_columns(visitor: Visitor, ada: Tenant) -> None:
    page = visitor.text(NEW)
    for table in ("posts", "profiles", "daily", "daily_activity", "eventsTable"):
        assert f'data-insert="{table}"' in page
    for column in ("published_at", "new_followers", "ufProperties"):
        assert f'data-insert="{column}"' in page


# --- saving -----------------------------------------------------------------------------------------


def test_a_metric_is_saved_edited_and_read_in_every_version(
    visitor: Visitor, engine: Engine, filled: Tenant
) -> None:
    fields = {
        "name": "Likes by day",
        "query": BY_DAY,
        "v0-name": "least",
        "v0-type": "integer",
        "v0-example": "4",
    }
    saved = send(visitor, "save", **fields)
    assert saved.status_code == 303
    page = visitor.text(saved.location)
    assert cells(page)[1:] == [["2026-01-01", "1", "4"], ["2026-01-02", "1", "10"]]
    assert "Version 1" in page and "Version 2" not in page

    edit = f"{saved.location}/edit"
    form = Form(visitor.text(edit), "editor").fields
    assert form["query"] == BY_DAY and form["v0-example"] == "4" and form["open_to"] == ["api", "feed"]
    assert visitor.post(edit, {**form, "do": "save", "description": "Days"}).status_code == 303
    changed = {**form, "do": "save", "query": f"{BY_DAY} ORDER BY 3 DESC"}
    assert visitor.post(edit, changed).status_code == 303
    page = visitor.text(saved.location)
    assert cells(page)[1:] == [["2026-01-02", "1", "10"], ["2026-01-01", "1", "4"]]
    assert "Version 2" in page and "Version 3" not in page, "a description makes no version"
    assert page.count(BY_DAY) == 2, "both can be read"

    old = visitor.text(f"{edit}?version=1")
    assert Form(old, "editor").fields["query"] == BY_DAY
    assert "This is version 1. Saving it makes version 3" in old
    assert find_metric(engine, filled.account_id, saved.location.rpartition("/")[2]).newest.version == 2


def test_what_cannot_be_saved_is_told_and_kept(visitor: Visitor, engine: Engine, filled: Tenant) -> None:
    make_metric(engine, filled)
    page = send(visitor, "save", name="likes BY day", query="SELECT 1 AS one")
    assert page.status_code == 400
    assert "There is a metric" in page.text and 'id="name-error"' in page.text
    page = send(visitor, "save", name=" ", query="SELECT 1 AS one")
    assert page.status_code == 400 and 'id="name-error"' in page.text
    page = send(visitor, "save", name="Broken", query="SELECT one")
    assert page.status_code == 400 and "no column" in page.text
    page = send(visitor, "save", name="Twice", query="SELECT @{a}", **{"v0-name": "a", "v1-name": "a"})
    assert page.status_code == 400
    assert [m.name for m in list_metrics(engine, filled.account_id)] == ["Likes by day"]


def test_deleting_asks_once_more(visitor: Visitor, engine: Engine, filled: Tenant) -> None:
    path = f"{LIST}/{make_metric(engine, filled).public_id}"
    assert "Delete Likes by day?" in visitor.text(f"{path}/delete")
    assert list_metrics(engine, filled.account_id)
    assert visitor.post(f"{path}/delete").status_code == 303
    assert list_metrics(engine, filled.account_id) == []
    assert visitor.get(path).status_code == 404


# --- its own page, the list -------------------------------------------------------------------------


def test_its_page_is_a_form_of_its_variables_that_can_be_bookmarked(
    visitor: Visitor, engine: Engine, filled: Tenant
) -> None:
    metric = make_metric(engine, filled)
    path = f"{LIST}/{metric.public_id}"
    assert len(cells(visitor.text(path))) == 3
    page = visitor.text(f"{path}?least=5")
    assert cells(page)[1:] == [["2026-01-02", "1", "10"]]
    assert re.search(r'name="least" value="5"', page)
    assert f"/api/v1/metrics/{metric.public_id}?least=5&format=csv&key=YOUR_BI_KEY" in page
    assert f"/metrics/query/{metric.public_id}" in page and '{"variables":{"least":5}}' in page
    page = visitor.text(f"{path}?least=few")
    assert 'id="f-least-error"' in page and "a whole number" in page
    assert "YOUR_BI_KEY" not in page, "no address for what cannot be asked"


def test_a_required_variable_is_tried_with_its_example(
    visitor: Visitor, engine: Engine, filled: Tenant
) -> None:
    needed = Variable(name="least", type="integer", required=True, example=10)
    metric = make_metric(engine, filled, variables=[needed])
    page = visitor.text(f"{LIST}/{metric.public_id}")
    assert cells(page)[1:] == [["2026-01-02", "1", "10"]]
    assert "least=10" in page
    assert 'id="f-least-error"' in visitor.text(f"{LIST}/{metric.public_id}?least=")


@pytest.mark.parametrize("doors", [[], ["api"], ["feed"]])
def test_only_open_doors_are_offered(
    visitor: Visitor, engine: Engine, filled: Tenant, doors: list[str]
) -> None:
    metric = make_metric(engine, filled, open_to=doors)
    page = visitor.text(f"{LIST}/{metric.public_id}")
    assert len(cells(page)) == 3, "its own page always runs it"
    assert ("YOUR_BI_KEY" in page) == ("feed" in doors)
    assert ("/metrics/query/" in page) == ("api" in doors)
    assert (metric.public_id in visitor.text("/settings/api/feed")) == ("feed" in doors)


def test_the_list_tells_metrics_and_who_ran_what(visitor: Visitor, engine: Engine, filled: Tenant) -> None:
    metric = make_metric(engine, filled, description="How many likes")
    visitor.text(f"{LIST}/{metric.public_id}")
    send(visitor, "run", query="SELECT wrong")
    page = visitor.text(LIST)
    assert "Likes by day" in page and "How many likes" in page and "<code>least</code>" in page
    assert page.count("ada@example.org") >= 2
    assert "invalid_query" in page and "SELECT wrong" in page
    assert [r.status for r in list_runs(engine, filled.account_id)] == ["invalid_query", "ok"]
    own = visitor.text(f"{LIST}/{metric.public_id}")
    assert "kept answer" in own, "the same was asked a moment ago"


def test_how_long_results_are_kept_is_the_accounts(visitor: Visitor, ada: Tenant) -> None:
    for wrong in ("299", "-1", "soon", "604801", "9" * 30, "٣٠٠"):
        page = visitor.post(LIST, {"seconds": wrong})
        assert page.status_code == 400
        assert f'value="{wrong}"' in page.text and "a whole number from 300" in page.text
    assert visitor.post(LIST, {"seconds": "900"}).status_code == 303
    assert 'value="900"' in visitor.text(LIST)
    assert visitor.post(LIST, {"seconds": ""}).status_code == 303
    assert 'value="900"' not in visitor.text(LIST)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_list_costs_the_same_however_many_there_are(
    app: Flask, visitor: Visitor, engine: Engine, ada: Tenant
) -> None:
    statements: list[str] = []
    hooks.listen(
        app.extensions["flux_engine"], "checkout", lambda raw, *_: raw.set_trace_callback(statements.append)
    )
    visitor.text(LIST)
    few = len(statements)
    for number in range(5):
        make_metric(engine, ada, f"Metric {number}")
    statements.clear()
    visitor.text(LIST)
    # session, metrics with their versions, runs, last runs, seconds: one each
    assert len(statements) == few == 5, statements


# --- in the picker ----------------------------------------------------------------------------------


def test_the_picker_has_it_with_its_own_fields_and_the_feeds_rows(
    app: Flask, visitor: Visitor, engine: Engine, filled: Tenant
) -> None:
    metric = make_metric(engine, filled)
    feed = f"/settings/api/feed?dataset={metric.public_id}"
    page = visitor.text(f"{feed}&least=5")
    assert f'<option value="{metric.public_id}" selected>Likes by day</option>' in page
    assert '<optgroup label="Saved metrics">' in page
    assert re.search(r'name="least" value="5"', page)
    address = re.search(r'<pre id="feed-url"[^>]*><code>http://localhost([^<]+)</code>', page)
    assert address
    answer = app.test_client().get(address[1].replace("YOUR_BI_KEY", filled.key))
    assert answer.status_code == 200
    assert list(csv.reader(io.StringIO(answer.text))) == cells(page)
    for tool in ("IMPORTDATA", "read_csv", "Web.Contents"):
        assert tool in page
    wrong = visitor.text(f"{feed}&least=few")
    assert 'id="f-least-error"' in wrong and "IMPORTDATA" not in wrong


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_metric_that_is_cut_short_says_so_on_its_page_and_in_the_picker(
    visitor: Visitor, engine: Engine, ada: Tenant
) -> None:
    text = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT @{most}"
    most = Variable(name="most", type="integer", default=10_000)
    metric = make_metric(engine, ada, query=text, variables=[most])
    for page in (f"{LIST}/{metric.public_id}?", f"/settings/api/feed?dataset={metric.public_id}&"):
        assert "narrow the WHERE" not in visitor.get(page).text
        assert "narrow the WHERE, sum them up, or add a LIMIT" in visitor.get(f"{page}most=10001").text


def test_a_variable_may_be_called_dataset_or_from(visitor: Visitor, engine: Engine, filled: Tenant) -> None:
    variables = [Variable(name="dataset", default="a"), Variable(name="from", default="b")]
    query = "SELECT @{dataset} || @{from} AS both"
    metric = make_metric(engine, filled, query=query, variables=variables)
    feed = f"/settings/api/feed?dataset={metric.public_id}"
    assert cells(visitor.text(feed))[1:] == [["ab"]]
    page = visitor.text(f"{feed}&dataset=x&from=y")
    assert cells(page)[1:] == [["xy"]]
    assert "?dataset=x&from=y&format=csv" in page


def test_a_list_with_choices_is_a_row_of_boxes(visitor: Visitor, engine: Engine, filled: Tenant) -> None:
    days = Variable(name="days", type="list", choices=["2026-01-01", "2026-01-02"], default=["2026-01-02"])
    query = "SELECT likes FROM posts WHERE date IN @{days} ORDER BY likes"
    metric = make_metric(engine, filled, query=query, variables=[days])
    path = f"{LIST}/{metric.public_id}"
    assert cells(visitor.text(path))[1:] == [["10"]]
    page = visitor.text(f"{path}?days=2026-01-01&days=2026-01-02")
    assert cells(page)[1:] == [["3"], ["4"], ["10"]]
    assert page.count("checked") == 2 and "days=2026-01-01,2026-01-02" in page


# --- another account's ------------------------------------------------------------------------------


def test_anothers_metric_is_not_there(visitor: Visitor, engine: Engine, bob: Tenant) -> None:
    theirs = make_metric(engine, bob, "Bob's secret")
    path = f"{LIST}/{theirs.public_id}"
    for route in ("", "/edit", "/edit?version=1", "/delete"):
        assert visitor.get(path + route).status_code == 404, route
    for route in ("/edit", "/delete"):
        sent = {"do": "save", "name": "Mine", "query": "SELECT 1"}
        assert visitor.post(path + route, sent, form=NEW).status_code == 404, route
    assert list_metrics(engine, bob.account_id) == [theirs]
    assert "Bob's secret" not in visitor.text(LIST)
    picked = visitor.text(f"/settings/api/feed?dataset={theirs.public_id}")
    assert "Bob's secret" not in picked and '<option value="engagement-trends" selected>' in picked


def test_a_query_sees_its_own_accounts_rows_only(visitor: Visitor, engine: Engine, bob: Tenant) -> None:
    make_posts(engine, bob.profile, bob.account_id, [post("2026-01-01", likes=1)])
    page = send(visitor, "run", query="SELECT name, likes FROM profiles LEFT JOIN posts USING (profile_id)")
    assert cells(page.text)[1:] == [["Ada", ""]]


def test_the_demo_fills_the_list(app: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    make_demo(engine, ada.account_id)
    visitor.post("/demo", form="/profiles/new")
    page = visitor.text(LIST)
    for metric in demo_metrics():
        assert metric.name in page


def test_what_no_database_holds_is_told_and_not_a_fault(visitor: Visitor, ada: Tenant) -> None:
    for fields in (
        {"query": "SELECT '\0'"},
        {"query": "SELECT 1", "name": "a\0b"},
        {"query": "SELECT 1", "description": "\0"},
        {"query": "SELECT @{a}", "v0-name": "a", "v0-type": "string", "v0-example": "\0"},
        {"query": "SELECT @{a}", "v0-name": "a\0", "v0-type": "no such"},
    ):
        for do in ("run", "explain", "save"):
            assert send(visitor, do, **{"name": "x", **fields}).status_code in (200, 303, 400), (do, fields)
