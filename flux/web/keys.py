"""Settings → API: keys made, rolled and revoked, and what is left of the hour."""

import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from flux import keys
from flux.catalog import CATALOG
from flux.catalog.query import Arguments
from flux.extensions import engine, pepper
from flux.key_limits import KINDS, Limits
from flux.mistakes import InvalidParameter, Mistake, NotAllowed, NotFound
from flux.quotas import account_standing
from flux.store.accounts import Allowance, allowance
from flux.store.profiles import find_profiles
from flux.store.vault import Key, find_key, list_keys
from flux.web.picker import base_url, feed_of, snippets_for
from flux.web.session import back_to, me, signed_in

blueprint = Blueprint("keys", __name__)

OVERLAPS = ((86_400, "24 hours"), (604_800, "7 days"), (3_600, "1 hour"), (0, "none: the old key ends now"))
OFFERED = ("bi", "api")  # kinds of keys that this page makes
LIFETIMES = (("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))
MAX_KEYS = 50  # active ones of an account
DAY = 86_400


@blueprint.get("/settings/api")
@signed_in
def index() -> str:
    """Keys, the form for a new one, and the quota."""
    return _page()


def _page(wrong: Mistake | None = None) -> str:
    account, now = me().account_id, time.time()
    profiles, allowed = find_profiles(engine, account), allowance(engine, account)
    found = list_keys(engine, account)
    return render_template(
        "keys.html",
        keys=[(keys.key_name(k), k, k.state(now)) for k in found],
        kinds={k.name: k.title for k in KINDS},
        offered=_offered(allowed),
        missing=[kind for kind in OFFERED if kind not in _offered(allowed)],
        profiles=profiles,
        names={p.id: p.name for p in profiles},
        datasets=CATALOG,
        lifetimes=LIFETIMES,
        quota=_quota(account, allowed),
        wrong=wrong,
        told=request.form,
        feed=request.values.get("feed", ""),
        wishes=parse_qs(request.values.get("feed", "")),
    )


def _offered(allowed: Allowance) -> list[str]:
    """The kinds of keys that the plan is for."""
    data_api = allowed.data_api and allowed.rate_limit_per_hour > 0
    return [
        kind
        for kind, included in zip(OFFERED, (data_api, allowed.rate_limit_per_minute > 0), strict=True)
        if included
    ]


def _quota(account: int, allowed: Allowance) -> dict[str, Any]:
    """The plan, how much of the hour is used, and what a minute allows."""
    told: dict[str, Any] = {"plan": allowed.plan, "minute": allowed.rate_limit_per_minute}
    if "bi" in _offered(allowed):
        limit, remaining, reset, *_ = account_standing(account, allowed.rate_limit_per_hour)
        told |= {"limit": limit, "used": limit - remaining, "reset": reset}
    return told


@blueprint.post("/settings/api")
@signed_in
def create() -> str | tuple[str, int]:
    """A new key, shown on this answer and never again."""
    kind, account = request.form.get("kind", "bi"), me().account_id
    try:
        _check_count()
        _check_kind(kind)
        key, token = keys.issue(
            engine, pepper, account, kind, request.form.get("name", ""), _limits(kind), me().id
        )
    except Mistake as wrong:
        return _page(wrong), 400
    return _shown_once(key, token)


def _check_count() -> None:
    now = time.time()
    active = sum(k.state(now) == "active" for k in list_keys(engine, me().account_id))
    if active >= MAX_KEYS:
        raise InvalidParameter(
            "keys", str(active), f"fewer than {MAX_KEYS} active ones; revoke one that is not used"
        )


def _check_kind(kind: str) -> None:
    allowed = allowance(engine, me().account_id)
    if kind not in OFFERED:
        raise InvalidParameter("kind", kind[:20], f"one of {', '.join(OFFERED)}")
    if kind not in _offered(allowed):
        title = next(k.title for k in KINDS if k.name == kind)
        raise NotAllowed("plan_required", f"The plan '{allowed.plan}' does not include this: {title}.")


def _limits(kind: str) -> Limits:
    lifetime, day = request.form.get("lifetime", ""), request.form.get("expires", "").strip()
    return Limits(
        permissions=_permissions() if kind == "api" else None,
        datasets=request.form.getlist("datasets"),
        profiles=request.form.getlist("profiles"),
        allow=request.form.get("allow", "").replace(",", " ").split(),
        expires_at=_end_of(day)
        if day
        else int(time.time()) + int(lifetime) * DAY
        if lifetime.isdigit()
        else None,
        rate_limit_per_hour=_cap(request.form.get("per_hour", "").strip()),
    )


def _permissions() -> tuple[str, ...]:
    """What a REST key may do. Raises InvalidParameter for nothing at all."""
    chosen = tuple(request.form.getlist("permissions"))
    if not chosen:
        raise InvalidParameter("permissions", "", "read, write or both")
    return chosen


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


def _shown_once(key: Key, token: str, ends: int | None = None) -> str:
    """The page that shows a key, with the snippets filled in: feeds, or a line for the REST API."""
    if key.kind != "bi":
        return render_template("key_shown.html", key=key, token=token, ends=ends, base=base_url())
    name = key.datasets[0] if key.datasets else "engagement-trends"
    asked: Arguments = parse_qs(request.form.get("feed", ""))
    wanted = asked.get("dataset", [name])[0]
    dataset = CATALOG[wanted if wanted in CATALOG and wanted in (key.datasets or CATALOG) else name]
    if dataset.name != wanted or "dataset" not in asked:
        asked = parse_qs(dataset.example)
    feed = feed_of(dataset, asked, token)
    return render_template(
        "key_shown.html", key=key, token=token, feed=feed, tools=snippets_for(feed), ends=ends
    )


@blueprint.route("/settings/api/keys/<key_id>/roll", methods=["GET", "POST"])
@signed_in
def roll(key_id: str) -> str | tuple[str, int]:
    """A successor with the same rights; the old key goes on for a while."""
    key = _own(key_id)
    if request.method == "GET":
        return render_template("key_roll.html", key=key, key_id=key_id, overlaps=OVERLAPS)
    overlap = request.form.get("overlap", type=int)
    try:
        if overlap not in dict(OVERLAPS):
            raise InvalidParameter("overlap", str(overlap), "one of the choices")
        fresh, token = keys.roll(engine, pepper, key, overlap)
    except Mistake as wrong:
        return render_template("key_roll.html", key=key, key_id=key_id, overlaps=OVERLAPS, wrong=wrong), 400
    return _shown_once(fresh, token, find_key(engine, key.id).expires_at)


@blueprint.route("/settings/api/keys/<key_id>/revoke", methods=["GET", "POST"])
@signed_in
def revoke(key_id: str) -> Response | str:
    """Ends a key at once, after one more question."""
    key = _own(key_id)
    if request.method == "GET":
        return render_template("key_revoke.html", key=key, key_id=key_id)
    keys.revoke(engine, key)
    flash(f"The key '{key.name}' ({key.hint}) is revoked.")
    return back_to(url_for("keys.index"))


def _own(key_id: str) -> Key:
    """The account's key of that id; 404 for any other."""
    try:
        return find_key(engine, keys.key_id(key_id) or 0, me().account_id)
    except NotFound:
        abort(404, "There is no such key here.")
