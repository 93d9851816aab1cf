"""The Data API: catalog, datasets, profiles and status."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request

from flux.api.conditional import ENCODINGS, cached, chosen_encoding, is_unchanged, not_modified, whole
from flux.caller import caller, rights
from flux.catalog import CATALOG
from flux.catalog.query import Query
from flux.describe.catalog import describe_catalog
from flux.extensions import engine
from flux.formats import MEDIA_TYPES
from flux.mistakes import DatasetNotFound, Unavailable
from flux.quotas import check_burst, spend, standing
from flux.serve import Moved, Rights, ask, fingerprint, has_more, updated_at, write
from flux.store.engine import turn
from flux.store.profiles import find_profiles
from flux.store.vault import Holder

ATTEMPTS = 5  # at a snapshot, while imports go on


def route(blueprint: Blueprint) -> None:
    """Puts the Data API under its addresses; HEAD comes with every GET."""
    blueprint.add_url_rule("/datasets", view_func=catalog)
    blueprint.add_url_rule("/datasets/<path:name>", view_func=dataset)
    blueprint.add_url_rule("/profiles", view_func=profiles)
    blueprint.add_url_rule("/status", view_func=status)


def _admitted() -> Holder:
    """The holder of a key that may be used here, within the burst limit."""
    holder = caller("bi")
    check_burst(holder)
    return holder


def _counted(holder: Holder) -> Holder:
    """The holder, one request of the account's hour poorer; HEAD is free."""
    if request.method != "HEAD":
        spend(holder)
    return holder


def catalog() -> Response:
    """Every dataset with its columns, parameters, limits and an example."""
    allowed = rights(_counted(_admitted())).datasets
    return _json(
        {"data": describe_catalog([d for d in CATALOG.values() if allowed is None or d.name in allowed])}
    )


def dataset(name: str) -> Response:
    """A dataset's rows, as JSON or CSV."""
    holder = _admitted()
    allowed, encoding, counted = rights(holder), chosen_encoding(), False
    for _ in range(ATTEMPTS):
        query = _ask(allowed, name)
        tag = fingerprint(allowed, query, encoding)
        if is_unchanged(tag):
            return not_modified(tag)
        if not counted:
            _counted(holder)
            counted = True
        try:
            body, more = cached(tag, partial(_body, allowed, query, encoding))
        except Moved:
            continue
        response = whole(body, MEDIA_TYPES[query.writing.format], encoding, tag, updated_at(query.profiles))
        if more:
            response.headers["Link"] = f'<{_next_page(query)}>; rel="next"'
        return response
    raise Unavailable("The data are changing faster than they can be read. Try again in a few seconds.")


def _ask(allowed: Rights, name: str) -> Query:
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix in MEDIA_TYPES:
        name, written_as = stem, suffix
    elif "/" in name:
        raise DatasetNotFound(name[:50], list(CATALOG))
    else:
        written_as = "json" if "format" in request.args else _accepted_format()
    return ask(engine, allowed, name, dict(request.args.lists()), written_as)


def _accepted_format() -> str:
    """CSV for a client that names it and likes it better than JSON; never 406."""
    liked = {kind.partition(";")[0].strip(): quality for kind, quality in request.accept_mimetypes}
    return "csv" if liked.get("text/csv", 0) > liked.get("application/json", 0) else "json"


def _body(allowed: Rights, query: Query, encoding: str) -> tuple[bytes, bool]:
    with turn(engine):
        body = b"".join(write(engine, allowed, query))
    return ENCODINGS[encoding](body), has_more(engine, allowed, query)


def _next_page(query: Query) -> str:
    """The address of the next page, without the key."""
    asked = {name: values for name, values in request.args.lists() if name not in ("key", "offset")}
    offset = query.offset + (query.limit or 0)
    return f"{request.base_url}?{urlencode({**asked, 'offset': offset}, doseq=True)}"


def profiles() -> Response:
    """The profiles that the key may see."""
    allowed = rights(_counted(_admitted()))
    found = find_profiles(engine, allowed.account_id, (), allowed.profiles)
    told = [
        {
            "id": p.public_id,
            "name": p.name,
            "kind": p.kind,
            "url": p.url,
            "timezone": p.zone,
            "data_updated_at": _instant(p.updated_at),
        }
        for p in found
    ]
    return _json({"data": told, "meta": {"total": len(told)}})


def status() -> Response:
    """What is left of the hour, and how fresh the data are. Never counted, never cached."""
    holder = _admitted()
    allowed = rights(holder)
    limit, remaining, reset, *_ = standing(holder)
    updated = updated_at(tuple(find_profiles(engine, allowed.account_id, (), allowed.profiles)))
    told = {
        "plan": holder.plan,
        "rate_limit": {"limit": limit, "remaining": remaining, "reset": reset, "window_seconds": 3600},
        "key": {
            "name": holder.key.name,
            "hint": holder.key.hint,
            "expires_at": _instant(holder.key.expires_at),
        },
        "data_updated_at": _instant(int(updated.timestamp())) if updated else None,
    }
    response = _json({"data": told})
    response.headers["Cache-Control"] = "no-store"
    return response


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), mimetype=MEDIA_TYPES["json"])
