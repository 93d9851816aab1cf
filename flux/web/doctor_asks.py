"""A tool's requests, put to this very application: none leaves the process, no other host is asked."""

import csv
import gzip
import io
import json
from base64 import b64encode
from collections.abc import Iterator
from contextvars import Context
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import zstandard
from flask import current_app, request
from werkzeug.test import Client, TestResponse

from flux.caller import COUNTED, DRY_RUN
from flux.catalog.parse import read_writing
from flux.catalog.query import Arguments
from flux.doctor import Ask, Seen, Tool
from flux.formats import DELIMITERS, MEDIA_TYPES
from flux.web.doctor_patient import Patient

AGENT = "Flux feed doctor"
ABROAD = "192.0.2.1"  # nobody's: as good as any of the many from which a maker's servers ask

_FORMATS = {media_type.partition(";")[0]: name for name, media_type in MEDIA_TYPES.items()}


def visit(patient: Patient, tool: Tool, ask: Ask, counted: set[object]) -> Seen:
    """What the application answers to one of the tool's requests; `counted`: in what they count so far."""
    headers = [*ask.headers, *_authorization(patient, tool), ("User-Agent", AGENT)]
    environ = {"REMOTE_ADDR": ABROAD if tool.abroad else request.remote_addr or ""}
    held = {COUNTED: counted, **({DRY_RUN: patient.holder} if patient.holder else {})}
    target = patient.target(tool)
    client = Client(current_app.wsgi_app, use_cookies=False)
    # A context of its own: whoever is signed in here, and whatever was found out about them, stays outside.
    answer = Context().run(
        client.open,
        target,
        base_url=patient.base,
        method=ask.method,
        headers=headers,
        environ_overrides=environ,
        environ_base=held,
    )
    return _seen(answer, parse_qs(urlsplit(target).query))


def _authorization(patient: Patient, tool: Tool) -> Iterator[tuple[str, str]]:
    if patient.is_link or patient.query is not None or not patient.secret or tool.key == "address":
        return
    if tool.key == "basic":
        yield "Authorization", "Basic " + b64encode(f"flux:{patient.secret}".encode()).decode()
    else:
        yield "Authorization", f"Bearer {patient.secret}"


def _seen(answer: TestResponse, asked: Arguments) -> Seen:
    if answer.status_code >= 400:
        error = _error(answer)
        return Seen(answer.status_code, error.get("code", ""), error.get("message", ""))
    if answer.status_code >= 300:
        return Seen(answer.status_code, location=answer.headers.get("Location", ""))
    written = read_writing(asked)
    seen = Seen(
        answer.status_code,
        size=int(answer.headers.get("Content-Length") or 0),
        format=_FORMATS.get(answer.mimetype or "", ""),
        delimiter=written.delimiter,
        decimal=written.decimal,
        cut=answer.headers.get("X-Flux-Truncated") == "true",
    )
    return _counted(seen, _unpacked(answer)) if answer.data else seen


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


def _counted(seen: Seen, body: bytes) -> Seen:
    """The same with the rows and cells of its body; cells with the header's."""
    seen = replace(seen, size=len(body))
    if seen.format == "csv":
        csv.field_size_limit(max(csv.field_size_limit(), len(body)))  # the module's own is 131,072
        text = io.StringIO(body.decode("utf-8-sig"), newline="")
        lengths = [len(line) for line in csv.reader(text, delimiter=DELIMITERS[seen.delimiter])]
        return replace(seen, rows=max(0, len(lengths) - 1), cells=sum(lengths))
    if seen.format == "json":
        rows = json.loads(body)["data"]
        return replace(seen, rows=len(rows), cells=sum(map(len, rows)))
    return seen
