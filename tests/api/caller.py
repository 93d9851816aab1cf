"""Somebody who calls the REST API: a key's header, and answers checked for their shape."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flux.key_limits import Limits
from tests.tenants import Tenant, make_key


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


SPEND = b"day,spend,hours,note\n2026-01-05,100.5,3,launch\n2026-01-12,80,2,\n2026-01-19,120.25,4,video\n"
