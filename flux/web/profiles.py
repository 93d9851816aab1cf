"""Profiles made, changed and deleted."""

from zoneinfo import available_timezones

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from flux.extensions import engine
from flux.mistakes import Mistake
from flux.store.profiles import KINDS, change_profile, create_profile, delete_profile
from flux.web.overview import find_own
from flux.web.session import back_to, me, signed_in

blueprint = Blueprint("profiles", __name__)

ZONES = sorted(
    name
    for name in available_timezones()
    if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/"))
)


def _told() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in ("name", "kind", "timezone", "url")}


@blueprint.route("/profiles/new", methods=["GET", "POST"])
@signed_in
def new() -> Response | str | tuple[str, int]:
    """A new profile, empty until something is imported."""
    if request.method == "GET":
        return render_template("profile_form.html", told={"kind": KINDS[0]}, kinds=KINDS, zones=ZONES)
    told = _told()
    try:
        made = create_profile(
            engine, me().account_id, told["name"], told["kind"], told["timezone"] or None, told["url"] or None
        )
    except Mistake as wrong:
        return render_template("profile_form.html", told=told, kinds=KINDS, zones=ZONES, wrong=wrong), 400
    flash(f"The profile '{made.name}' is there. Import an export to fill it.")
    return back_to(url_for("imports.index", profile=made.public_id))


@blueprint.route("/profiles/<public_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(public_id: str) -> Response | str | tuple[str, int]:
    """Another name, kind, time zone or address."""
    found = find_own(public_id)
    if request.method == "GET":
        told = {"name": found.name, "kind": found.kind, "timezone": found.zone, "url": found.url or ""}
        return render_template("profile_form.html", told=told, kinds=KINDS, zones=ZONES, profile=found)
    told = _told()
    changes = {**told, "timezone": told["timezone"] or None, "url": told["url"] or None}
    try:
        change_profile(engine, me().account_id, found.id, **changes)
    except Mistake as wrong:
        return render_template(
            "profile_form.html", told=told, kinds=KINDS, zones=ZONES, profile=found, wrong=wrong
        ), 400
    flash("Saved.")
    return back_to(url_for("overview.profile", public_id=public_id))


@blueprint.route("/profiles/<public_id>/delete", methods=["GET", "POST"])
@signed_in
def delete(public_id: str) -> Response | str | tuple[str, int]:
    """Deletes a profile, once its name was typed."""
    found = find_own(public_id)
    if request.method == "GET":
        return render_template("profile_delete.html", profile=found)
    if request.form.get("name", "").strip() != found.name:
        return render_template("profile_delete.html", profile=found, wrong=True), 400
    delete_profile(engine, me().account_id, found.id)
    flash(f"'{found.name}' is deleted, with everything that was imported for it.")
    return back_to(url_for("overview.overview"))
