"""Saved metrics as feeds: every promise of a dataset holds for them too."""

import csv
import gzip
import io
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flux import questions
from flux.api import metrics as door
from flux.key_limits import Limits
from flux.schemas.data import CatalogAnswer
from flux.schemas.metrics import FeedMetricAnswer
from flux.store.metric_runs import list_runs
from flux.store.metrics import Metric, change_metric, delete_metric
from tests.api.caller import SPEND, Caller
from tests.api.test_metrics import make_token
from tests.asking import draft, make_event, make_metric, make_post
from tests.tenants import Tenant, make_key

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTS = "SELECT date, text, engagement FROM posts WHERE date >= '@{since}' ORDER BY date, text"
SINCE = {"name": "since", "type": "date", "default": "2020-01-01"}
COLUMNS = (("date", "date"), ("text", "string"), ("engagement", "integer"))


@pytest.fixture
def metric(engine: Engine, ada: Tenant) -> Metric:
    """Ada's, over two posts."""
    make_post(engine, ada, text="=SUM(A1:A9)", likes=5)
    make_post(engine, ada, text="Ordinary, with a comma", likes=-2)
    return make_metric(engine, ada, POSTS, SINCE, columns=COLUMNS)


@pytest.fixture
def get(client: FlaskClient, ada: Tenant, metric: Metric) -> Callable[..., TestResponse]:
    """Asks for Ada's metric."""

    def ask(query: str = "", status: int = 200, suffix: str = "", **headers: str) -> TestResponse:
        address = f"/api/v1/metrics/{metric.public_id}{suffix}?{query}"
        answer = client.get(
            address, headers=ada.header | {k.replace("_", "-"): v for k, v in headers.items()}
        )
        assert answer.status_code == status, answer.text
        return answer

    return ask


Get = Callable[..., TestResponse]


def test_json_holds_the_rows_and_what_was_asked(get: Get, metric: Metric) -> None:
    told = get("since=2025-01-01").get_json()
    FeedMetricAnswer.model_validate(told)
    assert told["data"][0] == {"date": "2026-01-01", "text": "=SUM(A1:A9)", "engagement": 5}
    assert told["meta"] == {
        "metric": metric.public_id,
        "name": "Mine",
        "version": 1,
        "variables": {"since": "2025-01-01"},
        "columns": [{"name": name, "type": type} for name, type in COLUMNS],
        "truncated": False,
        "row_count": 2,
        "data_updated_at": told["meta"]["data_updated_at"],
    }
    assert told["meta"]["data_updated_at"].endswith("Z")


def test_csv_guards_texts_and_never_numbers(get: Get) -> None:
    rows = list(csv.reader(io.StringIO(get("format=csv").text)))
    assert rows == [
        ["date", "text", "engagement"],
        ["2026-01-01", "'=SUM(A1:A9)", "5"],
        ["2026-01-01", "Ordinary, with a comma", "-2"],
    ]
    assert "\n2026-01-01,=SUM(A1:A9),5" in get("safe=0", suffix=".csv").text
    assert get("delimiter=semicolon&bom=1", suffix=".csv").text.startswith("\ufeffdate;text;engagement\r\n")
    assert get("", Accept="text/csv").mimetype == "text/csv"
    assert get("decimal=comma&format=csv", 400).get_json()["error"]["details"]["parameter"] == "decimal"


def test_any_column_is_one_cell_of_the_header_in_csv(
    client: FlaskClient, engine: Engine, ada: Tenant
) -> None:
    text = "SELECT round(avg(likes),1), count(*), -5 AS '=1+1' FROM posts UNION ALL SELECT 'a', 'b', 'c'"
    odd = make_metric(engine, ada, text, name="Odd")

    def read(query: str) -> list[list[str]]:
        answer = client.get(f"/api/v1/metrics/{odd.public_id}.csv?{query}", headers=ada.header)
        return list(csv.reader(io.StringIO(answer.text)))

    names = ["round(avg(likes),1)", "count(*)"]
    assert read("") == [[*names, "'=1+1"], ["", "0", "-5"], ["a", "b", "c"]]
    assert read("safe=0")[0] == [*names, "=1+1"]


@SQLITE  # the rows are none of the database's
@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_feed_that_is_cut_short_says_so_in_a_header(
    client: FlaskClient, engine: Engine, ada: Tenant, format: str
) -> None:
    text = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT @{most}"
    most = {"name": "most", "type": "integer", "required": True}
    long = make_metric(engine, ada, text, most, name="Long", columns=(("i", "integer"),))
    address = f"/api/v1/metrics/{long.public_id}.{format}"

    def told(asked: int, status: int = 200, method: str = "get", **headers: str) -> str | None:
        send = getattr(client, method)
        answer = send(f"{address}?most={asked}", headers=ada.header | headers)
        assert answer.status_code == status
        cut: str | None = answer.headers.get("X-Flux-Truncated")
        return cut

    assert told(10_000) is None
    assert told(10_001, method="head") == "true"
    assert told(10_001) == told(10_001, 206, Range="bytes=0-3") == "true", "from the cache too"
    tag = client.head(f"{address}?most=10001", headers=ada.header).headers["ETag"]
    assert told(10_001, 304, **{"If-None-Match": tag}) is None, "the client keeps what came with the rows"
    link = make_key(engine, ada.account_id, Limits(feed=f"{long.public_id}?most=10001"), "link")
    assert client.get(f"/api/v1/feeds/{link}.{format}").headers["X-Flux-Truncated"] == "true"


def test_the_header_of_what_is_cut_short_is_described(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    telling = [
        (path, status)
        for path, told in paths.items()
        for status, answer in told.get("get", {"responses": {}})["responses"].items()
        if "X-Flux-Truncated" in answer.get("headers", {})
    ]
    feeds = ("/api/v1/metrics/{metric_id}", "/api/v1/feeds/{link}")
    assert sorted(telling) == sorted((feed, status) for feed in feeds for status in ("200", "206"))


def test_a_tag_names_question_data_and_writing_and_nothing_else(
    get: Get, engine: Engine, ada: Tenant, metric: Metric
) -> None:
    tag = get().headers["ETag"]
    assert (
        get("since=2020-01-01&x=1").headers["ETag"] == tag
    )  # the default, and a parameter of somebody's own
    others = [get(query).headers["ETag"] for query in ("since=2025-01-01", "format=csv", "format=csv&safe=0")]
    others.append(get("", Accept_Encoding="gzip").headers["ETag"])
    assert len({tag, *others}) == 5
    make_key(engine, ada.account_id)
    assert get().headers["ETag"] == tag
    make_event(engine, ada)
    moved = get().headers["ETag"]
    assert moved != tag
    change_metric(engine, metric, draft(POSTS + " LIMIT 1", SINCE), COLUMNS)
    assert get().headers["ETag"] != moved
    assert get().get_json()["meta"]["version"] == 2


def test_what_did_not_change_is_a_304_and_free(get: Get, engine: Engine, ada: Tenant) -> None:
    first = get()
    tag, left = first.headers["ETag"], first.headers["X-RateLimit-Remaining"]
    for spelled in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert get("", 304, If_None_Match=spelled).headers["X-RateLimit-Remaining"] == left
    assert get("", 304, If_None_Match=tag).headers["ETag"] == tag
    make_post(engine, ada)
    assert len(get("", If_None_Match=tag).get_json()["data"]) == 3


@SQLITE  # where every statement is seen
def test_a_304_costs_four_statements_at_most_and_no_process(
    get: Get, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key and its plan, the metric, and the state of the data."""
    tag = get().headers["ETag"]

    def nobody(*_: Any, **__: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", nobody)
    statements.clear()
    get("", 304, If_None_Match=tag)
    assert 1 <= len(statements) <= 4, statements
    assert all(s.startswith("SELECT") for s in statements)


def test_a_body_at_hand_starts_no_process_and_is_noted(
    get: Get, engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get()
    monkeypatch.setattr(subprocess, "Popen", None)
    again = get()
    assert again.data == first.data
    assert again.headers["Last-Modified"] == first.headers["Last-Modified"]
    runs = list_runs(engine, ada.account_id)
    assert [(r.cached, r.rows, r.door, r.status) for r in runs] == [
        (True, 2, "feed", "ok"),
        (False, 2, "feed", "ok"),
    ]
    assert runs[0].asked_by.endswith(" a key for tests")


def test_head_range_and_encodings(get: Get, client: FlaskClient, ada: Tenant, metric: Metric) -> None:
    whole = get("format=csv")
    head = client.head(f"/api/v1/metrics/{metric.public_id}?format=csv", headers=ada.header)
    for name in ("ETag", "Content-Length", "Last-Modified", "Content-Type"):
        assert head.headers[name] == whole.headers[name]
    assert head.data == b""
    assert head.headers["X-RateLimit-Remaining"] == whole.headers["X-RateLimit-Remaining"]
    part = get("format=csv", 206, Range="bytes=0-3")
    assert part.data == b"date"
    assert part.headers["Content-Range"] == f"bytes 0-3/{len(whole.data)}"
    packed = get("format=csv", Accept_Encoding="gzip")
    assert gzip.decompress(packed.data) == whole.data
    assert "Link" not in whole.headers
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert whole.headers["Vary"] == "Authorization, Accept, Accept-Encoding"


def test_it_counts_in_the_hour(get: Get) -> None:
    first, second = get(), get()
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (first, second)]
    assert left[0] - left[1] == 1
    assert first.headers["RateLimit-Policy"].startswith('"hour"')


def test_what_reads_the_clock_has_another_tag_every_window(
    client: FlaskClient, engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr(questions.time, "time", lambda: now[0])
    clock = make_metric(engine, ada, "SELECT strftime('%H:%M:%S (%d)') AS t", name="Clock")
    still = make_metric(engine, ada, "SELECT 1 AS one", name="Still")

    given = make_metric(engine, ada, "SELECT date('@{day}') AS day", {"name": "day"}, name="Given")

    def tags() -> list[str]:
        addresses = [f"/api/v1/metrics/{metric.public_id}" for metric in (clock, still)]
        addresses += [f"/api/v1/metrics/{given.public_id}?day={day}" for day in ("now", "2026-01-01")]
        return [client.get(address, headers=ada.header).headers["ETag"] for address in addresses]

    first = tags()
    assert tags() == first
    now[0] += 300
    assert [a == b for a, b in zip(tags(), first, strict=True)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ("since=soon", "invalid_parameter", "YYYY-MM-DD"),
        ("since=2025-01-01&since=2024-01-01", "invalid_parameter", "given once"),
        ("sinc=2025-01-01", "unknown_parameter", "'since'"),
        ("formt=csv", "unknown_parameter", "'format'"),
        ("format=xml", "invalid_parameter", "json, csv"),
    ],
)
def test_a_wrong_parameter_is_400_before_anything_is_read(
    get: Get, engine: Engine, ada: Tenant, query: str, code: str, told: str
) -> None:
    error = get(query, 400).get_json()["error"]
    assert error["code"] == code
    assert told in error["message"]
    assert list_runs(engine, ada.account_id) == []


def test_a_relative_day_is_part_of_the_question(get: Get) -> None:
    told = get("since=-90d").get_json()["meta"]["variables"]["since"]
    assert len(told) == len("2026-01-01")
    assert get(f"since={told}").headers["ETag"] == get("since=-90d").headers["ETag"]


# --- who may ---------------------------------------------------------------------------------------


def reads(
    client: FlaskClient, engine: Engine, tenant: Tenant, metric: Metric, **limits: Any
) -> tuple[int, bool]:
    """The status of the feed with a key of these limits, and whether the catalog shows it."""
    header = {"Authorization": f"Bearer {make_key(engine, tenant.account_id, Limits(**limits))}"}
    status = client.get(f"/api/v1/metrics/{metric.public_id}", headers=header).status_code
    listed = client.get("/api/v1/datasets", headers=header).get_json()["data"]
    return status, metric.public_id in {d["name"] for d in listed}


def test_keys_read_what_they_may_and_the_catalog_shows_no_other(
    client: FlaskClient, engine: Engine, ada: Tenant, bob: Tenant, metric: Metric
) -> None:
    closed = make_metric(engine, ada, "SELECT 1", name="Closed", open_to=["api"])
    assert reads(client, engine, ada, metric) == (200, True)
    assert reads(client, engine, ada, metric, datasets=[metric.public_id, "posts"]) == (200, True)
    assert reads(client, engine, ada, closed, datasets=[metric.public_id]) == (403, False)
    assert reads(client, engine, ada, metric, datasets=["posts"]) == (403, False)
    assert reads(client, engine, ada, metric, profiles=[ada.profile.public_id]) == (403, False)
    assert reads(client, engine, ada, closed) == (403, False)
    assert reads(client, engine, bob, metric) == (404, False)


@pytest.mark.parametrize("name", ["met_0Aq3kQ9ZxYb", "posts", "met_", "x.csv"])
def test_what_is_not_there_is_404(client: FlaskClient, ada: Tenant, name: str) -> None:
    answer = client.get(f"/api/v1/metrics/{name}", headers=ada.header)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "metric_not_found")


def test_no_other_key_and_no_key_reads_it(
    client: FlaskClient, engine: Engine, ada: Tenant, metric: Metric
) -> None:
    address = f"/api/v1/metrics/{metric.public_id}"
    assert client.get(address).status_code == 401
    for kind in ("api", "env", "secret", "mcp"):
        header = {"Authorization": f"Bearer {make_key(engine, ada.account_id, kind=kind)}"}
        assert client.get(address, headers=header).status_code == 403
    assert client.get(f"{address}?format=csv&key={ada.key}").status_code == 200


def test_the_catalog_tells_a_metric_like_a_dataset(client: FlaskClient, ada: Tenant, metric: Metric) -> None:
    answer = client.get("/api/v1/datasets", headers=ada.header).get_json()
    CatalogAnswer.model_validate(answer)
    told = answer["data"][-1]
    assert (told["name"], told["title"]) == (metric.public_id, "Mine")
    assert told["url"] == f"/api/v1/metrics/{metric.public_id}"
    assert [c["name"] for c in told["columns"]] == ["date", "text", "engagement"]
    assert told["parameters"][0]["name"] == "since"
    assert client.get(told["example"], headers=ada.header).status_code == 200


# --- what goes wrong -------------------------------------------------------------------------------


def test_a_deleted_metric_is_404_and_a_tag_does_not_save_it(get: Get, engine: Engine, metric: Metric) -> None:
    tag = get().headers["ETag"]
    delete_metric(engine, metric)
    get("", 404, If_None_Match=tag)


def test_a_data_source_is_read_at_once_and_a_metric_whose_table_is_gone_is_a_clear_400(
    client: FlaskClient, engine: Engine, ada: Tenant, writer: Caller
) -> None:
    metric = make_metric(engine, ada, "SELECT sum(spend) AS spend FROM spend", name="Spend")

    def read() -> TestResponse:
        return client.get(f"/api/v1/metrics/{metric.public_id}", headers=ada.header)

    assert read().status_code == 400
    project = writer.project()
    source = writer.send(project, SPEND)["data"]["id"]
    answer = read()
    assert answer.get_json()["data"] == [{"spend": 300.75}]
    writer.ask("DELETE", f"/projects/{project}/data-sources/{source}", 204)
    broken = client.get(
        f"/api/v1/metrics/{metric.public_id}",
        headers=ada.header | {"If-None-Match": answer.headers["ETag"]},
    )
    assert (broken.status_code, broken.get_json()["error"]["code"]) == (400, "invalid_query")
    assert "'spend'" in broken.get_json()["error"]["message"]
    assert list_runs(engine, ada.account_id)[0].status == "invalid_query"


def test_data_that_move_under_a_feed_are_asked_for_again(
    get: Get, engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, moves = door.ask, [1, 1]

    def late(question: Any) -> Any:
        if moves:
            moves.pop()
            make_post(engine, ada)
        return real(question)

    monkeypatch.setattr(door, "ask", late)
    answer = get()
    assert len(answer.get_json()["data"]) == 4
    monkeypatch.undo()
    assert get("", 304, If_None_Match=answer.headers["ETag"])


def test_a_metrics_rows_are_the_same_through_every_door(
    client: FlaskClient, get: Get, engine: Engine, ada: Tenant, metric: Metric
) -> None:
    token = make_token(client, engine, ada)
    header = {"Authorization": f"Bearer {token}"}
    asked = client.post(f"/metrics/query/{metric.public_id}", headers=header).get_json()
    assert asked["data"] == get().get_json()["data"]
    assert asked["meta"]["cached"] is False
    assert client.post(f"/metrics/query/{metric.public_id}", headers=header).get_json()["meta"]["cached"]
