"""Settings → API: keys made, rolled and revoked, and what is left of the hour."""

import time
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from flux import keys
from flux.catalog import CATALOG
from flux.describe.agents import set_up
from flux.extensions import engine, pepper
from flux.metrics import dataset_of, may_read
from flux.mistakes import InvalidParameter, Mistake, NotFound
from flux.quotas import account_standing
from flux.serve import Rights
from flux.snippets import Feed
from flux.store.accounts import Allowance, allowance
from flux.store.metrics import Metric, list_metrics
from flux.store.profiles import find_profiles
from flux.store.vault import Key, find_key, list_keys
from flux.web import links
from flux.web.key_form import LIFETIMES, OFFERED, TITLES, offered, read_kind, read_limits
from flux.web.picker import base_url, feed_of, snippets_for
from flux.web.session import back_to, me, signed_in

blueprint = Blueprint("keys", __name__)

OVERLAPS = ((86_400, "24 hours"), (604_800, "7 days"), (3_600, "1 hour"), (0, "none: the old key ends now"))
MAX_KEYS = 50  # active ones of an account; links are counted by themselves

Made = list[tuple[Key, str]]  # keys and their texts


@blueprint.get("/settings/api")
@signed_in
def index() -> str:
    """Keys, the form for a new one, and the quota."""
    return _page()


def _page(wrong: Mistake | None = None) -> str:
    account, now = me().account_id, time.time()
    profiles, allowed = find_profiles(engine, account), allowance(engine, account)
    metrics = list_metrics(engine, account)
    included = offered(allowed)
    return render_template(
        "keys.html",
        keys=[(keys.key_name(k), k, k.state(now)) for k in list_keys(engine, account)],
        kinds=TITLES,
        offered=included,
        missing=[kind for kind in OFFERED if kind not in included],
        profiles=profiles,
        names={p.id: p.name for p in profiles},
        datasets=CATALOG,
        metrics=[m for m in metrics if "feed" in m.open_to],
        titles={m.public_id: m.name for m in metrics},
        lifetimes=LIFETIMES,
        quota=_quota(account, allowed),
        wrong=wrong,
        told=request.form,
        feed=request.values.get("feed", ""),
        wishes=parse_qs(request.values.get("feed", "")),
    )


def _quota(account: int, allowed: Allowance) -> dict[str, Any]:
    """The plan, how much of the hour is used, and what a minute allows."""
    told: dict[str, Any] = {"plan": allowed.plan, "minute": allowed.rate_limit_per_minute}
    if "bi" in offered(allowed):
        limit, remaining, reset, *_ = account_standing(account, allowed.rate_limit_per_hour)
        told |= {"limit": limit, "used": limit - remaining, "reset": reset}
    return told


@blueprint.post("/settings/api")
@signed_in
def create() -> str | tuple[str, int]:
    """A new key, or the two of the Metrics API, shown on this answer and never again."""
    try:
        _check_count()
        kind = read_kind()
        made = _make(kind, request.form.get("name", ""))
    except Mistake as wrong:
        return _page(wrong), 400
    return _shown_once(made)


def _make(kind: str, name: str) -> Made:
    limits, user = read_limits(kind), me()
    if kind == "metrics":
        return keys.issue_pair(engine, pepper, user.account_id, name, limits, user.id)
    return [keys.issue(engine, pepper, user.account_id, kind, name, limits, user.id)]


def _check_count() -> None:
    now = time.time()
    own = list_keys(engine, me().account_id)
    active = sum(k.kind != "link" and k.state(now) == "active" for k in own)
    if active >= MAX_KEYS:
        raise InvalidParameter(
            "keys", str(active), f"fewer than {MAX_KEYS} active ones; revoke one that is not used"
        )


def _shown_once(made: Made, ends: int | None = None) -> str:
    """The page that shows keys, and what can be done with them: feeds, or lines for a terminal."""
    key, token = made[0]
    told: dict[str, Any] = {"made": made, "key": key, "ends": ends, "base": base_url()}
    metrics = {m.public_id: m for m in list_metrics(engine, key.account_id)}
    if key.kind == "bi" and (feed := _feed(key, token, metrics)):
        told |= {"feed": feed, "tools": snippets_for(feed)}
    if key.kind == "mcp":
        told["agents"] = set_up(base_url(), token)
    told["metric"] = next((m for m in metrics.values() if "api" in m.open_to and _runs_alone(m)), None)
    return render_template("key_shown.html", **told)


def _runs_alone(metric: Metric) -> bool:
    """Whether it runs without a value for any of its variables."""
    return all(not v.required or v.default is not None for v in metric.newest.variables)


def _feed(key: Key, token: str, metrics: dict[str, Metric]) -> Feed | None:
    """The feed that was put together before, or else the first that the key may read."""
    rights = Rights(key.account_id, key.datasets, key.profiles)
    open_ones = [m for m in metrics.values() if "feed" in m.open_to and may_read(rights, m)]
    every = CATALOG | {m.public_id: dataset_of(m) for m in open_ones}
    known = {name: every[name] for name in key.datasets or every if name in every}
    if not known:
        return None
    asked: dict[str, list[str]] = parse_qs(request.form.get("feed", ""))
    dataset = known.get(asked.pop("dataset", [""])[0])
    if dataset is None:
        dataset = next(iter(known.values()))
        asked = parse_qs(dataset.example)
    return feed_of(dataset, asked, token)


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
    ends = find_key(engine, key.id).expires_at
    return links.shown(fresh, token, ends) if key.kind == "link" else _shown_once([(fresh, token)], ends)


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
