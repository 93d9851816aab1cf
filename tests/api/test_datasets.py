"""The Data API over HTTP: rows, formats, parameters, errors."""

import csv
import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.errors import ERRORS
from flux.formats import FORMULA_STARTS
from flux.key_limits import Limits
from flux.store.profiles import create_profile
from tests.tenants import Tenant, make_key, make_posts, post

NAMES = list(CATALOG)
NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    'a "quoted", text',
    "line\nbreak",
    "line\r\nbreak",
    "naïve 🚀 \u202e",
    "",
]


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """ada, with posts whose text is as nasty as can be."""
    rows = [
        post(f"2026-11-{day + 1:02d}T09:00:00", text=text, hashtags="#a #b", likes=day, comments=1, shares=0)
        for day, text in enumerate(NASTY)
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    return ada


def read_csv(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def assert_error(response: Any, code: str) -> dict[str, Any]:
    """The one shape of an error, with its own status."""
    assert response.status_code == ERRORS[code][0]
    assert response.mimetype == "application/json"
    error = response.get_json()["error"]
    assert set(error) == {"code", "message", "details", "request_id"}
    assert (error["code"], error["request_id"]) == (code, response.headers["X-Request-Id"])
    return dict(error)


@pytest.mark.parametrize("name", NAMES)
def test_json_and_csv_hold_the_declared_columns_and_the_same_rows(
    client: FlaskClient, filled: Tenant, name: str
) -> None:
    path = f"/api/v1/datasets/{name}?range=all"
    answer = client.get(path, headers=filled.header)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    data, meta = answer.get_json()["data"], answer.get_json()["meta"]
    names = [c.name for c in CATALOG[name].columns]
    assert meta["row_count"] == len(data) > 0 and list(data[0]) == names
    assert {"dataset", "from", "to", "timezone", "profiles", "row_count", "data_updated_at"} <= set(meta)
    header, *rows = read_csv(client.get(path + "&format=csv&safe=0", headers=filled.header).text)
    assert header == names
    for record, row in zip(data, rows, strict=True):
        for column, cell in zip(CATALOG[name].columns, row, strict=True):
            value = record[column.name]
            told = "" if value is None else " ".join(value) if column.type == "list" else str(value)
            assert cell == told


@pytest.mark.parametrize("name", NAMES)
def test_every_declared_example_runs(client: FlaskClient, filled: Tenant, name: str) -> None:
    assert (
        client.get(f"/api/v1/datasets/{name}?{CATALOG[name].example}", headers=filled.header).status_code
        == 200
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_account_gets_a_header_and_no_rows(client: FlaskClient, engine: Engine, name: str) -> None:
    from flux.store.accounts import add_user

    key = make_key(engine, add_user(engine, "new@example.org", None, "edge").account_id)
    answer = client.get(f"/api/v1/datasets/{name}.csv?key={key}")
    assert answer.text == ",".join(c.name for c in CATALOG[name].columns) + "\r\n"
    assert client.get(f"/api/v1/datasets/{name}?key={key}").get_json()["data"] == []


def test_compare_adds_its_columns_and_nothing_else_does(client: FlaskClient, filled: Tenant) -> None:
    for name in ("overview", "engagement-trends"):
        plain = [c.name for c in CATALOG[name].columns]
        added = [c.name for c in CATALOG[name].compared_columns()]
        row = client.get(f"/api/v1/datasets/{name}?compare=previous", headers=filled.header).get_json()[
            "data"
        ][0]
        assert list(row) == plain + added
        assert {n.split("_")[0] for n in added} == {"previous", "change"}


def test_csv_is_rfc_4180_in_utf_8_without_a_mark(client: FlaskClient, filled: Tenant) -> None:
    answer = client.get("/api/v1/datasets/posts.csv?range=all", headers=filled.header)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert not answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.data.endswith(b"\r\n")
    assert client.get("/api/v1/datasets/posts.csv?bom=1", headers=filled.header).data.startswith(
        b"\xef\xbb\xbfprofile_id"
    )


def test_text_is_guarded_against_formulas_and_numbers_are_not_touched(
    client: FlaskClient, engine: Engine, filled: Tenant
) -> None:
    place = [c.name for c in CATALOG["posts"].columns].index("text")
    safe = [
        row[place]
        for row in read_csv(
            client.get("/api/v1/datasets/posts.csv?range=all&order=asc", headers=filled.header).text
        )[1:]
    ]
    raw = [
        row[place]
        for row in read_csv(
            client.get("/api/v1/datasets/posts.csv?range=all&order=asc&safe=0", headers=filled.header).text
        )[1:]
    ]
    assert raw == NASTY
    assert safe == [("'" + text if text[:1] in FORMULA_STARTS and text else text) for text in NASTY]
    create_profile(engine, filled.account_id, "=cmd")
    from tests.tenants import make_days

    make_days(
        engine, filled.profile, filled.account_id, {"day": "2026-11-20", "impressions": -2, "engagements": -1}
    )
    days = read_csv(
        client.get(
            "/api/v1/datasets/daily-activity.csv?from=2026-11-20&to=2026-11-20", headers=filled.header
        ).text
    )
    assert [row[3:5] for row in days[1:]] == [["-2", "-1"], ["", ""]]
    assert {row[1] for row in days[1:]} == {"Ada", "'=cmd"}


def test_delimiter_and_decimal_mark(client: FlaskClient, filled: Tenant) -> None:
    path = "/api/v1/datasets/overview.csv?from=2026-11-01&to=2026-11-20&delimiter=semicolon&decimal=comma"
    header, row = read_csv(client.get(path, headers=filled.header).text, ";")
    assert row[header.index("posts_per_week")] == "3,85"
    assert (
        read_csv(client.get("/api/v1/datasets/overview.csv?delimiter=tab", headers=filled.header).text, "\t")[
            0
        ]
        == header
    )


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("posts", None, "application/json"),
        ("posts", "*/*", "application/json"),
        ("posts", "text/csv; charset=utf-8", "text/csv"),
        ("posts", "text/html,*/*;q=0.1", "application/json"),
        ("posts", "image/png", "application/json"),
        ("posts.csv", "application/json", "text/csv"),
        ("posts.json", "text/csv", "application/json"),
        ("posts?format=csv", "application/json", "text/csv"),
        ("posts?format=CSV", None, "text/csv"),
    ],
)
def test_the_format_is_chosen_by_parameter_then_path_then_accept(
    client: FlaskClient, ada: Tenant, path: str, accept: str | None, kind: str
) -> None:
    headers = ada.header | ({"Accept": accept} if accept else {})
    assert client.get(f"/api/v1/datasets/{path}", headers=headers).mimetype == kind


def test_the_answer_is_the_same_to_the_byte(client: FlaskClient, filled: Tenant) -> None:
    path = "/api/v1/datasets/posts?range=all"
    assert (
        client.get(path, headers=filled.header).data == client.get(path + "&x=2", headers=filled.header).data
    )


def test_pages_follow_each_other_without_the_key(client: FlaskClient, filled: Tenant) -> None:
    path, found = f"/api/v1/datasets/posts?range=all&limit=4&key={filled.key}", []
    while path:
        answer = client.get(path, headers=filled.header if "key=" not in path else {})
        found += [row["post_id"] for row in answer.get_json()["data"]]
        link = answer.headers.get("Link", "")
        assert filled.key not in link
        path = link.partition("<http://localhost")[2].partition(">")[0]
    whole = client.get("/api/v1/datasets/posts?range=all", headers=filled.header).get_json()["data"]
    assert found == [row["post_id"] for row in whole]


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("/api/v1/datasets/nonsense", "dataset_not_found", "engagement-trends"),
        ("/api/v1/datasets/posts/more", "dataset_not_found", "posts"),
        ("/api/v1/datasets/posts?from=soon", "invalid_parameter", "'soon'"),
        ("/api/v1/datasets/engagement-trends?granularty=daily", "unknown_parameter", "'granularity'"),
        ("/api/v1/datasets/posts?profile_id=prof_00000000001", "profile_not_found", "prof_00000000001"),
        ("/api/v1/datasets/posts?profile_id=1", "profile_not_found", "'1'"),
        (
            "/api/v1/datasets/posts?profile_id=" + ",".join(f"p{n}" for n in range(51)),
            "too_many_profiles",
            "at most 50",
        ),
        ("/api/v1/datasets/engagement-trends?from=1970-01-01", "too_many_cells", "20,000"),
        ("/api/v1/datasets/posts.csv?limit=x", "invalid_parameter", "'x'"),
        ("/api/v1/nothing", "not_found", ""),
    ],
)
def test_errors_have_one_shape(client: FlaskClient, ada: Tenant, path: str, code: str, says: str) -> None:
    error = assert_error(client.get(path, headers=ada.header), code)
    assert says in error["message"]


def test_other_methods_are_refused(client: FlaskClient, ada: Tenant) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = client.open("/api/v1/datasets/posts", method=method, headers=ada.header)
        assert_error(answer, "method_not_allowed")
        assert "GET" in answer.headers["Allow"]


def test_a_fault_tells_no_inner_detail(
    app: Flask, client: FlaskClient, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret inner detail")

    app.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=False)
    monkeypatch.setattr("flux.api.datasets.fingerprint", broken)
    answer = client.get("/api/v1/datasets/posts", headers=ada.header)
    error = assert_error(answer, "server_error")
    assert "secret" not in json.dumps(error)


def test_another_accounts_profile_is_not_found(client: FlaskClient, filled: Tenant, bob: Tenant) -> None:
    for name in NAMES:
        foreign = client.get(
            f"/api/v1/datasets/{name}?profile_id={filled.profile.public_id}", headers=bob.header
        )
        assert_error(foreign, "profile_not_found")
        unknown = client.get(f"/api/v1/datasets/{name}?profile_id=prof_00000000009", headers=bob.header)
        told, other = foreign.get_json()["error"], unknown.get_json()["error"]
        assert told["message"].replace(filled.profile.public_id, "prof_00000000009") == other["message"]


def test_a_key_limited_to_a_profile_and_a_dataset(
    client: FlaskClient, engine: Engine, filled: Tenant
) -> None:
    other = create_profile(engine, filled.account_id, "Second")
    key = make_key(engine, filled.account_id, Limits(profiles=[other.public_id], datasets=["overview"]))
    header = {"Authorization": f"Bearer {key}"}
    assert [
        row["profile_name"]
        for row in client.get("/api/v1/datasets/overview", headers=header).get_json()["data"]
    ] == ["Second"]
    assert [p["name"] for p in client.get("/api/v1/profiles", headers=header).get_json()["data"]] == [
        "Second"
    ]
    assert_error(
        client.get(f"/api/v1/datasets/overview?profile_id={filled.profile.public_id}", headers=header),
        "profile_not_found",
    )
    assert_error(client.get("/api/v1/datasets/posts", headers=header), "insufficient_permissions")
    assert [d["name"] for d in client.get("/api/v1/datasets", headers=header).get_json()["data"]] == [
        "overview"
    ]


def test_several_profiles_in_one_request(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    other = create_profile(engine, ada.account_id, "Second")
    ids = [ada.profile.public_id, other.public_id]
    for path in (f"?profile_id={ids[0]},{ids[1]}", f"?profile_id={ids[1]}&profile_id={ids[0]}", ""):
        answer = client.get("/api/v1/datasets/overview" + path, headers=ada.header)
        assert [row["profile_id"] for row in answer.get_json()["data"]] == ids


def test_status_and_profiles(client: FlaskClient, ada: Tenant) -> None:
    status = client.get("/api/v1/status", headers=ada.header)
    assert status.headers["Cache-Control"] == "no-store"
    told = status.get_json()["data"]
    assert told["rate_limit"]["limit"] == told["rate_limit"]["remaining"] == 1000
    (profile,) = client.get("/api/v1/profiles", headers=ada.header).get_json()["data"]
    assert (profile["id"], profile["timezone"], profile["kind"]) == (ada.profile.public_id, "UTC", "personal")
