"""`flux event …`: what was sent, by name; and its deletion."""

from datetime import UTC, date, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from flux import events
from flux.extensions import engine
from flux.mistakes import InvalidParameter
from flux.store.accounts import find_user
from flux.store.events import list_events


@click.group()
def event() -> None:
    """Events that were sent to /event/ingest."""


@event.command("list")
@click.option("--account", required=True, metavar="EMAIL", help="Whose events.")
@with_appcontext
def show_events(account: str) -> None:
    """List an account's events by name: how many, first and last day (UTC), name."""
    for found in list_events(engine, find_user(engine, account).account_id):
        click.echo("\t".join([str(found.count), _day(found.first), _day(found.last), found.name]))


@event.command("delete")
@click.option("--account", required=True, metavar="EMAIL", help="Whose events.")
@click.option("--before", metavar="DAY", help="Those of before this day (UTC), such as 2026-01-31.")
@click.option("--user-id", metavar="ID", help="Those of this user: a person's wish to be forgotten.")
@click.option("--anonymous-id", metavar="ID", help="Those of this visitor, who was not signed in.")
@with_appcontext
def delete_events(account: str, before: str | None, user_id: str | None, anonymous_id: str | None) -> None:
    """Delete events for good. Takes one choice; several together delete what fits all of them."""
    owner = find_user(engine, account)
    if before is None and user_id is None and anonymous_id is None:
        raise click.UsageError("Say which: --before DAY, --user-id ID or --anonymous-id ID.")
    day = None if before is None else _read_day(before)
    gone = events.delete_events(engine, current_app.config, owner.account_id, day, user_id, anonymous_id)
    click.echo(f"Deleted: {gone:,}.", err=True)


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidParameter("before", text[:20], "a day, such as 2026-01-31") from error


def _day(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1_000, UTC):%Y-%m-%d}"
