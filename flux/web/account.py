"""Signing in and out, the first run, and the password."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from flux import accounts
from flux.extensions import engine, limiter, pepper
from flux.mistakes import Mistake
from flux.store.accounts import count_users
from flux.web.session import back_to, enter, leave, me, safe_next, signed_in

blueprint = Blueprint("account", __name__)

TOO_OFTEN = "That were too many attempts. Wait a few minutes, then try again."


def _who() -> str:
    return "email:" + request.form.get("email", "").strip().lower()[:254]


by_address = limiter.limit("30 per 5 minutes", methods=["POST"], error_message=TOO_OFTEN)
by_email = limiter.limit("10 per 5 minutes", key_func=_who, methods=["POST"], error_message=TOO_OFTEN)
by_person = limiter.limit(
    "10 per 5 minutes", key_func=lambda: f"user:{me().id}", methods=["POST"], error_message=TOO_OFTEN
)


@blueprint.route("/login", methods=["GET", "POST"])
@by_address
@by_email
def login() -> Response | str | tuple[str, int]:
    """The sign-in page."""
    if not count_users(engine):
        return redirect(url_for("account.setup"))
    wanted = safe_next(request.values.get("next"))
    if request.method == "GET":
        return (
            back_to(wanted) if current_user.is_authenticated else render_template("login.html", next=wanted)
        )
    email = request.form.get("email", "")
    token = accounts.sign_in(engine, pepper, email, request.form.get("password", ""))
    if token is None:
        wrong = "That e-mail address and password do not belong together."
        return render_template("login.html", next=wanted, email=email, wrong=wrong), 401
    enter(token)
    return back_to(wanted)


@blueprint.post("/logout")
def logout() -> Response:
    """Ends the session for good."""
    leave()
    return back_to(url_for("account.login"))


@blueprint.route("/setup", methods=["GET", "POST"])
@by_address
def setup() -> Response | str | tuple[str, int]:
    """The first run: makes the first account for whoever holds the token that the server printed."""
    if count_users(engine):
        return redirect(url_for("account.login"))
    told = {name: request.values.get(name, "") for name in ("token", "email")}
    if request.method == "GET":
        return render_template("setup.html", **told)
    password = request.form.get("password", "")
    try:
        user = accounts.set_up(engine, pepper, told["token"], told["email"], password)
    except Mistake as wrong:
        return render_template("setup.html", **told, wrong=wrong), 400
    enter(accounts.open_session(engine, pepper, user))
    return back_to(url_for("overview.overview"))


@blueprint.route("/settings/account", methods=["GET", "POST"])
@signed_in
@by_person
def settings() -> Response | str | tuple[str, int]:
    """The account, and a new password for it: that ends every session but the one that it opens."""
    if request.method == "GET":
        return render_template("account.html", user=me())
    user = me()
    try:
        accounts.change_password(engine, user, request.form.get("old", ""), request.form.get("new", ""))
    except Mistake as wrong:
        return render_template("account.html", user=user, wrong=wrong), 400
    enter(accounts.open_session(engine, pepper, user))
    flash("Your password is changed. Every other session has ended.")
    return back_to(url_for("account.settings"))
