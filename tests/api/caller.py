"""Somebody who calls the REST API: a key's header, and answers checked for their shape."""

import base64
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flux import keys
from flux.key_limits import Limits
from tests.tenants import PEPPER, Tenant, make_key


@dataclass(frozen=True, slots=True)
class Caller:
    """A client with a key of its own."""

    client: FlaskClient
    key: str
    base: str = "/v1"

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> TestResponse:
        """An answer that has this status."""
        headers = {"Authorization": f"Bearer {self.key}"} | more.pop("headers", {})
        answer = self.client.open(f"{self.base}{path}", method=method, headers=headers, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status} {answer.text[:500]}"
        return answer

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return self.ask("GET", path, status, **more).get_json()

    def post(self, path: str, body: Any, status: int = 201, **more: Any) -> Any:
        return self.ask("POST", path, status, json=body, **more).get_json()

    def project(self, name: str = "Spring", **more: Any) -> str:
        """The id of a new project."""
        made: str = self.post("/projects", {"name": name, **more})["data"]["id"]
        return made

    def send(
        self, project: str, content: bytes, name: str = "spend.csv", status: int = 201, **query: str
    ) -> Any:
        """The answer to a file that is sent as the body itself."""
        return self.ask(
            "POST",
            f"/projects/{project}/data-sources",
            status,
            data=content,
            content_type="text/csv",
            query_string={"name": name, **query},
        ).get_json()


def make_caller(
    client: FlaskClient, engine: Engine, tenant: Tenant, permissions: tuple[str, ...] = ("read", "write")
) -> Caller:
    """A caller of the tenant's account."""
    return Caller(client, make_key(engine, tenant.account_id, Limits(permissions=permissions), "api"))


def make_pair(engine: Engine, account_id: int, limits: Limits | None = None) -> dict[str, str]:
    """Both keys of the Metrics API, as they are sent for a token."""
    (_, environment), (_, secret) = keys.issue_pair(
        engine, PEPPER, account_id, "keys for tests", limits or Limits()
    )
    return {"environmentApiKey": environment, "clientSecret": secret}


def make_token(client: FlaskClient, pair: dict[str, str]) -> str:
    """The access token that two keys give."""
    answer = client.post("/metrics/auth/token", json=pair)
    assert answer.status_code == 200, answer.text
    token: str = answer.get_json()["accessToken"]
    return token


def ask_sql(client: FlaskClient, token: str, text: str) -> TestResponse:
    """The answer to an SQL statement."""
    body = {"encodedQuery": base64.b64encode(text.encode()).decode()}
    return client.post("/metrics/query", json=body, headers={"Authorization": f"Bearer {token}"})


SPEND = b"day,spend,hours,note\n2026-01-05,100.5,3,launch\n2026-01-12,80,2,\n2026-01-19,120.25,4,video\n"
