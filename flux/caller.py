"""Who asks: the key of a request, found once, checked in full, and what it may see."""

import time
from ipaddress import ip_address, ip_network

from flask import current_app, g, request

from flux import keys
from flux.extensions import engine, pepper
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


def caller(kind: str) -> Holder:
    """The holder of this request's key, who may use keys of `kind` here. Raises KeyRefused or NotAllowed.

    Looked up once a request, and anew for each: a revoked key is refused at the very next one.
    """
    found: Holder | None = g.get("holder")
    if found is None:
        found = keys.find(engine, pepper, _token())
        g.holder = found
        _check(found, kind)
        _note_use(found)
    return found


def known_caller() -> Holder | None:
    """The holder, if this request's key was found, whether or not it may do what it asked."""
    found: Holder | None = g.get("holder")
    return found


def rights(holder: Holder) -> Rights:
    """What the key may see."""
    return Rights(holder.key.account_id, holder.key.datasets, holder.key.profiles)


def _token() -> str:
    """The one key of this request, wherever it stands."""
    found = {token.strip() for token in _tokens() if token.strip()}
    if len(found) > 1:
        raise InvalidParameter("key", "two different keys", "one key: in the header or in the address")
    if not found:
        raise KeyRefused(
            "missing_api_key",
            "A key is needed: send 'Authorization: Bearer KEY', or add '?key=KEY' to the address. Make one "
            "under Settings → API.",
        )
    return found.pop()


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
        wanted = next(k for k in keys.KINDS if k.name == kind)
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
    if not holder.data_api and kind in ("bi", "mcp"):
        raise NotAllowed(
            "plan_required",
            f"The plan '{holder.plan}' does not include this: it needs 'edge' or 'enterprise'.",
            value=holder.plan,
            constraint="edge or enterprise",
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
