"""The vault: API keys issued, found, rolled and revoked. The only file that sees a key."""

import hashlib
import hmac
import re
import secrets
import time
import zlib
from dataclasses import replace

from sqlalchemy import Engine

from flux.ids import ALPHABET, base62, internal_id, new_id, public_id
from flux.key_limits import KINDS, TOKEN, Kind, Limits, grant
from flux.mistakes import InvalidParameter, KeyRefused, NotAllowed
from flux.store import vault
from flux.store.vault import Holder, Key

RANDOM = 32  # base62 characters: 190 bits
CHECKSUM = 6


_PARTS = re.compile(
    rf"(flux_(?:bi_|link_|api_|env_|cs_|at_)?)([0-9A-Za-z]{{{RANDOM}}})([0-9A-Za-z]{{{CHECKSUM}}})"
)
_BY_PREFIX = {k.prefix: k for k in (*KINDS, TOKEN)}
_BY_NAME = {k.name: k for k in KINDS}


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
    """The holder of a key that is valid now.

    Raises KeyRefused, which tells a typo from a revoked key, and NotAllowed for an access token.
    """
    kind = kind_of(token)
    if kind is None:
        raise KeyRefused(
            "invalid_api_key",
            "That is not a Flux key: it may be cut off or mistyped. Copy it again, or make a new one under "
            "Settings → API.",
        )
    if kind is TOKEN:
        raise NotAllowed(
            "wrong_key_kind",
            f"An access token ({TOKEN.prefix}…) opens the Metrics API only. Send a key: see Settings → API.",
        )
    holder = vault.find_holder(engine, digest(pepper, token))
    if holder is None:
        raise KeyRefused(
            "invalid_api_key", "This key is not known here. Make a new one under Settings → API."
        )
    check_active(holder.key, f"This key ({holder.key.hint})")
    return holder


def check_active(key: Key, called: str) -> None:
    """Raises KeyRefused for a key that was revoked or has expired; `called` is its name in the message."""
    state = key.state(time.time())
    if state != "active":
        raise KeyRefused(
            f"{state}_api_key",
            f"{called} {'was revoked' if state == 'revoked' else 'has expired'}. Make a new one under "
            f"Settings → API.",
        )


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
        created_at=int(time.time()),
        **grant(engine, account_id, chosen, limits),
        revoked_at=None,
        last_used_at=None,
        last_used_as=None,
        replaced_by=None,
    )
    vault.add_key(engine, key, digest(pepper, token), created_by)
    return key, token


def issue_pair(
    engine: Engine,
    pepper: str,
    account_id: int,
    name: str,
    limits: Limits = Limits(),
    created_by: int | None = None,
) -> list[tuple[Key, str]]:
    """Both keys of the Metrics API and their texts: the environment key, then the client secret.

    The permissions are the first one's: what a token may do. Raises what `issue` raises.
    """
    kinds = {"env": limits, "secret": replace(limits, permissions=None, rate_limit_per_hour=None)}
    return [
        issue(engine, pepper, account_id, kind, name, granted, created_by) for kind, granted in kinds.items()
    ]


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
