"""The Data API: catalog, datasets, profiles and status."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request

from flux.caller import bears, rights
from flux.catalog import CATALOG
from flux.catalog.query import Arguments, Query
from flux.describe.catalog import describe_catalog
from flux.extensions import engine
from flux.feeds import Feed, admitted, answer, asked_format, counted
from flux.formats import MEDIA_TYPES
from flux.metrics import dataset_of, may_read
from flux.mistakes import DatasetNotFound
from flux.quotas import standing
from flux.schemas.base import instant
from flux.serve import Rights, ask, fingerprint, has_more, updated_at, write
from flux.store.engine import turn
from flux.store.metrics import list_metrics
from flux.store.profiles import find_profiles
from flux.store.vault import Holder


def route(blueprint: Blueprint) -> None:
    """Puts the Data API under its addresses; HEAD comes with every GET."""
    blueprint.add_url_rule("/datasets", view_func=catalog)
    blueprint.add_url_rule("/datasets/<path:name>", view_func=dataset)
    blueprint.add_url_rule("/profiles", view_func=profiles)
    blueprint.add_url_rule("/status", view_func=status)


def catalog() -> Response:
    """Every dataset and every metric that the key may read: columns, parameters, limits and an example."""
    allowed = rights(counted(admitted()))
    found = [d for d in CATALOG.values() if allowed.datasets is None or d.name in allowed.datasets]
    if allowed.profiles is None:
        metrics = list_metrics(engine, allowed.account_id)
        found += [dataset_of(m) for m in metrics if may_read(allowed, m) and "feed" in m.open_to]
    return _json({"data": describe_catalog(found)})


def dataset(name: str) -> Response:
    """A dataset's rows, as JSON or CSV."""
    holder = admitted()
    name, written_as = asked_format(name)
    if "/" in name:
        raise DatasetNotFound(name[:50], list(CATALOG))
    return read(holder, name, dict(request.args.lists()), written_as)


def read(holder: Holder, name: str, given: Arguments, written_as: str) -> Response:
    """The rows that the arguments ask of a dataset."""
    return answer(holder, partial(_feed, rights(holder), name, given, written_as))


def _feed(allowed: Rights, name: str, given: Arguments, written_as: str, encoding: str) -> Feed:
    query = ask(engine, allowed, name, given, written_as)
    return Feed(
        tag=fingerprint(allowed, query, encoding),
        format=query.writing.format,
        make=partial(_body, allowed, query),
        modified=lambda _: updated_at(query.profiles),
        finish=partial(_link, query),
    )


def _body(allowed: Rights, query: Query) -> tuple[bytes, bool]:
    with turn(engine):
        body = b"".join(write(engine, allowed, query))
    return body, has_more(engine, allowed, query)


def _link(query: Query, response: Response, more: bool, _kept: bool) -> None:
    if more:
        response.headers["Link"] = f'<{_next_page(query)}>; rel="next"'


def _next_page(query: Query) -> str:
    """The address of the next page, without the key."""
    asked = {name: values for name, values in request.args.lists() if name not in ("key", "offset")}
    offset = query.offset + (query.limit or 0)
    return f"{request.base_url}?{urlencode({**asked, 'offset': offset}, doseq=True)}"


def profiles() -> Response:
    """The profiles that the key may see; also for a key of the REST API, whose requests name them."""
    allowed = rights(counted(admitted("api" if bears("api") and "key" not in request.args else "bi")))
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
    holder = admitted()
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
    return None if seconds is None else instant(seconds)


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), mimetype=MEDIA_TYPES["json"])
