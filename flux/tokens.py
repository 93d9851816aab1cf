"""Access tokens of the Metrics API: two keys exchanged for one that lasts an hour and dies with either."""

import time

from sqlalchemy import Engine

from flux.key_limits import TOKEN
from flux.keys import check_active, digest, kind_of, mint
from flux.mistakes import KeyRefused, NotAllowed
from flux.store.tokens import Grant, add_token, find_grant
from flux.store.vault import Key

LIFETIME = 3_600  # seconds

_WHERE = "POST /metrics/auth/token gives one for an environment key and a client secret."


def issue(engine: Engine, pepper: str, environment: Key, secret: Key) -> tuple[str, int]:
    """A new token, and the seconds for which it is good: an hour, or less where one of the keys ends before.

    Raises KeyRefused for keys of two accounts.
    """
    if environment.account_id != secret.account_id:
        raise KeyRefused(
            "invalid_api_key",
            f"{environment.hint} and {secret.hint} belong to different accounts: take both from the same "
            f"Settings → API.",
        )
    now = int(time.time())
    ends = [key.expires_at for key in (environment, secret) if key.expires_at is not None]
    expires_at = min([now + LIFETIME, *ends])
    token = mint(TOKEN)
    add_token(engine, digest(pepper, token), environment, secret, expires_at)
    return token, max(1, expires_at - now)


def find(engine: Engine, pepper: str, token: str) -> Grant:
    """What a token that is good now stands for. Raises KeyRefused, and NotAllowed for a key in its place."""
    kind = kind_of(token)
    if kind is None:
        raise KeyRefused(
            "invalid_api_key", f"That is no access token: it may be cut off or mistyped. {_WHERE}"
        )
    if kind is not TOKEN:
        raise NotAllowed(
            "wrong_key_kind",
            f"The Metrics API takes access tokens ({TOKEN.prefix}…), not keys ({kind.prefix}…). {_WHERE}",
        )
    grant = find_grant(engine, digest(pepper, token))
    if grant is None:
        raise KeyRefused("invalid_api_key", f"This access token is not known here. {_WHERE}")
    if grant.expires_at <= time.time():
        raise KeyRefused("expired_api_key", f"This access token has expired. {_WHERE}")
    environment = grant.holder.key
    check_active(environment, f"The environment key of this token ({environment.hint})")
    check_active(grant.secret, f"The client secret of this token ({grant.secret.hint})")
    return grant
