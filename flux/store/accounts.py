"""Accounts, users, sessions and the first run's token: the rows, no secrets."""

import time
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, insert, select, update

from flux.ids import new_id
from flux.mistakes import Conflict, NotFound
from flux.plans import PLANS
from flux.store.engine import fetch, reading, writing
from flux.store.tables import accounts, plans, sessions, setup_tokens, users


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in, and the account that they belong to."""

    id: int
    account_id: int
    email: str
    plan: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an account's plan lets it do, its own limits taken into account."""

    plan: str
    rate_limit_per_hour: int
    rate_limit_per_minute: int
    data_api: bool


_USER = (
    "SELECT u.id, u.account_id, u.email, a.plan, u.password_hash"
    " FROM {} JOIN accounts a ON a.account_id = u.account_id WHERE {}"
)
_BY_EMAIL = _USER.format("users u", "u.email = ?")
_BY_SESSION = _USER.format("sessions s JOIN users u ON u.id = s.user_id", "s.digest = ? AND s.expires_at > ?")


def seed_plans(engine: Engine) -> None:
    """Puts the declared plans into the database; those that are there keep their numbers."""
    with writing(engine) as connection:
        there = set(connection.scalars(select(plans.c.name)))
        rows = [
            {
                "name": p.name,
                "rate_limit_per_hour": p.rate_limit_per_hour,
                "rate_limit_per_minute": p.rate_limit_per_minute,
                "data_api": p.data_api,
            }
            for p in PLANS
            if p.name not in there
        ]
        if rows:
            connection.execute(insert(plans), rows)


def set_plan(engine: Engine, name: str, per_hour: int | None, per_minute: int | None) -> None:
    """Gives a plan other limits; None leaves one as it is."""
    changes = {"rate_limit_per_hour": per_hour, "rate_limit_per_minute": per_minute}
    changes = {column: number for column, number in changes.items() if number is not None}
    if changes:
        with writing(engine) as connection:
            connection.execute(update(plans).where(plans.c.name == name).values(changes))


def move_account(
    engine: Engine, account_id: int, plan: str, per_hour: int | None, per_minute: int | None
) -> None:
    """Puts an account on a plan, with limits of its own or, where None, the plan's."""
    values = {"plan": plan, "rate_limit_per_hour": per_hour, "rate_limit_per_minute": per_minute}
    with writing(engine) as connection:
        connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(values))


def allowance(engine: Engine, account_id: int) -> Allowance:
    """The account's plan and limits."""
    sql = (
        "SELECT a.plan, coalesce(a.rate_limit_per_hour, p.rate_limit_per_hour),"
        " coalesce(a.rate_limit_per_minute, p.rate_limit_per_minute), p.data_api"
        " FROM accounts a JOIN plans p ON p.name = a.plan WHERE a.account_id = ?"
    )
    plan, per_hour, per_minute, data_api = fetch(engine, sql, (account_id,))[0]
    return Allowance(plan, per_hour, per_minute, bool(data_api))


def cache_seconds(engine: Engine, account_id: int) -> int | None:
    """How long the account keeps results of queries; None: as long as the installation does."""
    sql = "SELECT result_cache_seconds FROM accounts WHERE account_id = ?"
    seconds: int | None = fetch(engine, sql, (account_id,))[0][0]
    return seconds


def keep_results(engine: Engine, account_id: int, seconds: int | None) -> None:
    """Keeps results of the account's queries that long; None: as long as the installation does."""
    with writing(engine) as connection:
        where = accounts.c.account_id == account_id
        connection.execute(update(accounts).where(where).values(result_cache_seconds=seconds))


def add_user(engine: Engine, email: str, password_hash: str | None, plan: str) -> User:
    """A user with an account of their own. Raises Conflict for an address that has one already."""
    now, account_id, user_id = int(time.time()), new_id(), new_id()
    with writing(engine) as connection:
        if connection.scalar(select(users.c.id).where(users.c.email == email)) is not None:
            raise Conflict(f"There is a user '{email}' already.", parameter="email", value=email)
        connection.execute(
            insert(accounts).values(account_id=account_id, name=email, plan=plan, created_at=now)
        )
        connection.execute(
            insert(users).values(
                id=user_id, account_id=account_id, email=email, password_hash=password_hash, created_at=now
            )
        )
    return User(user_id, account_id, email, plan, password_hash)


def count_users(engine: Engine) -> int:
    """How many users there are: none before the first run is finished."""
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(users)) or 0


def find_user(engine: Engine, email: str) -> User:
    """The user of that address. Raises NotFound."""
    rows = fetch(engine, _BY_EMAIL, (email.strip().lower(),))
    if not rows:
        raise NotFound(f"There is no user '{email}'.", parameter="email", value=email)
    return User(*rows[0])


def find_session(engine: Engine, digest: str) -> User | None:
    """The user of a session that has not ended."""
    rows = fetch(engine, _BY_SESSION, (digest, int(time.time())))
    return User(*rows[0]) if rows else None


def open_session(engine: Engine, digest: str, user_id: int, seconds: int) -> None:
    """Notes a session, and forgets those that have run out."""
    now = int(time.time())
    with writing(engine) as connection:
        connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
        connection.execute(
            insert(sessions).values(digest=digest, user_id=user_id, created_at=now, expires_at=now + seconds)
        )


def end_session(engine: Engine, digest: str) -> None:
    """Ends one session for good: its cookie opens nothing again."""
    with writing(engine) as connection:
        connection.execute(delete(sessions).where(sessions.c.digest == digest))


def set_password(engine: Engine, user_id: int, password_hash: str) -> None:
    """Stores a new password's hash and ends every session of the user."""
    with writing(engine) as connection:
        connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))


def replace_setup_token(engine: Engine, digest: str) -> None:
    """Makes `digest` the only token that the first run takes."""
    with writing(engine) as connection:
        connection.execute(delete(setup_tokens))
        connection.execute(insert(setup_tokens).values(digest=digest, created_at=int(time.time())))


def use_setup_token(engine: Engine, digest: str) -> bool:
    """Takes the token away; False if it was not there or a user exists already."""
    with writing(engine) as connection:
        if connection.scalar(select(func.count()).select_from(users)):
            return False
        return connection.execute(delete(setup_tokens).where(setup_tokens.c.digest == digest)).rowcount == 1
