"""A tool's requests, put to this very application: none leaves the process, no other host is asked."""

import csv
import gzip
import io
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import zstandard
from flask import current_app, request
from werkzeug.test import Client, TestResponse

from flux.caller import DRY_RUN
from flux.doctor import Ask, Seen, Tool
from flux.keys import kind_of
from flux.mistakes import Mistake
from flux.snippets import Feed
from flux.store.vault import Holder

AGENT = "Flux feed doctor"
ABROAD = "192.0.2.1"  # nobody's: as good as any of the many from which a maker's servers ask
FEEDS = "/api/v1/feeds/"

_ADDRESS = re.compile(r"https?://[^\s\"'<>;]+", re.IGNORECASE)
_DELIMITERS = {"semicolon": ";", "tab": "\t"}
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Patient:
    """A feed, and the key or link with which it is asked for; without one: `holder`, for a dry run."""

    base: str
    path: str
    params: Pairs
    secret: str = ""
    holder: Holder | None = None

    @property
    def is_link(self) -> bool:
        """Whether the secret stands in the path."""
        return self.path.startswith(FEEDS)

    def address(self, tool: Tool) -> str:
        """What is pasted into the tool."""
        params = [*((n, v) for n, v in self.params if n != "format"), ("format", tool.format)]
        if tool.key == "address" and self.secret and not self.is_link:
            params.append(("key", self.secret))
        return f"{self.base}{self.path}?{urlencode(params, quote_via=quote, safe=',')}"

    def hidden(self) -> "Patient":
        """The same with a word in place of its secret, to be shown."""
        return replace(self, secret=self.secret and "KEY", path=f"{FEEDS}LINK" if self.is_link else self.path)


def read_patient(pasted: str, feed: Feed, holder: Holder) -> Patient:
    """What is to be asked for: the feed with a key, a link, or an address, also within a formula.

    Raises Mistake for an address of another host: nobody but this installation is asked.
    """
    pasted = pasted.strip()
    chosen = Patient(feed.base, f"/{feed.path}", feed.params)
    if found := _ADDRESS.search(pasted):
        return _read_address(found[0], feed.base)
    kind = kind_of(pasted)
    if kind is not None and kind.name == "link":
        return Patient(feed.base, FEEDS + pasted, (), pasted)
    return replace(chosen, secret=pasted) if pasted else replace(chosen, holder=holder)


def _read_address(address: str, base: str) -> Patient:
    parts = urlsplit(address)
    own = {urlsplit(base).hostname, urlsplit(request.host_url).hostname}
    if parts.hostname not in own:
        raise Mistake(
            f"That address is of another host, {(parts.hostname or '')[:100]}: the doctor asks nobody but "
            f"this installation, {base}. Paste an address of it, a key, or a link.",
            parameter="secret",
        )
    if "/api/v1/" not in parts.path:
        raise Mistake(
            f"That address is no feed's: a feed's begins with {base}/api/v1/. Copy it from the picker.",
            parameter="secret",
        )
    pairs = parse_qsl(parts.query)
    secret = next((value for name, value in pairs if name == "key"), "")
    kept = tuple((name, value) for name, value in pairs if name != "key")
    if parts.path.startswith(FEEDS):
        secret = parts.path.removeprefix(FEEDS)
    return Patient(f"{parts.scheme}://{parts.netloc}", parts.path, kept, secret)


def wrong(patient: Patient) -> Patient:
    """The same with a slip in its key."""
    secret = patient.secret or "flux_bi_"
    slip = secret[:-5] + ("b" if secret[-5:-4] == "a" else "a") + secret[-4:]
    path = patient.path.replace(secret, slip) if patient.is_link else patient.path
    return replace(patient, path=path, secret=slip, holder=None)


def visit(patient: Patient, tool: Tool, ask: Ask) -> Seen:
    """What the application answers to one of the tool's requests."""
    headers = [*ask.headers, *_authorization(patient, tool), ("User-Agent", AGENT)]
    environ = {"REMOTE_ADDR": ABROAD if tool.abroad else request.remote_addr or ""}
    held = {DRY_RUN: patient.holder} if patient.holder else {}
    client = Client(current_app.wsgi_app, use_cookies=False)
    # A context of its own: whoever is signed in here, and whatever was found out about them, stays outside.
    answer = Context().run(
        client.open,
        patient.address(tool),
        method=ask.method,
        headers=headers,
        environ_overrides=environ,
        environ_base=held,
    )
    return _seen(answer, patient)


def _authorization(patient: Patient, tool: Tool) -> Iterator[tuple[str, str]]:
    if patient.is_link or not patient.secret or tool.key == "address":
        return
    if tool.key == "basic":
        yield "Authorization", "Basic " + b64encode(f"flux:{patient.secret}".encode()).decode()
    else:
        yield "Authorization", f"Bearer {patient.secret}"


def _seen(answer: TestResponse, patient: Patient) -> Seen:
    if answer.status_code >= 400:
        error = _error(answer)
        return Seen(answer.status_code, error.get("code", ""), error.get("message", ""))
    if answer.status_code >= 300:
        return Seen(answer.status_code, location=answer.headers.get("Location", ""))
    size = int(answer.headers.get("Content-Length") or 0)
    if not answer.data:
        return Seen(answer.status_code, size=size)
    body = _unpacked(answer)
    rows, cells = _counted(body, answer.mimetype or "", dict(patient.params).get("delimiter", ""))
    return Seen(answer.status_code, rows=rows, cells=cells, size=len(body))


def _error(answer: TestResponse) -> dict[str, str]:
    told = answer.get_json(silent=True)
    found = told.get("error") if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def _unpacked(answer: TestResponse) -> bytes:
    body: bytes = answer.data
    match answer.headers.get("Content-Encoding"):
        case "gzip":
            return gzip.decompress(body)
        case "zstd":
            return zstandard.ZstdDecompressor().decompress(body)
    return body


def _counted(body: bytes, media_type: str, delimiter: str) -> tuple[int, int]:
    """Rows and cells of an answer; cells with the header's."""
    if media_type == "text/csv":
        text = io.StringIO(body.decode("utf-8-sig"), newline="")
        lengths = [len(line) for line in csv.reader(text, delimiter=_DELIMITERS.get(delimiter, ","))]
        return max(0, len(lengths) - 1), sum(lengths)
    if media_type == "application/json":
        rows = json.loads(body).get("data", [])
        return (len(rows), sum(map(len, rows))) if isinstance(rows, list) else (1, len(rows))
    return 0, 0
