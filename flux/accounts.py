"""People: passwords, sessions that end for good, and the first run's one-time token."""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Engine

from flux.keys import digest
from flux.mistakes import InvalidParameter, NotFound
from flux.plans import DEFAULT_PLAN, check_plan
from flux.store import accounts
from flux.store.accounts import User

SESSION_SECONDS = 30 * 86_400
PASSWORD_LENGTH = (12, 128)
COMMON = ("password", "linkedin", "qwerty", "letmein", "12345678", "iloveyou", "welcome")

# OWASP's minimum: 19 ms and 19 MiB a log-in. Few at once, so that a flood of them cannot eat the memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_hashing = threading.Semaphore(3)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def create_user(engine: Engine, email: str, password: str, plan: str = DEFAULT_PLAN) -> User:
    """A user with an account of their own. Raises InvalidParameter, NotFound (plan) or Conflict."""
    return accounts.add_user(engine, _email(email), _hash(_strong(password)), check_plan(plan))


def sign_in(engine: Engine, pepper: str, email: str, password: str) -> str | None:
    """The token of a new session; None where address and password do not fit, told apart by nothing."""
    try:
        user = accounts.find_user(engine, email)
    except NotFound:
        user = None
    if not _fits(user.password_hash if user else None, password) or user is None:
        return None
    return open_session(engine, pepper, user)


def open_session(engine: Engine, pepper: str, user: User) -> str:
    """The token of a new session of `user`; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    accounts.open_session(engine, digest(pepper, token), user.id, SESSION_SECONDS)
    return token


def session_user(engine: Engine, pepper: str, token: str) -> User | None:
    """Whose session it is; None once it has ended, wherever a copy of the cookie may lie."""
    return accounts.find_session(engine, digest(pepper, token))


def sign_out(engine: Engine, pepper: str, token: str) -> None:
    """Ends a session for good."""
    accounts.end_session(engine, digest(pepper, token))


def change_password(engine: Engine, user: User, old: str, new: str) -> None:
    """Sets a new password and ends every session. Raises InvalidParameter."""
    if not _fits(user.password_hash, old):
        raise InvalidParameter("password", "…", "your present password")
    accounts.set_password(engine, user.id, _hash(_strong(new)))


def setup_token(engine: Engine, pepper: str) -> str | None:
    """A fresh one-time token for the first account; None where there are users already."""
    if accounts.count_users(engine):
        return None
    token = secrets.token_urlsafe(24)
    accounts.replace_setup_token(engine, digest(pepper, token))
    return token


def set_up(engine: Engine, pepper: str, token: str, email: str, password: str) -> User:
    """The first user, for whoever holds the token that the server printed. Raises InvalidParameter."""
    email, password = _email(email), _strong(password)
    if not accounts.use_setup_token(engine, digest(pepper, token.strip())):
        raise InvalidParameter(
            "token",
            "…",
            "the one that the server printed last; run `flask --app app flux init` for a new one",
        )
    return create_user(engine, email, password)


def _hash(password: str) -> str:
    with _hashing:
        return _hasher.hash(password)


def _fits(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes as long where there is none to fit."""
    with _hashing:
        try:
            return _hasher.verify(stored or _NOBODY, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _email(text: str) -> str:
    text = text.strip().lower()
    name, at, host = text.partition("@")
    if not (name and at and "." in host and len(text) <= 254 and text.isprintable() and " " not in text):
        raise InvalidParameter("email", text[:100], "an e-mail address, such as ada@example.org")
    return text


def _strong(password: str) -> str:
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        raise InvalidParameter("password", "…", f"{low} to {high} characters long")
    if len(set(password)) < 5 or password.lower().strip("0123456789!.") in COMMON:
        raise InvalidParameter("password", "…", "less easy to guess; a few unrelated words do well")
    return password
