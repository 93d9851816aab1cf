"""`flux init`, `flux user …`, `flux plan …`."""

import os
import secrets
import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from flux import accounts
from flux.extensions import engine, pepper
from flux.ids import public_id
from flux.plans import DEFAULT_PLAN, PLANS, check_plan
from flux.store.accounts import find_user, move_account, set_plan
from flux.store.schema import migrate

PLAN_NAMES = ", ".join(p.name for p in PLANS)


@click.command()
@with_appcontext
def init() -> None:
    """Create the database, or bring it to this release. Prints the address of the first sign-in."""
    migrate(engine)
    token = accounts.setup_token(engine, pepper)
    click.echo("The database is ready.", err=True)
    if token:
        base = current_app.config["FLUX_BASE_URL"] or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
        click.echo(
            f"\nMake the first account here (this link works once):\n\n    {base}/setup?token={token}\n",
            err=True,
        )


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.argument("email")
@click.option("--plan", "plan_name", default=DEFAULT_PLAN, show_default=True, help=f"One of {PLAN_NAMES}.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def create_user(email: str, plan_name: str, password_stdin: bool) -> None:
    """Make a user with an account of their own. Prints the user's id."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(15)
    made = accounts.create_user(engine, email, password, plan_name)
    if not password_stdin:
        click.echo(f"Password of {made.email}, shown this once: {password}", err=True)
    click.echo(public_id("usr", made.id))


@click.group()
def plan() -> None:
    """What accounts may do, and how often."""


@plan.command("set")
@click.argument("name", metavar="PLAN")
@click.option("--per-hour", type=click.IntRange(min=1), help="Data API and MCP requests an hour.")
@click.option("--per-minute", type=click.IntRange(min=1), help="REST API requests a minute.")
@click.option(
    "--account", metavar="EMAIL", help="Put this user's account on the plan; limits given hold for it alone."
)
@with_appcontext
def set_limits(name: str, per_hour: int | None, per_minute: int | None, account: str | None) -> None:
    """Change a plan's limits for every account on it, or one account's plan and limits."""
    check_plan(name)
    if account:
        move_account(engine, find_user(engine, account).account_id, name, per_hour, per_minute)
    else:
        set_plan(engine, name, per_hour, per_minute)
    click.echo(f"Done: {account or name}.", err=True)
