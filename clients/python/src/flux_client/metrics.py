"""SQL on the account's own rows, and saved metrics."""

import base64
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from flux_client.errors import Unauthorized
from flux_client.models import ResultMeta
from flux_client.transport import Transport

EARLY = 60  # seconds before its end at which a token counts as used up


class Result(NamedTuple):
    """What a query gave: its rows, each by the names of its columns, and what there is to say of them."""

    rows: list[dict[str, Any]]
    meta: ResultMeta


class Metrics:
    """The Metrics API, with an environment key `flux_env_…` and its client secret `flux_cs_…`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0

    def query(self, metric_id: str, variables: Mapping[str, Any] | None = None) -> Result:
        """The rows of a saved metric; variables left out have their defaults."""
        return self._ask(f"/metrics/query/{quote(metric_id, safe='')}", {"variables": dict(variables or {})})

    def sql(self, text: str, variables: Mapping[str, Any] | None = None) -> Result:
        """The rows of an SQL statement, in which `@{name}` stands for a variable's value."""
        encoded = base64.b64encode(text.encode()).decode()
        return self._ask("/metrics/query", {"encodedQuery": encoded, "variables": dict(variables or {})})

    def _ask(self, path: str, body: Mapping[str, Any]) -> Result:
        """The answer, with another token where the server takes the one at hand for ended."""
        token = self._good_token()
        try:
            told = self._transport.post(path, body, token)
        except Unauthorized:
            told = self._transport.post(path, body, self._good_token(instead_of=token))
        return Result(told["data"], told["meta"])

    def _good_token(self, instead_of: str | None = None) -> str:
        """An access token, the same for an hour; threads that need one at once ask for one."""
        with self._lock:
            if self._token == instead_of or time.monotonic() >= self._ends:
                path = "/metrics/auth/token"
                keys = {
                    "environmentApiKey": self._transport.key("env", path),
                    "clientSecret": self._transport.key("secret", path),
                }
                told = self._transport.post(path, keys)
                self._token = told["accessToken"]
                self._ends = time.monotonic() + told["expiresIn"] - EARLY
            return self._token
