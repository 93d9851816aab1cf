"""Who asks: the key of a request, found once, checked in full, and what it may see."""

import time
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from flask import current_app, g, request

from flux import keys, tokens
from flux.extensions import engine, pepper
from flux.key_limits import KINDS
from flux.mistakes import InvalidParameter, KeyRefused, NotAllowed
from flux.serve import Rights
from flux.store.vault import Holder, Key, touch

TOUCH_SECONDS = 60
# Put into the environment of a request by the feed doctor, within this process: the holder as whom it asks
# where no key is at hand. No name of a header becomes this.
DRY_RUN = "flux.dry_run"
# Likewise: the windows in which one examination has been counted, a set that goes from request to request.
COUNTED = "flux.counted"
BY_MINUTE = ("api", "env", "secret")  # kinds of keys that count in the plan's minute, others in its hour

# What a client calls itself, and the tool that it is; the first that fits.
TOOLS = (
    ("Flux feed doctor", "the feed doctor"),
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


def caller(kind: str, permission: str = "read", token: str | None = None) -> Holder:
    """The holder of this request's key, which is of `kind` and may do this. Raises KeyRefused or NotAllowed.

    For the kind "token" it is the holder of the environment key that the access token was given for. A link's
    key stands in the path: then it is told as `token`.
    Looked up once a request, and anew for each: a revoked key is refused at the very next one.
    """
    found: Holder | None = g.get("holder")
    if found is None:
        found, used = _look_up(kind, token)
        _check_addresses(used)
        _check_plan(found)
        _check_permission(found, permission)
        _note_use(used)
    return found


def pair(environment_key: str | None, client_secret: str | None) -> tuple[Holder, Key]:
    """The holder of an environment key, and the client secret, both good. Raises KeyRefused or NotAllowed.

    Whether they belong together is another question.
    """
    told = {"environmentApiKey": ("env", environment_key), "clientSecret": ("secret", client_secret)}
    for field, (kind, text) in told.items():
        if not (text or "").strip():
            raise KeyRefused("missing_api_key", f"'{field}' is missing: it is the key {_prefix(kind)}….")
    holders = []
    for field, (kind, text) in told.items():
        holders.append(keys.find(engine, pepper, (text or "").strip()))
        g.setdefault("holder", holders[0])
        _check_kind(holders[-1].key, kind, f"'{field}'")
    used = [holder.key for holder in holders]
    _check_addresses(used)
    _check_plan(holders[0])
    _note_use(used)
    return holders[0], used[1]


def known_caller() -> Holder | None:
    """The holder, if this request's key was found, whether or not it may do what it asked."""
    found: Holder | None = g.get("holder")
    return found


def bears(kind: str) -> bool:
    """Whether the header bears a key of this kind, good or not."""
    return any((found := keys.kind_of(token.strip())) and found.name == kind for token in _bearer())


def rights(holder: Holder) -> Rights:
    """What the key may see."""
    return Rights(holder.key.account_id, holder.key.datasets, holder.key.profiles)


def _look_up(kind: str, token: str | None) -> tuple[Holder, list[Key]]:
    """The holder, and every key that has to be good for this request."""
    if kind == "token":
        grant = tokens.find(engine, pepper, _token(kind))
        g.holder = grant.holder
        return grant.holder, [grant.holder.key, grant.secret]
    if kind == "bi" and (dry_run := request.environ.get(DRY_RUN)):
        g.holder = dry_run
        return g.holder, []
    holder = keys.find(engine, pepper, _token(kind) if token is None else token)
    g.holder = holder
    _check_kind(holder.key, kind, "This address")
    return holder, [holder.key]


def _token(kind: str) -> str:
    """The one key of this request, wherever it may stand."""
    given = _bearer() if kind in ("api", "token") else _tokens()
    found = {token.strip() for token in given if token.strip()}
    if len(found) > 1:
        raise InvalidParameter("key", "two different keys", "one key: in the header or in the address")
    if not found and kind == "token":
        raise KeyRefused(
            "missing_api_key",
            "An access token is needed: send 'Authorization: Bearer TOKEN'. POST /metrics/auth/token gives "
            "one.",
        )
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


def _prefix(kind: str) -> str:
    return next(k.prefix for k in KINDS if k.name == kind)


def _check_kind(key: Key, kind: str, place: str) -> None:
    if key.kind != kind:
        raise NotAllowed(
            "wrong_key_kind",
            f"{place} takes keys that begin with {_prefix(kind)}; yours is {key.hint}. Make one under "
            f"Settings → API.",
        )


def _check_addresses(used: Sequence[Key]) -> None:
    for key in used:
        if key.allow is not None and not _from_allowed(key.allow):
            raise NotAllowed(
                "address_not_allowed",
                f"This key ({key.hint}) may not be used from {request.remote_addr}. Its list of addresses is "
                f"under Settings → API.",
                value=str(request.remote_addr),
            )


def _check_plan(holder: Holder) -> None:
    """Data API and MCP are the Edge gate; REST and Metrics API are there where a minute has room for any."""
    by_minute = holder.key.kind in BY_MINUTE
    open_here = holder.rate_limit_per_minute > 0 if by_minute else holder.data_api
    if not open_here:
        plans = "standard, professional, edge or enterprise" if by_minute else "edge or enterprise"
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


def _note_use(used: Sequence[Key]) -> None:
    long_ago = time.time() - TOUCH_SECONDS
    stale = [key.id for key in used if key.last_used_at is None or key.last_used_at < long_ago]
    if stale:
        agent = request.headers.get("User-Agent", "")
        tool = next((tool for mark, tool in TOOLS if mark.lower() in agent.lower()), "another tool")
        touch(current_app.extensions["flux_engine"], stale, tool)
