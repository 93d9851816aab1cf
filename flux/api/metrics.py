"""Metrics over HTTP: run by a program with an access token, or read as a feed."""

import base64
import hashlib
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

import orjson
from flask import Blueprint, Response, request

from flux.caller import rights
from flux.catalog.parse import read_writing
from flux.catalog.query import Arguments, Writing
from flux.extensions import engine
from flux.feeds import Feed, admitted, answer, asked_format
from flux.formats import write_csv, write_json
from flux.metrics import check_door, check_rights, columns_of
from flux.mistakes import InvalidQuery
from flux.questions import Question, Result, ask, name_of, note
from flux.sandbox.snapshot import read_state
from flux.schemas.base import instant
from flux.schemas.metrics import QueryRequest, RunRequest
from flux.serve import Moved
from flux.store.freshness import read_updated_at
from flux.store.metrics import Metric, find_metric
from flux.store.vault import Holder
from flux.variables import bind_variables, read_texts

TRUNCATED = (
    "X-Flux-Truncated"  # a feed that the limits of a query cut short; CSV has no other place to say it
)
FEED_PATIENCE = 1.0  # seconds: a sheet asks for several cells at once
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def route(blueprint: Blueprint) -> None:
    """Puts the feeds of metrics under their addresses; HEAD comes with GET."""
    blueprint.add_url_rule("/metrics/<metric_id>", view_func=feed)


# --- by a program, with a token -------------------------------------------------------------------


def run(holder: Holder, metric_id: str, body: RunRequest) -> bytes:
    """A saved metric's rows."""
    account_id = holder.key.account_id
    metric = find_metric(engine, account_id, metric_id)
    check_door(metric, "api")
    version = metric.newest
    values = bind_variables(version.variables, body.variables)
    return _told(ask(Question(account_id, version.query, values, "api", _who(holder), metric)))


def query(holder: Holder, body: QueryRequest) -> bytes:
    """The rows of an SQL statement."""
    text = decode(body.encoded_query)
    return _told(ask(Question(holder.key.account_id, text, body.variables, "api", _who(holder))))


def decode(encoded: str) -> str:
    """The SQL in a base64 text of either alphabet, padded or not. Raises InvalidQuery."""
    packed = "".join(encoded.splitlines()).strip().encode(errors="replace").translate(_URL_SAFE).rstrip(b"=")
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True).decode()
    except UnicodeDecodeError:
        problem = "'encodedQuery' holds bytes that are no UTF-8: encode the SQL as UTF-8, then as base64"
        raise InvalidQuery(problem, constraint="base64 of UTF-8") from None
    except ValueError:
        problem = f"'encodedQuery' is no base64: '{encoded[:40]}'. Send the SQL in UTF-8, encoded as base64"
        raise InvalidQuery(problem, value=encoded[:40], constraint="base64 of UTF-8") from None


def _who(holder: Holder) -> str:
    return f"{holder.key.hint} {holder.key.name}"


def _told(result: Result) -> bytes:
    """The answer's body, straight from the rows: they need no model."""
    meta = {
        "columns": _columns(result),
        "row_count": len(result.rows),
        "truncated": result.truncated,
        "elapsed_ms": result.elapsed_ms,
        "cached": result.cached,
    }
    names = [name for name, _ in result.columns]
    return orjson.dumps({"data": [dict(zip(names, row, strict=True)) for row in result.rows], "meta": meta})


def _columns(result: Result) -> list[dict[str, str]]:
    return [{"name": name, "type": type} for name, type in result.columns]


# --- as a feed, with a key of the Data API --------------------------------------------------------


def feed(metric_id: str) -> Response:
    """A saved metric's rows, as JSON or CSV."""
    holder = admitted()
    public, written_as = asked_format(metric_id)
    return read(holder, public, dict(request.args.lists()), written_as)


class _Told(NamedTuple):
    """What is known of a body beside its bytes."""

    rows: int
    updated: int | None  # when the data last changed, in Unix seconds
    truncated: bool


def read(holder: Holder, public: str, given: Arguments, written_as: str) -> Response:
    """The rows that the arguments ask of a saved metric."""
    metric = find_metric(engine, holder.key.account_id, public)
    check_rights(rights(holder), metric)
    check_door(metric, "feed")
    values = read_texts(metric.newest.variables, given)
    question = Question(
        metric.account_id, metric.newest.query, values, "feed", _who(holder), metric, FEED_PATIENCE
    )
    return answer(holder, partial(_feed, question, metric, read_writing(given, written_as)))


def _feed(question: Question, metric: Metric, writing: Writing, encoding: str) -> Feed:
    state, begin = read_state(engine, question.account_id), time.monotonic()
    shown = (metric.id, metric.name, metric.newest.version, writing, encoding)
    named = f"{name_of(question, state)} {shown!r}"

    def finish(response: Response, more: _Told, kept: bool) -> None:
        if more.truncated:
            response.headers[TRUNCATED] = "true"
        if kept:
            note(question, begin, rows=more.rows, cached=True)

    return Feed(
        tag=hashlib.sha256(named.encode()).hexdigest()[:40],
        format=writing.format,
        make=partial(_body, question, metric, writing, state),
        modified=lambda more: None if more.updated is None else datetime.fromtimestamp(more.updated, UTC),
        finish=finish,
    )


def _body(question: Question, metric: Metric, writing: Writing, state: str) -> tuple[bytes, _Told]:
    """The body, and what is known of it. Raises Moved."""
    updated = read_updated_at(engine, question.account_id)
    result = ask(question)
    if result.state != state:
        raise Moved
    columns, rows = columns_of(result.columns), map(tuple, result.rows)
    chunks: Iterable[bytes]
    if writing.format == "csv":
        chunks = write_csv(columns, rows, writing)
    else:
        chunks = write_json(columns, rows, _meta(question, metric, result, updated))
    return b"".join(chunks), _Told(len(result.rows), updated, result.truncated)


def _meta(question: Question, metric: Metric, result: Result, updated: int | None) -> dict[str, Any]:
    return {
        "metric": metric.public_id,
        "name": metric.name,
        "version": metric.newest.version,
        "variables": question.variables,
        "columns": _columns(result),
        "truncated": result.truncated,
        "data_updated_at": updated and instant(updated),
    }
