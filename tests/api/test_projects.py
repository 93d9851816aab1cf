"""Projects over HTTP: the page's shapes, every mistake told, nobody else's to be seen."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.store.profiles import create_profile
from tests.api.caller import SPEND, Caller, make_caller
from tests.api.test_datasets import assert_error
from tests.tenants import Tenant

MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
PAGE = {
    "name": "Marketing Campaign Analysis",
    "description": "Analysis of Q1 marketing campaigns",
    "industry": "retail",
}


def test_a_project_is_made_and_told_as_on_the_page(writer: Caller) -> None:
    made = writer.post("/projects", PAGE)["data"]
    assert list(made)[:6] == ["id", "name", "description", "industry", "created_at", "updated_at"]
    assert made["id"].startswith("proj_") and made["created_at"] == made["updated_at"]
    assert {name: made[name] for name in PAGE} == PAGE
    shown = writer.get(f"/projects/{made['id']}")["data"]
    assert shown == made | {"data_sources": [], "analyses": []}
    listed = writer.get("/projects")
    assert list(listed["data"][0]) == ["id", "name", "description", "created_at", "updated_at"]
    assert listed["meta"] == {"total": 1, "limit": 20, "offset": 0}


@pytest.mark.parametrize("base", ["/v1", "/api/v1"])
def test_what_was_made_is_where_the_answer_says(writer: Caller, base: str) -> None:
    caller = Caller(writer.client, writer.key, base)
    place = caller.ask("POST", "/projects", 201, json={"name": "a"}).headers["Location"]
    assert place.startswith(f"{base}/projects/proj_")
    assert caller.get(place.removeprefix(base))["data"]["name"] == "a"


def test_both_bases_are_the_same(writer: Caller) -> None:
    project = writer.project()
    other = Caller(writer.client, writer.key, "/api/v1")
    assert other.get(f"/projects/{project}") == writer.get(f"/projects/{project}")
    assert other.project("Autumn") in {p["id"] for p in writer.get("/projects")["data"]}


def test_a_list_is_paged_and_sorted(writer: Caller) -> None:
    for name in ("beta", "alpha", "gamma"):
        writer.project(name)
    names = [p["name"] for p in writer.get("/projects?sort=name&order=asc&limit=2")["data"]]
    assert names == ["alpha", "beta"]
    rest = writer.get("/projects?sort=name&order=asc&limit=2&offset=2")
    assert [p["name"] for p in rest["data"]] == ["gamma"]
    assert rest["meta"] == {"total": 3, "limit": 2, "offset": 2}
    assert [p["name"] for p in writer.get("/projects")["data"]] == ["gamma", "alpha", "beta"]


def test_names_are_sorted_whatever_their_case(writer: Caller) -> None:
    for name in ("beta", "Alpha", "Zulu", "alpha two"):
        writer.project(name)
    names = [p["name"] for p in writer.get("/projects?sort=name&order=asc")["data"]]
    assert names == ["Alpha", "alpha two", "beta", "Zulu"]


def test_the_limit_is_refused_in_the_pages_words(writer: Caller) -> None:
    error = assert_error(writer.ask("GET", "/projects?limit=200", 400), "invalid_parameter")
    assert error["message"].startswith("The parameter 'limit' must be a number between 1 and 100")
    assert error["details"] == {"parameter": "limit", "value": "200", "constraint": "1-100"}


def test_a_change_sets_what_is_sent(writer: Caller) -> None:
    project = writer.post("/projects", PAGE)["data"]
    changed = writer.ask("PATCH", f"/projects/{project['id']}", json={"industry": None}).get_json()["data"]
    assert changed["industry"] is None and changed["name"] == PAGE["name"]
    assert writer.get(f"/projects/{project['id']}")["data"]["industry"] is None
    same = writer.ask("PATCH", f"/projects/{project['id']}", json={}).get_json()["data"]
    assert same["name"] == PAGE["name"]


def test_a_deleted_project_is_gone_with_all_it_had(writer: Caller) -> None:
    project = writer.project()
    source = writer.send(project, SPEND)["data"]["id"]
    assert writer.ask("DELETE", f"/projects/{project}", 204).data == b""
    for path in (f"/projects/{project}", f"/projects/{project}/data-sources/{source}"):
        assert_error(writer.ask("GET", path, 404), "project_not_found")
    assert writer.get("/projects")["meta"]["total"] == 0


def test_a_project_is_about_chosen_profiles(writer: Caller, engine: Engine, ada: Tenant, bob: Tenant) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    project = writer.project(profile_ids=[ada.profile.public_id])
    assert writer.get(f"/projects/{project}")["data"]["profile_ids"] == [ada.profile.public_id]
    writer.ask("PATCH", f"/projects/{project}", json={"profile_ids": [other.public_id]})
    assert writer.get(f"/projects/{project}")["data"]["profile_ids"] == [other.public_id]
    foreign = {"name": "x", "profile_ids": [bob.profile.public_id]}
    error = assert_error(writer.ask("POST", "/projects", 404, json=foreign), "profile_not_found")
    assert error["details"]["parameter"] == "profile_ids"
    writer.ask("PATCH", f"/projects/{project}", 404, json={"profile_ids": [bob.profile.public_id]})
    assert writer.get(f"/projects/{project}")["data"]["profile_ids"] == [other.public_id]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_json"),
        (b"", "application/json", 400, "invalid_json"),
        (b'{"name": "\\ud800"}', "application/json", 400, "invalid_json"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"name": "' + b"x" * 2**20 + b'"}', "application/json", 413, "too_large"),
        (b'{"name": "a", "colour": 1}', "application/json", 400, "unknown_parameter"),
        (b"[]", "application/json", 400, "invalid_parameter"),
    ],
)
def test_a_body_that_will_not_do_is_refused(
    writer: Caller, body: bytes, kind: str, status: int, code: str
) -> None:
    assert_error(writer.ask("POST", "/projects", status, data=body, content_type=kind), code)
    assert writer.get("/projects")["meta"]["total"] == 0


ASKED: list[tuple[str, dict[str, Any], str, int]] = [
    ("foo", {}, "kind", 400),
    ("summary", {"range": "last_moon"}, "parameters.range", 400),
    ("summary", {"range": "all", "from": "-9d"}, "parameters.range", 400),
    ("summary", {"tz": "Mars/Base"}, "parameters.tz", 400),
    ("summary", {"profile_ids": ["prof_00000000001"]}, "parameters.profile_ids", 404),
    ("period_comparison", {"range": "all"}, "parameters.range", 400),
    ("period_comparison", {"compare_from": "-1y"}, "parameters.compare_from", 400),
    (
        "roi",
        {"data_source_id": "ds_00000000001", "date_column": "day", "amount_column": "spend"},
        "parameters.data_source_id",
        404,
    ),
]


@pytest.mark.parametrize(("kind", "parameters", "place", "status"), ASKED)
def test_what_cannot_be_asked_is_told_by_its_place_in_the_body(
    writer: Caller, kind: str, parameters: dict[str, Any], place: str, status: int
) -> None:
    path = f"/projects/{writer.project()}/analyses"
    error = writer.post(path, {"kind": kind, "parameters": parameters}, status)["error"]
    assert error["details"]["parameter"] == place
    assert status == 404 or error["message"].startswith(f"The parameter '{place}' is '")
    assert writer.get(path)["meta"]["total"] == 0


def test_a_key_that_may_only_read_changes_nothing(reader: Caller, writer: Caller) -> None:
    project = writer.project()
    for method, path, body in writes(project, "ds_00000000001", "an_00000000001"):
        error = assert_error(reader.ask(method, path, 403, json=body), "insufficient_permissions")
        assert error["details"]["constraint"] == "write"
    assert reader.get(f"/projects/{project}")["data"]["name"] == "Spring"
    assert reader.get("/projects")["meta"]["total"] == 1


def writes(project: str, source: str, analysis: str) -> list[tuple[str, str, Any]]:
    """Every route that changes something, with a body that would do."""
    return [
        ("POST", "/projects", {"name": "Mine now"}),
        ("PATCH", f"/projects/{project}", {"name": "Mine now"}),
        ("POST", f"/projects/{project}/data-sources", [{"day": "2026-01-01", "spend": 1}]),
        ("POST", f"/projects/{project}/analyses", {"kind": "summary"}),
        ("DELETE", f"/projects/{project}/data-sources/{source}", None),
        ("DELETE", f"/projects/{project}/analyses/{analysis}", None),
        ("DELETE", f"/projects/{project}", None),
    ]


def test_another_accounts_ids_are_404_everywhere_and_nothing_changes(
    writer: Caller, stranger: Caller
) -> None:
    project = writer.project()
    source = writer.send(project, SPEND)["data"]["id"]
    analysis = writer.post(f"/projects/{project}/analyses", {"kind": "summary"})["data"]["id"]
    before = writer.get(f"/projects/{project}")
    reads = [("GET", f"/projects/{project}{rest}", None) for rest in (
        "", "/data-sources", f"/data-sources/{source}", "/analyses", f"/analyses/{analysis}",
    )]  # fmt: skip
    for method, path, body in reads + writes(project, source, analysis)[1:]:
        assert_error(stranger.ask(method, path, 404, json=body), "project_not_found")
    own = stranger.project("Theirs")
    for path in (f"data-sources/{source}", f"analyses/{analysis}"):
        for method in ("GET", "DELETE"):
            stranger.ask(method, f"/projects/{own}/{path}", 404)
            writer.ask("GET", f"/projects/{project}/{path}")
    roi = {
        "kind": "roi",
        "parameters": {"data_source_id": source, "date_column": "day", "amount_column": "spend"},
    }
    assert_error(stranger.ask("POST", f"/projects/{own}/analyses", 404, json=roi), "data_source_not_found")
    assert writer.get(f"/projects/{project}") == before
    assert stranger.get("/projects")["meta"]["total"] == 1


def test_a_feeds_key_opens_no_project(client: FlaskClient, ada: Tenant) -> None:
    assert_error(client.get("/v1/projects", headers=ada.header), "wrong_key_kind")
    answer = client.get("/v1/projects")
    assert_error(answer, "missing_api_key")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_profiles_that_a_project_may_name_are_told(
    client: FlaskClient, reader: Caller, engine: Engine, ada: Tenant, bob: Tenant
) -> None:
    listed = Caller(client, reader.key, "/api/v1").ask("GET", "/profiles")
    assert [p["id"] for p in listed.get_json()["data"]] == [ada.profile.public_id]
    assert listed.headers["RateLimit-Policy"].startswith('"minute"')
    assert client.get("/api/v1/profiles", headers=ada.header).get_json() == listed.get_json()
    header = {"Authorization": f"Bearer {reader.key}"}
    assert_error(client.get("/api/v1/status", headers=header), "wrong_key_kind")
    assert_error(client.get(f"/api/v1/profiles?key={reader.key}"), "wrong_key_kind")
    assert_error(client.get(f"/api/v1/profiles?key={ada.key}", headers=header), "invalid_parameter")
    writing = make_caller(client, engine, ada, ("write",))
    answer = Caller(client, writing.key, "/api/v1").ask("GET", "/profiles", 403)
    assert_error(answer, "insufficient_permissions")


def test_a_key_that_can_write_stands_in_the_header_alone(client: FlaskClient, writer: Caller) -> None:
    assert_error(client.get(f"/v1/projects?key={writer.key}"), "missing_api_key")
    assert_error(client.get("/v1/projects", auth=("any", writer.key)), "missing_api_key")
    assert (
        client.get("/v1/projects?key=x", headers={"Authorization": f"bearer {writer.key}"}).status_code == 200
    )


def test_what_is_not_there_and_what_cannot_be_done(writer: Caller) -> None:
    assert_error(writer.ask("GET", "/projects/proj_00000000000", 404), "project_not_found")
    assert_error(writer.ask("GET", "/projects/nonsense", 404), "project_not_found")
    assert_error(writer.ask("GET", "/nothing", 404), "not_found")
    answer = writer.ask("PUT", "/projects", 405)
    assert_error(answer, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_list_costs_in_statements(writer: Caller, statements: list[str]) -> None:
    for name in ("a", "b", "c"):
        writer.project(name)
    statements.clear()
    writer.get("/projects")
    # the key with its account and plan; BEGIN, the page, its count, the projects' profiles, ROLLBACK
    assert len(statements) == 6, statements
