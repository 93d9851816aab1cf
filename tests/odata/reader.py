"""A plain reader of the service: it asks, follows links, and reads the same feed beside it."""

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks with a key in its header."""

    client: FlaskClient
    header: dict[str, str]

    def get(self, path: str, options: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """The answer to `/odata/` + path."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"/odata/{path}", query_string=options or None, headers=self.header | more)

    def body(self, path: str, options: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """What a good answer says."""
        answer = self.get(path, options, **headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.get_json()
        return body

    def rows(self, path: str, options: dict[str, Any] | None = None, **headers: str) -> list[Row]:
        """The rows of one page, which has no next one."""
        body = self.body(path, options, **headers)
        assert "@odata.nextLink" not in body
        rows: list[Row] = body["value"]
        return rows

    def pages(self, path: str, options: dict[str, Any] | None = None, size: int = 7) -> list[list[Row]]:
        """Every page, by the links alone."""
        prefer = {"Prefer": f"odata.maxpagesize={size}"}
        body, found = self.body(path, options, **prefer), []
        while True:
            found.append(body["value"])
            if "@odata.nextLink" not in body:
                return found
            answer = self.client.get(body["@odata.nextLink"], headers=self.header | prefer)
            assert answer.status_code == 200, answer.text
            body = answer.get_json()

    def feed(self, dataset: str, asked: dict[str, Any]) -> list[Row]:
        """The rows of the Data API's feed, its lists as texts."""
        answer = self.client.get(f"/api/v1/datasets/{dataset}", query_string=asked, headers=self.header)
        assert answer.status_code == 200, answer.text
        rows: list[Row] = answer.get_json()["data"]
        return [{n: " ".join(v) if isinstance(v, list) else v for n, v in row.items()} for row in rows]


STEPS = {r"Table\.Skip\(Table, (\d+)\)": "$skip", r"Table\.FirstN\(.*, (\d+)\)": "$top"}


def folded(text: str) -> tuple[str, dict[str, str]]:
    """Address and query of the one request that the M text comes to."""
    base = re.search(r'OData\.Feed\(\s*"([^"]+)"', text)
    table = re.search(r'\[Name = "(\w+)", Signature = "table"\]', text)
    assert base and table
    query = dict(re.findall(r'^ {16}(\w+) = "([^"]*)",?$', text, re.MULTILINE))
    steps = {option: found[1] for step, option in STEPS.items() if (found := re.search(step, text))}
    return base[1] + table[1], query | steps
