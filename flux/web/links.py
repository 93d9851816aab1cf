"""Links: an address that opens one feed and nothing else, made beside the picker and shown once."""

import time
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request

from flux import keys
from flux.describe.form import chosen
from flux.extensions import engine, pepper
from flux.links import find_feed, read_feed
from flux.mistakes import InvalidParameter, Mistake, NotAllowed
from flux.snippets import SNIPPETS, Feed, Snippet, render
from flux.store.accounts import allowance
from flux.store.vault import Key, list_keys
from flux.web.key_form import LIFETIMES, TITLES, offered, read_limits
from flux.web.picker import base_url
from flux.web.session import me, signed_in

blueprint = Blueprint("links", __name__)

MOST = 200  # active ones of an account

_M_NOTE = (
    "Get data → Blank query → Advanced editor, paste; credentials: Anonymous. Works in Excel, in Power BI "
    "Desktop and in its service."
)
# What needs nothing but an address. Other tools' snippets send a key, which is not needed here.
_BY_ADDRESS = (
    "google_sheets", "google_sheets_semicolon", "libreoffice", "libreoffice_decimal_comma", "power_bi_basic"
)  # fmt: skip
_OTHERWISE: dict[str, dict[str, Any]] = {
    "power_bi_basic": {"tool": "Excel and Power BI", "label": "Power Query", "note": _M_NOTE},
}


@blueprint.route("/settings/api/links", methods=["GET", "POST"])
@signed_in
def new() -> str | tuple[str, int]:
    """The form for a link to a feed; sent, the link, on this answer and never again."""
    if request.method == "GET":
        return _form()
    try:
        key, token = _make()
    except Mistake as wrong:
        return _form(wrong), 400
    return shown(key, token)


def _form(wrong: Mistake | None = None) -> str:
    text = request.values.get("feed", "")
    return render_template("link_new.html", text=text, told=request.form, lifetimes=LIFETIMES, wrong=wrong)


def _make() -> tuple[Key, str]:
    """A new link. Raises what its feed would answer with, NotAllowed and InvalidParameter."""
    user, now = me(), time.time()
    allowed = allowance(engine, user.account_id)
    if "bi" not in offered(allowed):
        raise NotAllowed(
            "plan_required", f"The plan '{allowed.plan}' does not include this: {TITLES['link']}."
        )
    active = sum(k.kind == "link" and k.state(now) == "active" for k in list_keys(engine, user.account_id))
    if active >= MOST:
        raise InvalidParameter(
            "links", str(active), f"fewer than {MOST} active ones; revoke one that is not used"
        )
    limits = replace(read_limits("bi"), feed=request.form.get("feed", ""), datasets=None, profiles=None)
    return keys.issue(engine, pepper, user.account_id, "link", request.form.get("name", ""), limits, user.id)


def shown(key: Key, token: str, ends: int | None = None) -> str:
    """The page that shows a link once; `ends`: until when the one goes on whose place it takes."""
    return render_template(
        "link_shown.html",
        key=key,
        ends=ends,
        address=f"{base_url()}/api/v1/feeds/{token}",
        tools=_snippets(key, token),
    )


def _snippets(key: Key, token: str) -> dict[str, list[tuple[Snippet, str]]]:
    """What can be pasted, by tool; nothing where the feed is gone by now."""
    name, arguments = read_feed(key.feed or "")
    try:
        dataset, _ = find_feed(engine, key.account_id, name)
    except Mistake:
        return {}
    feed = Feed(base_url(), dataset, tuple(chosen(dataset, arguments)), link=token)
    found: dict[str, list[tuple[Snippet, str]]] = {}
    for snippet in SNIPPETS:
        if snippet.id in _BY_ADDRESS:
            shown = replace(snippet, **_OTHERWISE.get(snippet.id, {}))
            found.setdefault(shown.tool, []).append((shown, render(snippet, feed)))
    return found
