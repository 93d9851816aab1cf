"""Files taken in: upload, progress, report, and the columns of a file that Flux had to guess."""

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from flux.catalog.query import Profile
from flux.extensions import engine
from flux.ids import public_id
from flux.importers import IMPORTERS
from flux.importers.guesses import FIELDS
from flux.mistakes import Mistake, NotFound
from flux.store.history import list_imports
from flux.store.profiles import KINDS, create_profile, find_profile, find_profiles
from flux.web import jobs
from flux.web.session import back_to, me, signed_in

blueprint = Blueprint("imports", __name__)

NEW_PROFILE = "new"
DAY_ORDERS = {"": None, "day": True, "month": False}
SHOWN_ROWS = 200


@blueprint.route("/import", methods=["GET", "POST"])
@signed_in
def index() -> Response | str | tuple[str, int]:
    """The upload form, and what was imported before."""
    if request.method == "GET":
        return _form(request.args)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _form(request.form, "Choose a file first."), 400
    try:
        profile = _target()
    except Mistake as wrong:
        return _form(request.form, wrong.message), 400
    started = jobs.start(upload.stream, upload.filename, me().account_id, profile, _options())
    return back_to(url_for("imports.show", import_id=started))


def _form(told: Any, wrong: str = "") -> str:
    account = me().account_id
    return render_template(
        "import.html",
        told=told,
        wrong=wrong,
        profiles=find_profiles(engine, account),
        kinds=KINDS,
        importers=IMPORTERS,
        running=jobs.unfinished(account),
        past=[(public_id("imp", p.id), p) for p in list_imports(engine, account)],
        max_bytes=current_app.config["MAX_CONTENT_LENGTH"],
    )


def _target() -> Profile:
    """The profile that the file is for, made if the form asks for a new one."""
    asked = request.form.get("profile", "")
    if asked not in ("", NEW_PROFILE):
        return find_profile(engine, me().account_id, asked)
    name, kind = request.form.get("name", ""), request.form.get("kind", KINDS[0])
    if not name.strip():
        raise Mistake("Give the new profile a name, or choose one that is there.", parameter="name")
    return create_profile(engine, me().account_id, name, kind)


def _options() -> dict[str, Any]:
    fields = {field: request.form.get(f"map_{field}", "").strip() for field in FIELDS}
    mapping = {field: column for field, column in fields.items() if column or f"map_{field}" in request.form}
    return {"mapping": mapping, "day_first": DAY_ORDERS.get(request.form.get("dates", ""))}


@blueprint.get("/import/<import_id>")
@signed_in
def show(import_id: str) -> str:
    """How an import goes, or how it went."""
    try:
        found = jobs.find(me().account_id, import_id)
    except NotFound:
        abort(404, "There is no such import here.")
    return render_template("import_job.html", job=found, order=found.order, fields=FIELDS, shown=SHOWN_ROWS)


@blueprint.post("/import/<import_id>/again")
@signed_in
def again(import_id: str) -> Response:
    """The same file once more, with the columns or dates that the form names."""
    try:
        started = jobs.again(me().account_id, import_id, _options())
    except NotFound as gone:
        abort(404, gone.message)
    return back_to(url_for("imports.show", import_id=started))
