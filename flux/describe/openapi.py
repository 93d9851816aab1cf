"""OpenAPI 3.1: every route of the API, made from the declarations that route and check it."""

from functools import lru_cache
from typing import Any

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset
from flux.catalog.params import WRITING
from flux.describe.answers import (
    JSON,
    Errors,
    describe_failures,
    describe_feed,
    describe_headers,
    describe_responses,
)
from flux.describe.feeds import FEED_ERRORS, VARIABLES, answer_name, describe_param, operation_id
from flux.describe.messages import describe_message
from flux.describe.shapes import Schema, describe_schemas, inline, refer
from flux.release import RELEASE
from flux.schemas import data, events, metrics, rest, tokens
from flux.schemas.base import AnalysisId, DataSourceId, LinkSecret, MetricId, ProjectId
from flux.schemas.operations import FORM, Operation, codes

BASE = "/api/v1"
TAGS = {
    "Feeds": "Read-only datasets as JSON or CSV, for spreadsheets, dashboards and code. Keys `flux_bi_…`.",
    "Projects": "What groups profiles, data sources and analyses of an account. Keys `flux_api_…`.",
    "Data sources": "Files sent to a project.",
    "Analyses": "Questions to a project's data, answered behind the request.",
    "Events": "What happens on a site or in a product, kept for SQL. Keys `flux_api_…`.",
    "Metrics": "Saved metrics and SQL over an account's own rows. Tokens `flux_at_…`.",
    "Agents": "Messages of the Model Context Protocol. Keys `flux_…`.",
    "Server": "How the server is, and what it offers.",
}
IDS: dict[str, Any] = {
    "project_id": ProjectId,
    "data_source_id": DataSourceId,
    "analysis_id": AnalysisId,
    "metric_id": MetricId,
    "link": LinkSecret,
}
FILE_TYPES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/zip",
    "application/octet-stream",
)
_SECURITY: dict[str, list[Schema]] = {
    "bi": [{"feedKey": []}, {"feedKeyInAddress": []}, {"feedKeyAsPassword": []}],
    "link": [],  # in the path
    "api": [{"apiKey": []}],
    "bi, api": [{"feedKey": []}, {"feedKeyInAddress": []}, {"feedKeyAsPassword": []}, {"apiKey": []}],
    "token": [{"accessToken": []}],
    "pair": [],  # in the body
}


@lru_cache(maxsize=4)  # by address: whoever sends odd Host headers fills nothing
def describe_api(base_url: str, errors: tuple[tuple[str, tuple[int, str]], ...]) -> Schema:
    """The document of a server at `base_url`; `errors` are the codes with their status and meaning."""
    known = dict(errors)
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": _paths(known),
        "components": {
            "securitySchemes": _security(),
            "headers": describe_headers(),
            "schemas": describe_schemas(operations()),
        },
    }


def operations() -> tuple[Operation, ...]:
    """Every operation but the datasets, which the catalog declares."""
    return (
        *data.OPERATIONS,
        *rest.OPERATIONS,
        *events.OPERATIONS,
        *tokens.OPERATIONS,
        *metrics.OPERATIONS,
        metrics.FEED,
        data.LINK,
        data.SPEC,
        *data.HEALTH,
    )


def _info() -> Schema:
    return {
        "title": "Flux API",
        "version": RELEASE,
        "description": (
            "LinkedIn analytics as feeds, and projects with data sources and analyses. Everything under "
            "`/api/v1/projects` is also at `/v1/projects`. Every feed also answers as `/datasets/NAME.csv`, "
            "and to HEAD."
        ),
        "contact": {"name": "Whoever runs this server"},
        "license": {"name": "See the server's repository"},
    }


def _security() -> Schema:
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "apiKey": bearer | {"description": "A key `flux_api_…`, with permissions `read` and `write`."},
        "accessToken": bearer
        | {
            "description": "A token `flux_at_…` from `POST /metrics/auth/token`. What it may do, `read` and "
            "`sql`, is what its environment key may."
        },
        "agentKey": bearer | {"description": "A key `flux_…`; as `?key=` in the address, too."},
        "feedKey": bearer | {"description": "A key `flux_bi_…`."},
        "feedKeyInAddress": {
            "type": "apiKey",
            "in": "query",
            "name": "key",
            "description": "The same key in the address, for tools that can send nothing else.",
        },
        "feedKeyAsPassword": {
            "type": "http",
            "scheme": "basic",
            "description": "The same key as password, with any user name.",
        },
    }


def _paths(errors: Errors) -> Schema:
    paths: Schema = {}
    for operation in operations():
        paths.setdefault(operation.address, {})[operation.method.lower()] = _operation(operation, errors)
    for dataset in CATALOG.values():
        paths[f"{BASE}/datasets/{dataset.name}"] = {"get": _feed(dataset, errors)}
    paths["/mcp"] = {"post": describe_message(errors)}
    return paths


def _operation(operation: Operation, errors: Errors) -> Schema:
    told: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.help,
        "security": _SECURITY[operation.key] if operation.key else [],
        "parameters": _parameters(operation),
        "responses": describe_responses(operation, errors),
    }
    if operation.key in ("api", "token"):
        told["description"] += f" Needs the permission `{operation.permission}`."
    if operation.body is not None:
        examples = {name: {"value": value} for name, value in operation.examples.items()}
        content = {"schema": refer(operation.body), "examples": examples}
        told["requestBody"] = {"required": not operation.optional, "content": {JSON: content}}
    elif operation.uploads:
        told["requestBody"] = _upload(operation.uploads)
    if operation is metrics.FEED:
        told["parameters"] += [VARIABLES, *map(describe_param, WRITING)]
        told["responses"] |= describe_feed("FeedMetricAnswer", cut=True)
    elif operation is data.LINK:
        told["parameters"] += [*map(describe_param, WRITING)]
        told["responses"] |= describe_feed(*map(answer_name, CATALOG.values()), "FeedMetricAnswer", cut=True)
    return told


def _parameters(operation: Operation) -> list[Schema]:
    found: list[Schema] = []
    for name in operation.ids:
        schema = inline(IDS[name])
        text = schema.pop("description", f"Id of the {name.removesuffix('_id').replace('_', ' ')}.")
        found.append({"name": name, "in": "path", "required": True, "description": text, "schema": schema})
    if operation.query:
        schema = inline(operation.query)
        for name, value in schema["properties"].items():
            text = value.pop("description", "")
            found.append(
                {"name": name, "in": "query", "required": False, "description": text, "schema": value}
            )
    if operation.once:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key and body within 24 hours make nothing twice and get the first "
                "answer again.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    return found


def _upload(form: Any) -> Schema:
    binary = {"schema": {"type": "string", "format": "binary"}}
    content: Schema = {FORM: {"schema": refer(form)}}
    content |= dict.fromkeys((*FILE_TYPES, "*/*"), binary)
    content["text/csv"] = binary | {"example": "day,spend\n2026-01-05,100.5\n2026-01-12,80\n"}
    content[JSON] = {"schema": {"type": ["array", "object"], "items": {}}}
    return {"required": True, "content": content}


def _feed(dataset: Dataset, errors: Errors) -> Schema:
    stand_in = Operation(dataset.name, "GET", "", "", "", "", key="bi", errors=FEED_ERRORS)
    return {
        "operationId": operation_id(dataset),
        "tags": ["Feeds"],
        "summary": dataset.title,
        "description": f"{dataset.help} One line: {dataset.grain}.",
        "security": _SECURITY["bi"],
        "parameters": [describe_param(p) for p in dataset.params],
        "responses": {
            **describe_feed(answer_name(dataset)),
            **describe_failures(codes(stand_in), errors),
        },
    }
