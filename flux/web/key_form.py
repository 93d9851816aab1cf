"""The form for a new key, read: which kinds the plan includes, and what the key is limited to."""

import time
from datetime import UTC, datetime

from flask import request

from flux.extensions import engine
from flux.key_limits import KINDS, Limits
from flux.mistakes import InvalidParameter, NotAllowed
from flux.store.accounts import Allowance, allowance
from flux.web.session import me

OFFERED = ("bi", "mcp", "api", "metrics")  # `metrics` makes two keys
READERS = ("bi", "mcp")  # kinds that count in the hour, and can only read
TITLES = {k.name: k.title for k in KINDS} | {"metrics": "Metrics API (two keys)"}
LIFETIMES = (("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))
DAY = 86_400


def offered(allowed: Allowance) -> list[str]:
    """The kinds of keys that the plan is for."""
    data_api = allowed.data_api and allowed.rate_limit_per_hour > 0
    return [kind for kind in OFFERED if (data_api if kind in READERS else allowed.rate_limit_per_minute > 0)]


def read_kind() -> str:
    """The kind that was chosen. Raises InvalidParameter for none of those, NotAllowed for the plan's sake."""
    kind, allowed = request.form.get("kind", "bi"), allowance(engine, me().account_id)
    if kind not in OFFERED:
        raise InvalidParameter("kind", kind[:20], f"one of {', '.join(OFFERED)}")
    if kind not in offered(allowed):
        raise NotAllowed("plan_required", f"The plan '{allowed.plan}' does not include this: {TITLES[kind]}.")
    return kind


def read_limits(kind: str) -> Limits:
    """What the key is limited to. Raises InvalidParameter."""
    return Limits(
        permissions=None if kind in READERS else _permissions(kind),
        datasets=request.form.getlist("datasets"),
        profiles=request.form.getlist("profiles"),
        allow=request.form.get("allow", "").replace(",", " ").split(),
        expires_at=_expiry(),
        rate_limit_per_hour=_cap(request.form.get("per_hour", "").strip()),
    )


def _permissions(kind: str) -> tuple[str, ...]:
    """What a key may do. Raises InvalidParameter for nothing at all."""
    field, known = ("may", "read, sql") if kind == "metrics" else ("permissions", "read, write")
    chosen = tuple(request.form.getlist(field))
    if not chosen:
        raise InvalidParameter("permissions", "", f"{known} or both")
    return chosen


def _expiry() -> int | None:
    lifetime, day = request.form.get("lifetime", ""), request.form.get("expires", "").strip()
    if day:
        return _end_of(day)
    return int(time.time()) + int(lifetime) * DAY if lifetime in dict(LIFETIMES) and lifetime else None


def _end_of(day: str) -> int:
    try:
        return int(datetime.fromisoformat(f"{day}T23:59:59").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise InvalidParameter("expires", day[:20], "a day, such as 2027-01-31") from None


def _cap(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= 1_000_000):
        raise InvalidParameter("per_hour", text[:20], "a whole number from 1 to 1,000,000")
    return int(text)
