"""What a key may do: its kind, and the limits that it is issued with."""

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.links import check_feed, profiles_of, read_feed
from flux.mistakes import InvalidParameter
from flux.store.metrics import list_metrics
from flux.store.profiles import find_profiles


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of key: what it opens, and how it is told from the others."""

    name: str
    prefix: str
    title: str
    permissions: tuple[str, ...]


# The longest prefix decides: `flux_` begins all of them.
KINDS = (
    Kind("bi", "flux_bi_", "Data API, read-only", ("read",)),
    Kind("link", "flux_link_", "Link to one feed, read-only", ("read",)),
    Kind("api", "flux_api_", "REST API", ("read", "write")),
    Kind("env", "flux_env_", "Metrics API, environment key", ("read", "sql")),
    Kind("secret", "flux_cs_", "Metrics API, client secret", ("read",)),
    Kind("mcp", "flux_", "MCP, for AI agents", ("read",)),
)

# No key that is made and kept: two keys are exchanged for it. It may do what the environment key may.
TOKEN = Kind("token", "flux_at_", "Metrics API, access token", ())


WHOLE = ("api", "env", "secret")  # kinds that cannot be limited to some datasets or profiles


@dataclass(frozen=True, slots=True)
class Limits:
    """What a key is limited to; None: no limit."""

    permissions: tuple[str, ...] | None = None
    datasets: Sequence[str] | None = None
    profiles: Sequence[str] | None = None  # public ids
    allow: Sequence[str] | None = None  # addresses or CIDR blocks
    expires_at: int | None = None
    rate_limit_per_hour: int | None = None
    feed: str | None = None  # the one that a link opens: `overview?range=last_month`


def grant(engine: Engine, account_id: int, kind: Kind, limits: Limits) -> dict[str, Any]:
    """The limits as a key's row holds them.

    Raises InvalidParameter or ProfileNotFound; for a link's feed whatever the feed would answer with.
    """
    if kind.name in WHOLE:
        _refuse_parts(kind, limits)
    limits = _for_feed(engine, account_id, kind, limits)
    return {
        "permissions": _permissions(kind, limits.permissions),
        "datasets": _datasets(engine, account_id, limits.datasets),
        "profiles": _profiles(engine, account_id, limits.profiles),
        "allow": _blocks(limits.allow),
        "rate_limit_per_hour": limits.rate_limit_per_hour,
        "expires_at": _future(limits.expires_at),
        "feed": limits.feed,
    }


def _for_feed(engine: Engine, account_id: int, kind: Kind, limits: Limits) -> Limits:
    """A link's rights end with its feed: whatever reads with it may see no more than that."""
    if kind.name != "link":
        if limits.feed:
            raise InvalidParameter("feed", limits.feed[:50], f"left out for a key of kind {kind.name}")
        return limits
    for name, asked in (("datasets", limits.datasets), ("profiles", limits.profiles)):
        if asked:
            raise InvalidParameter(name, ", ".join(asked), "left out for a link: its feed names them")
    if not limits.feed:
        raise InvalidParameter("feed", "", "given for a link, such as overview?range=last_month")
    feed = check_feed(engine, account_id, limits.feed)
    return replace(limits, feed=feed, datasets=(read_feed(feed)[0],), profiles=profiles_of(feed))


def _permissions(kind: Kind, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    for permission in asked or ():
        if permission not in kind.permissions:
            raise InvalidParameter(
                "permissions",
                permission,
                f"among {', '.join(kind.permissions)} for a key of kind {kind.name}",
            )
    return asked or kind.permissions


def _refuse_parts(kind: Kind, limits: Limits) -> None:
    """Projects and SQL may be about any profile: half of that cannot be hidden."""
    for name, asked in (("datasets", limits.datasets), ("profiles", limits.profiles)):
        if asked:
            raise InvalidParameter(
                name,
                ", ".join(asked),
                f"left out for a key of kind {kind.name}, which sees all of its account",
            )


def _datasets(engine: Engine, account_id: int, asked: Sequence[str] | None) -> tuple[str, ...] | None:
    """Names of the catalog, and ids of the account's saved metrics."""
    others = [name for name in asked or () if name not in CATALOG]
    metrics = {m.public_id for m in list_metrics(engine, account_id)} if others else set()
    for name in others:
        if name not in metrics:
            raise InvalidParameter(
                "datasets", name[:50], f"among {', '.join(CATALOG)}, or a saved metric's id (met_…)"
            )
    return tuple(asked) if asked else None


def _profiles(engine: Engine, account_id: int, asked: Sequence[str] | None) -> tuple[int, ...] | None:
    return tuple(p.id for p in find_profiles(engine, account_id, asked)) if asked else None


def _blocks(asked: Sequence[str] | None) -> tuple[str, ...] | None:
    """Addresses as the CIDR blocks they stand for."""
    blocks = []
    for text in asked or ():
        try:
            blocks.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError as error:
            raise InvalidParameter(
                "allow", text, "an address or a CIDR block, such as 203.0.113.0/24"
            ) from error
    return tuple(blocks) or None


def _future(moment: int | None) -> int | None:
    if moment is not None and moment <= time.time():
        raise InvalidParameter("expires", str(moment), "a moment to come")
    return moment
