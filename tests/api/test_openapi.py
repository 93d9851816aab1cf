"""The OpenAPI document is whole and true: compared with the URL map, and with real answers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flux.analyses import KINDS
from flux.catalog import CATALOG
from flux.errors import ERRORS
from tests.api.caller import SPEND, Caller, make_pair
from tests.mcp.agent import Agent, make_agent
from tests.tenants import Tenant, make_days, make_posts, post

MACHINE = ("/api/", "/v1/", "/healthz", "/readyz", "/mcp", "/metrics/", "/event/")  # OData describes itself
Document = dict[str, Any]
OTHERS = {("GET", "/mcp/flux_mcp_stdio.py")}  # a file that agents' machines are given


@pytest.fixture
def document(client: FlaskClient) -> Document:
    found: Document = client.get("/api/v1/openapi.json").get_json()
    return found


def test_it_is_valid_openapi(document: Document) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """ada, with a post of which all is known and one of which nothing is."""
    known = post("2026-01-05T09:00:00", text="a #b", hashtags="#b", likes=1, comments=2, shares=3)
    make_posts(engine, ada.profile, ada.account_id, [known, post("2026-01-06T09:00:00")])
    make_days(engine, ada.profile, ada.account_id, {"day": "2026-01-05", "impressions": 5})
    return ada


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method and address for machines, as OpenAPI writes them; `/v1` is `/api/v1` again."""
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(MACHINE):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        path = f"/api{path}" if path.startswith("/v1/") else path
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if path == "/api/v1/datasets/{name}":
                yield from ((method, f"/api/v1/datasets/{name}") for name in CATALOG)
            elif path == "/api/v1/metrics/{name}":  # an id, and perhaps `.csv`
                yield method, "/api/v1/metrics/{metric_id}"
            else:
                yield method, path


def test_it_has_every_route_and_no_other(app: Flask, document: Document) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert not described & OTHERS
    assert described | OTHERS == set(routes(app))


def test_both_bases_have_the_same_routes(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert {rule for rule in rules if rule.startswith("/api/v1/projects")} == {
        f"/api{rule}" for rule in rules if rule.startswith("/v1/")
    }


def test_every_error_code_is_told_with_a_route(document: Document) -> None:
    told = str(
        [r for path in document["paths"].values() for op in path.values() for r in op["responses"].items()]
    )
    elsewhere = {"method_not_allowed", "not_found", "invalid_query"}  # of no route, and of one to come
    elsewhere |= {"gone", "not_implemented"}  # of OData, which describes itself
    assert [code for code in ERRORS if f"`{code}`" not in told and code not in elsewhere] == []


def test_it_is_kept_by_its_tag(client: FlaskClient) -> None:
    first = client.get("/api/v1/openapi.json")
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def check(document: Document, answer: TestResponse, method: str, path: str) -> None:
    """The answer's status is described, and its body is of the described shape."""
    responses = document["paths"][path][method.lower()]["responses"]
    assert str(answer.status_code) in responses, f"{method} {path}: {answer.status} is not described"
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        assert not answer.data
        return
    schema = content[answer.mimetype]["schema"] | {"components": document["components"]}
    problems = list(Draft202012Validator(schema).iter_errors(answer.get_json()))
    assert not problems, f"{method} {path}: {problems[0].message} at {problems[0].json_path}"
    for header, told in responses[str(answer.status_code)].get("headers", {}).items():
        assert "$ref" in told
        if header not in ("Idempotent-Replayed", "Retry-After"):
            assert header in answer.headers, f"{method} {path}: no {header}"


@pytest.mark.parametrize("path", ["/api/v1/datasets", "/api/v1/profiles", "/api/v1/status"])
def test_the_feeds_answers_are_as_described(
    client: FlaskClient, document: Document, ada: Tenant, path: str
) -> None:
    check(document, client.get(path, headers=ada.header), "GET", path)
    check(document, client.get(path), "GET", path)


@pytest.mark.parametrize("name", CATALOG)
def test_the_datasets_rows_are_as_described(
    client: FlaskClient, document: Document, filled: Tenant, name: str
) -> None:
    path = f"/api/v1/datasets/{name}"
    for query in (
        "range=all",
        CATALOG[name].example.replace("format=csv", ""),
        "from=soon",
        "profile_id=prof_1",
    ):
        check(document, client.get(f"{path}?{query}", headers=filled.header), "GET", path)
    if CATALOG[name].param("compare"):
        answer = client.get(f"{path}?compare=previous", headers=filled.header)
        check(document, answer, "GET", path)


def test_the_rest_answers_are_as_described(document: Document, writer: Caller) -> None:
    one, base = "/api/v1/projects/{project_id}", "/api/v1/projects"
    check(document, writer.ask("POST", "/projects", 201, json={"name": "a"}), "POST", base)
    check(document, writer.ask("POST", "/projects", 400, json={}), "POST", base)
    check(document, writer.ask("GET", "/projects"), "GET", base)
    project = writer.get("/projects")["data"][0]["id"]
    upload = {"data": SPEND, "content_type": "text/csv"}
    made = writer.ask("POST", f"/projects/{project}/data-sources", 201, **upload)
    check(document, made, "POST", f"{one}/data-sources")
    source = made.get_json()["data"]["id"]
    check(document, writer.ask("GET", f"/projects/{project}/data-sources"), "GET", f"{one}/data-sources")
    shown = writer.ask("GET", f"/projects/{project}/data-sources/{source}")
    check(document, shown, "GET", f"{one}/data-sources/{{data_source_id}}")
    check(document, writer.ask("GET", f"/projects/{project}"), "GET", one)
    check(document, writer.ask("PATCH", f"/projects/{project}", json={"name": "b"}), "PATCH", one)
    gone = writer.ask("DELETE", f"/projects/{project}/data-sources/{source}", 204)
    check(document, gone, "DELETE", f"{one}/data-sources/{{data_source_id}}")
    check(document, writer.ask("DELETE", f"/projects/{project}", 204), "DELETE", one)
    check(document, writer.ask("GET", f"/projects/{project}", 404), "GET", one)


def test_the_answers_of_events_and_tokens_are_as_described(
    client: FlaskClient, document: Document, engine: Engine, ada: Tenant, writer: Caller
) -> None:
    header = {"Authorization": f"Bearer {writer.key}"}
    told = document["paths"]["/event/ingest"]["post"]
    bodies = told["requestBody"]["content"]["application/json"]["examples"]
    for body, status in ((bodies["one"]["value"], 204), (bodies["list"]["value"], 204), ({}, 400)):
        answer = client.post("/event/ingest", json=body, headers=header)
        assert answer.status_code == status
        check(document, answer, "POST", "/event/ingest")
    check(document, client.post("/event/ingest", json={}), "POST", "/event/ingest")
    pair = make_pair(engine, ada.account_id)
    for body in (pair, {}, pair | {"clientSecret": writer.key}, []):
        check(document, client.post("/metrics/auth/token", json=body), "POST", "/metrics/auth/token")


def test_an_agents_answers_are_as_described(
    client: FlaskClient, document: Document, engine: Engine, ada: Tenant
) -> None:
    agent, statuses = make_agent(client, engine, ada.account_id), []
    example = document["paths"]["/mcp"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    for body, key in (
        (example["call"]["value"], agent.key),
        (example["call"]["value"] | {"method": "no/such"}, agent.key),
        ({"jsonrpc": "2.0", "method": "notifications/initialized"}, agent.key),
        ([], agent.key),
        (example["call"]["value"], "flux_nonsense"),
    ):
        answer = Agent(agent.client, key).post(body)
        statuses.append(answer.status_code)
        check(document, answer, "POST", "/mcp")
    missing = agent.ask("no/such")
    check(document, missing, "POST", "/mcp")
    assert [*statuses, missing.status_code] == [200, 200, 202, 400, 401, 404]


def test_only_what_honours_an_idempotency_key_says_so(document: Document) -> None:
    posts = {path: told["post"] for path, told in document["paths"].items() if "post" in told}
    once = {path for path, told in posts.items() if "Idempotency-Key" in str(told["parameters"])}
    assert once and once == {path for path, told in posts.items() if "Location" in str(told["responses"])}
    assert once == {path for path in posts if path.startswith("/api/v1/projects")}
    assert once == {path for path, told in posts.items() if "409" in told["responses"]}


def test_a_file_may_come_under_any_type_and_its_forms_fields_are_never_null(document: Document) -> None:
    told = document["paths"]["/api/v1/projects/{project_id}/data-sources"]["post"]
    assert "*/*" in told["requestBody"]["content"] and "415" not in told["responses"]
    form = document["components"]["schemas"]["Upload"]
    assert form["required"] == ["file"]
    for name, field in form["properties"].items():
        assert field["type"] == "string" and "default" not in field, name


def test_the_profiles_are_there_for_both_kinds_of_keys(document: Document) -> None:
    told = document["paths"]["/api/v1/profiles"]["get"]["security"]
    assert {"feedKey": []} in told and {"apiKey": []} in told


@pytest.mark.parametrize("kind", KINDS)
def test_an_examples_request_is_taken(document: Document, writer: Caller, kind: str) -> None:
    project = writer.project()
    source = writer.send(project, SPEND)["data"]["id"]
    path = "/api/v1/projects/{project_id}/analyses"
    examples = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]
    body = examples[kind]["value"]
    if "data_source_id" in body["parameters"]:
        own = {"data_source_id": source, "date_column": "day", "amount_column": "spend"}
        body["parameters"] |= own
    made = writer.ask("POST", f"/projects/{project}/analyses", 201, json=body)
    check(document, made, "POST", path)
    assert made.get_json()["data"]["status"] == "queued"
    shown = writer.ask("GET", f"/projects/{project}/analyses/{made.get_json()['data']['id']}")
    check(document, shown, "GET", f"{path}/{{analysis_id}}")
    check(document, writer.ask("GET", f"/projects/{project}/analyses"), "GET", path)


def test_the_page_tells_every_route_and_shape(client: FlaskClient, document: Document) -> None:
    page = client.get("/docs/api").text
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert f"{method.upper()} {path}" in page
            assert f'id="{told["operationId"]}"' in page
    for name in document["components"]["schemas"]:
        assert f'id="s-{name}"' in page
    assert "http://" not in re.sub(r"http://(localhost|127\.0\.0\.1)", "", page)
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= set(re.findall(r'id="([^"]+)"', page))
