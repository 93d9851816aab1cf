"""Who is signed in: the cookie carries a session's token, looked up anew for each request."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import g, redirect, request, session, url_for
from flask_login import AnonymousUserMixin, current_user, login_required, login_user, logout_user
from werkzeug.wrappers import Response

from flux import accounts
from flux.extensions import engine, login_manager, pepper
from flux.store.accounts import User

View = TypeVar("View", bound=Callable[..., Any])
_CONTROLS = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Person:
    """A user together with the session that let them in, as flask-login wants it."""

    user: User
    token: str
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The session's token: once it has ended, a copied cookie opens nothing."""
        return self.token


def load(token: str) -> Person | None:
    """Whose session it is; None once it has ended."""
    try:
        user = accounts.session_user(engine, pepper, token)
    except Exception:
        g._login_user = AnonymousUserMixin()  # the page that tells of this must not look again
        raise
    return Person(user, token) if user else None


def ask_to_sign_in() -> Response:
    """To the sign-in page, and back to where one wanted to go if that can be asked for again."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    return redirect(url_for("account.login", next=wanted))


def me() -> User:
    """The user who is signed in. For pages behind `login_required` only."""
    user: User = current_user.user
    return user


def enter(token: str) -> None:
    """Signs the browser in. Whatever an earlier visitor left in the cookie goes, the CSRF token too."""
    session.clear()
    session.permanent = True
    person = load(token)
    if person is not None:
        login_user(person)


def leave() -> None:
    """Ends the session, here and wherever a copy of its cookie lies."""
    if current_user.is_authenticated:
        accounts.sign_out(engine, pepper, current_user.token)
    logout_user()
    session.clear()


def safe_next(wanted: str | None) -> str:
    """`wanted` if it is a path of this site, else the front page."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or _CONTROLS.search(wanted):
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc else wanted


def back_to(path: str) -> Response:
    """See `path` next."""
    return redirect(path, 303)


def signed_in(view: View) -> View:
    """Lets only people who are signed in see the page."""
    return cast(View, login_required(view))


login_manager.user_loader(load)
login_manager.unauthorized_handler(ask_to_sign_in)
