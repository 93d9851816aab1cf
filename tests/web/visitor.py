"""A visitor: a client that fills in forms as a browser does, token included."""

import html
import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.tenants import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a cookie jar."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        """A page."""
        return self.client.get(path, **more)

    def text(self, path: str) -> str:
        """What a page that must be there says, entities resolved."""
        response = self.get(path)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text[:300]}"
        return html.unescape(response.text)

    def post(
        self, path: str, data: dict[str, Any] | None = None, form: str | None = None, **more: Any
    ) -> TestResponse:
        """Sends the form that stands on the page `form` (default: the same address)."""
        found = _TOKEN.search(self.get(form or path).text)
        token = found[1] if found else "no form there"
        return self.client.post(path, data={**(data or {}), "csrf_token": token}, **more)

    def sign_in(
        self, email: str = "ada@example.org", password: str = PASSWORD, next: str | None = None
    ) -> TestResponse:
        """Through the sign-in page."""
        data = {"email": email, "password": password, **({} if next is None else {"next": next})}
        return self.post("/login", data)

    def cookie(self) -> str:
        """The session cookie's value."""
        found = self.client.get_cookie("flux")
        assert found is not None
        return found.value


def visit(app: Flask) -> Visitor:
    """A fresh visitor."""
    return Visitor(app.test_client())
