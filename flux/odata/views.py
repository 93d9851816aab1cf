"""The service's addresses: its sets, its metadata, a set, one row of it by key, and how many there are."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request

from flux.caller import rights
from flux.catalog.kinds import shown
from flux.catalog.query import Query
from flux.describe.edm import SETS, EntitySet, chosen_set, describe_metadata, describe_service
from flux.extensions import engine
from flux.feeds import Feed, admitted, answer
from flux.mistakes import (
    DataMoved,
    DatasetNotFound,
    InvalidParameter,
    NotFound,
    NotOffered,
    TooManyCells,
)
from flux.odata import days
from flux.odata.language import read_key
from flux.odata.options import Arguments, Options, asked_of, read_options
from flux.odata.pages import Page, read_page
from flux.odata.writing import write_row, write_set
from flux.serve import Rights, ask, fingerprint, updated_at
from flux.store.engine import turn
from flux.store.vault import Holder

JSON = "application/json;odata.metadata={}"
_RESOURCE = re.compile(r"(?P<set>\w+)(?P<key>\(.*\))?(?P<rest>/.*)?", re.DOTALL)

# From a page of a set, and the link to the next one where there is one, to the body.
Body = Callable[[EntitySet, Options, Page, str | None], bytes]


def service() -> Response:
    """Which sets there are."""
    base = _base()
    return _described(lambda sets: orjson.dumps(describe_service(sets, base)), JSON.format("minimal"))


def metadata() -> Response:
    """What the sets are made of."""
    return _described(describe_metadata, "application/xml")


def resource(path: str) -> Response:
    """A set, one row of it by its key, or how many rows it has."""
    holder, given = _admitted(), dict(request.args.lists())
    of, key, counted = _find(path, given)
    options = read_options(of, given, request.headers.get("Accept", ""), request.headers.get("Prefer", ""))
    media = JSON.format(options.level)
    if key is None and not counted:
        return _answered(holder, of, options, _set, media)
    whole = replace(options, order=(), skip=0, served=0, state=None)
    if key is None:
        return _answered(holder, of, replace(whole, top=0, count=True), _number, "text/plain")
    one = replace(whole, filter=read_key(of, key), top=1, count=False)
    return _answered(holder, of, one, _row, media)


def _find(path: str, given: Arguments) -> tuple[EntitySet, str | None, bool]:
    """The set of an address, the key in it, and whether only its rows' number is asked for."""
    if path.startswith("$"):
        told = f"'{shown(path)}' is not served: each set is asked for on its own."
        raise NotOffered(told, value=shown(path))
    named = _RESOURCE.fullmatch(path)
    found = SETS.get(named["set"]) if named else None
    if named is None or found is None:
        raise DatasetNotFound(shown(path)[:50], list(SETS))
    key, rest = named["key"], named["rest"] or ""
    if rest not in ("", "/", "/$count") or (key and rest == "/$count"):
        raise NotOffered(
            f"'{shown(path)}' is not served: a set, a row of it by its key, and SET/$count are.",
            value=shown(path),
        )
    return chosen_set(found, given), key, rest == "/$count"


# --- bodies ---------------------------------------------------------------------------------------


def _set(of: EntitySet, options: Options, page: Page, next: str | None) -> bytes:
    head: dict[str, Any] = _context(of, options)
    if page.total is not None:
        head["@odata.count"] = page.total
    return write_set(of, options, page.rows, head, next)


def _row(of: EntitySet, options: Options, page: Page, _: str | None) -> bytes:
    if not page.rows:
        raise NotFound(f"There is no such row in {of.name}, or this key may not see it.")
    return write_row(of, options, page.rows[0], _context(of, options, "/$entity"))


def _number(_: EntitySet, __: Options, page: Page, ___: str | None) -> bytes:
    return str(page.total).encode()


def _context(of: EntitySet, options: Options, ending: str = "") -> dict[str, Any]:
    if options.level == "none":
        return {}
    chosen = ",".join(of.columns[place].name for place in options.columns)
    selected = f"({chosen})" if options.selected else ""
    return {"@odata.context": f"{_base()}$metadata#{of.name}{selected}{ending}"}


# --- answers --------------------------------------------------------------------------------------


def _admitted() -> Holder:
    holder = admitted()
    newest = request.headers.get("OData-MaxVersion", "").strip()
    if newest and not re.match(r"([4-9]|[1-9]\d+)(\.\d+)?$", newest):
        raise InvalidParameter("OData-MaxVersion", shown(newest), "4.0 or later")
    return holder


def _described(make: Callable[[Iterable[EntitySet]], bytes], media: str) -> Response:
    """What there is for this key to read, under a tag made from it."""
    holder = _admitted()
    allowed = rights(holder).datasets
    body = make([s for s in SETS.values() if allowed is None or s.dataset.name in allowed])

    def feed(encoding: str) -> Feed:
        tag = hashlib.sha256(body + encoding.encode()).hexdigest()[:40]
        return Feed(tag, "json", lambda: (body, None), lambda _: None, partial(_named, media))

    return answer(holder, feed)


def _answered(holder: Holder, of: EntitySet, options: Options, write: Body, media: str) -> Response:
    given, allowed = dict(request.args.lists()), rights(holder)
    asked = asked_of(of, given)

    def feed(encoding: str) -> Feed:
        query = _ask(allowed, of, options, asked)
        state = fingerprint(allowed, query)[:16]
        if options.state not in (None, state):
            raise DataMoved(
                "The data have changed since the first page was read. Refresh: begin there again."
            )
        return Feed(
            tag=_tag(fingerprint(allowed, query, encoding), options),
            format="json",
            make=lambda: (_body(allowed, of, query, options, write, state), None),
            modified=lambda _: updated_at(query.profiles),
            finish=partial(_named, media),
        )

    return answer(holder, feed)


def _ask(allowed: Rights, of: EntitySet, options: Options, asked: Arguments) -> Query:
    """The question to the dataset, cut to the days that the filter leaves."""
    within = None
    if options.filter is not None and not of.compared and any(c.name == "date" for c in of.columns):
        granularity = "".join(asked.get("granularity", ["daily"])[:1]).strip().lower()
        within = days.widened(options.filter.days, granularity)
    try:
        return ask(engine, allowed, of.dataset.name, asked, within=within)
    except TooManyCells as error:
        error.message += " Days are chosen with $filter=date ge 2026-01-31, or ?range=last_90_days."
        raise


def _body(allowed: Rights, of: EntitySet, query: Query, options: Options, write: Body, state: str) -> bytes:
    with turn(engine):
        page = read_page(engine, allowed, query, options)
    return write(of, options, page, _next(options.served + len(page.rows), state) if page.more else None)


def _next(served: int, state: str) -> str:
    """The address of the next page, without the key."""
    asked = [(name, text) for name, text in _asked() if name != "$skiptoken"]
    asked.append(("$skiptoken", f"{served}-{state}"))
    path = quote(request.path.partition("/odata/")[2])
    return f"{_base()}{path}?{urlencode(asked, quote_via=quote, safe='$,:()')}"


def _asked() -> list[tuple[str, str]]:
    return sorted((name, text) for name, text in request.args.items(multi=True) if name != "key")


def _tag(question: str, options: Options) -> str:
    """Names the body: the data, and whatever of the request stands in it or chooses what does."""
    named = (question, _base(), request.path, _asked(), options.level, options.page)
    return hashlib.sha256(repr(named).encode()).hexdigest()[:40]


def _named(media: str, response: Response, _: Any, __: bool) -> None:
    response.content_type = media


def _base() -> str:
    """The service's address as this client wrote it: what it follows stays on the host it asked."""
    return f"{request.url_root}odata/"
