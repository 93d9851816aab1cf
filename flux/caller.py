"""Who asks: the key of a request, found once, checked in full, and what it may see."""

import time
from ipaddress import ip_address, ip_network

from flask import current_app, g, request

from flux import keys
from flux.extensions import engine, pepper
from flux.key_limits import KINDS
from flux.mistakes import InvalidParameter, KeyRefused, NotAllowed
from flux.serve import Rights
from flux.store.vault import Holder, touch

TOUCH_SECONDS = 60

# What a client calls itself, and the tool that it is; the first that fits.
TOOLS = (
    ("GoogleDocs", "Google Sheets"),
    ("Google-Apps-Script", "Google Apps Script"),
    ("Microsoft.Data.Mashup", "Power BI or Excel"),
    ("PowerBI", "Power BI"),
    ("LibreOffice", "LibreOffice"),
    ("Grafana", "Grafana"),
    ("duckdb", "DuckDB"),
    ("libcurl-agent", "R"),
    ("R (", "R"),
    ("curl", "curl"),
    ("Python-urllib", "Python (pandas)"),
    ("python", "Python"),
    ("Mozilla", "a browser"),
)


def caller(kind: str, permission: str = "read") -> Holder:
    """The holder of this request's key, which is of `kind` and may do this. Raises KeyRefused or NotAllowed.

    Looked up once a request, and anew for each: a revoked key is refused at the very next one.
    """
    found: Holder | None = g.get("holder")
    if found is None:
        found = keys.find(engine, pepper, _token(kind))
        g.holder = found
        _check(found, kind)
        _check_plan(found, kind)
        _check_permission(found, permission)
        _note_use(found)
    return found


def known_caller() -> Holder | None:
    """The holder, if this request's key was found, whether or not it may do what it asked."""
    found: Holder | None = g.get("holder")
    return found


def rights(holder: Holder) -> Rights:
    """What the key may see."""
    return Rights(holder.key.account_id, holder.key.datasets, holder.key.profiles)


def _token(kind: str) -> str:
    """The one key of this request, wherever it may stand."""
    given = _bearer() if kind == "api" else _tokens()
    found = {token.strip() for token in given if token.strip()}
    if len(found) > 1:
        raise InvalidParameter("key", "two different keys", "one key: in the header or in the address")
    if not found:
        elsewhere = "" if kind == "api" else ", or add '?key=KEY' to the address"
        raise KeyRefused(
            "missing_api_key",
            f"A key is needed: send 'Authorization: Bearer KEY'{elsewhere}. Make one under Settings → API.",
        )
    return found.pop()


def _bearer() -> list[str]:
    """A key that can write stands in no address, and no browser sends it by itself."""
    authorization = request.authorization
    return [authorization.token or ""] if authorization and authorization.type == "bearer" else []


def _tokens() -> list[str]:
    tokens = request.args.getlist("key")
    authorization = request.authorization
    if authorization is None:
        if "Authorization" in request.headers:
            tokens.append(request.headers["Authorization"])
    elif authorization.type == "basic":
        # Any user name, the key as password; a client with one field only puts it into the name.
        tokens.append(authorization.password or authorization.username or "")
    else:
        tokens.append(authorization.token or "")
    return tokens


def _check(holder: Holder, kind: str) -> None:
    key = holder.key
    if key.kind != kind:
        wanted = next(k for k in KINDS if k.name == kind)
        raise NotAllowed(
            "wrong_key_kind",
            f"This address takes keys that begin with {wanted.prefix}; yours is {key.hint}. Make one under "
            f"Settings → API.",
        )
    if key.allow is not None and not _from_allowed(key.allow):
        raise NotAllowed(
            "address_not_allowed",
            f"This key may not be used from {request.remote_addr}. Its list of addresses is under Settings → "
            f"API.",
            value=str(request.remote_addr),
        )


def _check_plan(holder: Holder, kind: str) -> None:
    """Data API and MCP are the Edge gate; the REST API is there where a minute has room for a request."""
    open_here = holder.rate_limit_per_minute > 0 if kind == "api" else holder.data_api
    if not open_here:
        plans = "standard, professional, edge or enterprise" if kind == "api" else "edge or enterprise"
        raise NotAllowed(
            "plan_required",
            f"The plan '{holder.plan}' does not include this: it needs {plans}.",
            value=holder.plan,
            constraint=plans,
        )


def _check_permission(holder: Holder, permission: str) -> None:
    if permission not in holder.key.permissions:
        raise NotAllowed(
            "insufficient_permissions",
            f"This key may {' and '.join(holder.key.permissions)}, and this needs '{permission}'. Make a key "
            f"with that permission under Settings → API.",
            parameter="permissions",
            value=", ".join(holder.key.permissions),
            constraint=permission,
        )


def _from_allowed(blocks: tuple[str, ...]) -> bool:
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ip_network(block) for block in blocks)


def _note_use(holder: Holder) -> None:
    last = holder.key.last_used_at
    if last is None or last < time.time() - TOUCH_SECONDS:
        agent = request.headers.get("User-Agent", "")
        tool = next((tool for mark, tool in TOOLS if mark.lower() in agent.lower()), "another tool")
        touch(current_app.extensions["flux_engine"], holder.key.id, tool)
