"""The vault: API keys issued, found, rolled and revoked. The only file that sees a key."""

import hashlib
import hmac
import ipaddress
import re
import secrets
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.ids import ALPHABET, base62, internal_id, new_id, public_id
from flux.mistakes import InvalidParameter, KeyRefused
from flux.store import vault
from flux.store.profiles import find_profiles
from flux.store.vault import Holder, Key

RANDOM = 32  # base62 characters: 190 bits
CHECKSUM = 6


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
    Kind("api", "flux_api_", "REST API", ("read", "write")),
    Kind("env", "flux_env_", "Metrics API, environment key", ("read",)),
    Kind("secret", "flux_cs_", "Metrics API, client secret", ("read",)),
    Kind("mcp", "flux_", "MCP, for AI agents", ("read",)),
)
_PARTS = re.compile(rf"(flux_(?:bi_|api_|env_|cs_)?)([0-9A-Za-z]{{{RANDOM}}})([0-9A-Za-z]{{{CHECKSUM}}})")
_BY_PREFIX = {k.prefix: k for k in KINDS}
_BY_NAME = {k.name: k for k in KINDS}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a key is limited to; None: no limit."""

    permissions: tuple[str, ...] | None = None
    datasets: Sequence[str] | None = None
    profiles: Sequence[str] | None = None  # public ids
    allow: Sequence[str] | None = None  # addresses or CIDR blocks
    expires_at: int | None = None
    rate_limit_per_hour: int | None = None


def mint(kind: Kind) -> str:
    """A new key: prefix, 190 random bits, and a checksum of both."""
    body = kind.prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + _checksum(body)


def _checksum(body: str) -> str:
    return base62(zlib.crc32(body.encode()), CHECKSUM)


def kind_of(token: str) -> Kind | None:
    """The kind of a well-formed key; None where a letter is wrong or missing, without any look-up."""
    match = _PARTS.fullmatch(token)
    if match is None or _checksum(match[1] + match[2]) != match[3]:
        return None
    return _BY_PREFIX[match[1]]


def digest(pepper: str, token: str) -> str:
    """What is stored instead of a secret: a dump of the database alone confirms no guess.

    A plain keyed hash is right for 190 random bits; a password hash would cost 20 ms a request.
    """
    return hmac.new(pepper.encode(), token.encode(), hashlib.sha256).hexdigest()


def find(engine: Engine, pepper: str, token: str) -> Holder:
    """The holder of a key that is valid now. Raises KeyRefused, which tells a typo from a revoked key."""
    if kind_of(token) is None:
        raise KeyRefused(
            "invalid_api_key",
            "That is not a Flux key: it may be cut off or mistyped. Copy it again, or make a new one under "
            "Settings → API.",
        )
    holder = vault.find_holder(engine, digest(pepper, token))
    if holder is None:
        raise KeyRefused(
            "invalid_api_key", "This key is not known here. Make a new one under Settings → API."
        )
    state = holder.key.state(time.time())
    if state != "active":
        raise KeyRefused(
            f"{state}_api_key",
            f"This key ({holder.key.hint}) {'was revoked' if state == 'revoked' else 'has expired'}. Make a "
            f"new one under Settings → API.",
        )
    return holder


def issue(
    engine: Engine,
    pepper: str,
    account_id: int,
    kind: str,
    name: str,
    limits: Limits = Limits(),
    created_by: int | None = None,
) -> tuple[Key, str]:
    """A new key and its text, which is shown this once. Raises InvalidParameter or ProfileNotFound."""
    chosen = _BY_NAME.get(kind)
    if chosen is None:
        raise InvalidParameter("kind", kind, f"one of {', '.join(_BY_NAME)}")
    if not 1 <= len(name.strip()) <= 100 or "\0" in name:
        raise InvalidParameter("name", name[:50], "1 to 100 characters long")
    token = mint(chosen)
    key = Key(
        id=new_id(),
        account_id=account_id,
        kind=chosen.name,
        name=name.strip(),
        hint=f"{chosen.prefix}…{token[-4:]}",
        permissions=_permissions(chosen, limits.permissions),
        datasets=_datasets(limits.datasets),
        profiles=_profiles(engine, account_id, limits.profiles),
        allow=_blocks(limits.allow),
        rate_limit_per_hour=limits.rate_limit_per_hour,
        created_at=int(time.time()),
        expires_at=_future(limits.expires_at),
        revoked_at=None,
        last_used_at=None,
        last_used_as=None,
        replaced_by=None,
    )
    vault.add_key(engine, key, digest(pepper, token), created_by)
    return key, token


def roll(engine: Engine, pepper: str, key: Key, overlap: int) -> tuple[Key, str]:
    """A successor with the same rights; the old key goes on for `overlap` seconds, so that no sheet breaks.

    Raises InvalidParameter for a key that is not valid any more.
    """
    now = int(time.time())
    if key.state(now) != "active":
        raise InvalidParameter("key", key.hint, f"active to be rolled; it is {key.state(now)}")
    token = mint(_BY_NAME[key.kind])
    hint = f"{_BY_NAME[key.kind].prefix}…{token[-4:]}"
    fresh = replace(key, id=new_id(), hint=hint, created_at=now, last_used_at=None, last_used_as=None)
    vault.add_key(engine, fresh, digest(pepper, token))
    ends = now + overlap if key.expires_at is None else min(now + overlap, key.expires_at)
    vault.change_key(engine, key, expires_at=ends, replaced_by=fresh.id)
    return fresh, token


def revoke(engine: Engine, key: Key) -> None:
    """Ends a key at once: the very next request with it is refused."""
    vault.change_key(engine, key, revoked_at=int(time.time()))


def key_id(text: str) -> int | None:
    """The number behind a key's public id, `key_…`."""
    return internal_id("key", text)


def key_name(key: Key) -> str:
    """A key's public id."""
    return public_id("key", key.id)


def _permissions(kind: Kind, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    for permission in asked or ():
        if permission not in kind.permissions:
            raise InvalidParameter(
                "permissions",
                permission,
                f"among {', '.join(kind.permissions)} for a key of kind {kind.name}",
            )
    return asked or kind.permissions


def _datasets(asked: Sequence[str] | None) -> tuple[str, ...] | None:
    for name in asked or ():
        if name not in CATALOG:
            raise InvalidParameter("datasets", name, f"among {', '.join(CATALOG)}")
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
