"""`flux key …`: make, list, roll and revoke API keys."""

from datetime import UTC, datetime

import click
from flask.cli import with_appcontext

from flux import keys
from flux.catalog.ranges import read_span
from flux.extensions import engine, pepper
from flux.key_limits import Limits
from flux.mistakes import InvalidParameter, NotFound
from flux.store.accounts import find_user
from flux.store.vault import Key, find_key, list_keys

KINDS = ("bi", "mcp", "api", "metrics", "link")


@click.group()
def key() -> None:
    """API keys."""


@key.command("create")
@click.option("--account", required=True, metavar="EMAIL", help="Whose key it is.")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(KINDS),
    help="`metrics` makes an environment key and a client secret; `link` opens one feed.",
)
@click.option("--name", required=True, help="What it is for.")
@click.option("--permissions", metavar="LIST", help="For kind api: read, write. For kind metrics: read, sql.")
@click.option("--datasets", metavar="LIST", help="Limit it to these datasets and saved metrics.")
@click.option("--profiles", metavar="LIST", help="Limit it to these profile ids.")
@click.option(
    "--feed", metavar="FEED", help="For kind link: what it opens, such as overview?range=last_month."
)
@click.option("--expires", metavar="WHEN", help="A day (2027-01-31) or a span (90d, 12h).")
@click.option("--allow", metavar="CIDR", multiple=True, help="Limit it to these addresses; may be repeated.")
@click.option("--per-hour", type=click.IntRange(min=1), help="A cap of its own, below the account's.")
@with_appcontext
def create_key(
    account: str, kind: str, name: str, permissions: str | None, datasets: str | None, profiles: str | None,
    feed: str | None, expires: str | None, allow: tuple[str, ...], per_hour: int | None,
) -> None:  # fmt: skip
    """Make a key. Prints it, this once."""
    owner = find_user(engine, account)
    limits = Limits(
        permissions=_listed(permissions),
        datasets=_listed(datasets),
        profiles=_listed(profiles),
        allow=[block for text in allow for block in text.split(",")],
        expires_at=_moment(expires) if expires else None,
        rate_limit_per_hour=per_hour,
        feed=feed,
    )
    made = (
        keys.issue_pair(engine, pepper, owner.account_id, name, limits, owner.id)
        if kind == "metrics"
        else [keys.issue(engine, pepper, owner.account_id, kind, name, limits, owner.id)]
    )
    for key, token in made:
        click.echo(f"{keys.key_name(key)} ({key.hint}){_opens(key)}", err=True)
        click.echo(token)


def _opens(key: Key) -> str:
    return f" opens {key.feed} at /api/v1/feeds/LINK.csv" if key.feed else ""


@key.command("list")
@click.option("--account", required=True, metavar="EMAIL", help="Whose keys.")
@with_appcontext
def show_keys(account: str) -> None:
    """List an account's keys: id, kind, hint, state, last use, name, and the feed that a link opens."""
    now = datetime.now(UTC).timestamp()
    for found in list_keys(engine, find_user(engine, account).account_id):
        used = f"{_told(found.last_used_at)} by {found.last_used_as}" if found.last_used_at else "never used"
        told = [keys.key_name(found), found.kind, found.hint, found.state(now), used, found.name]
        click.echo("\t".join([*told, *([found.feed] if found.feed else [])]))


@key.command("roll")
@click.argument("key_id", metavar="ID")
@click.option(
    "--overlap", default="24h", show_default=True, help="How long the old key goes on: 0h, 24h, 7d."
)
@with_appcontext
def roll_key(key_id: str, overlap: str) -> None:
    """Make a successor with the same rights. Prints it, this once."""
    made, token = keys.roll(engine, pepper, _found(key_id), _span("overlap", overlap))
    click.echo(f"{keys.key_name(made)} ({made.hint})", err=True)
    click.echo(token)


@key.command("revoke")
@click.argument("key_id", metavar="ID")
@with_appcontext
def revoke_key(key_id: str) -> None:
    """End a key at once."""
    found = _found(key_id)
    keys.revoke(engine, found)
    click.echo(f"Revoked: {found.hint} ({found.name}).", err=True)


def _found(text: str) -> Key:
    number = keys.key_id(text)
    if number is None:
        raise NotFound(
            f"There is no key '{text[:40]}': an id looks like key_0Aq3kQ9ZxYb. `flux key list` shows them."
        )
    return find_key(engine, number)


def _listed(text: str | None) -> tuple[str, ...] | None:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if text else None


def _span(name: str, text: str) -> int:
    seconds = read_span(text)
    if seconds is None:
        raise InvalidParameter(name, text, "a number with h or d, such as 24h or 7d")
    return seconds


def _moment(text: str) -> int:
    """The Unix second that a day (its end, UTC) or a span from now names."""
    span = read_span(text)
    if span is not None:
        return int(datetime.now(UTC).timestamp()) + span
    try:
        return int(datetime.fromisoformat(f"{text}T23:59:59+00:00").timestamp())
    except ValueError as error:
        raise InvalidParameter("expires", text, "a day such as 2027-01-31, or a span such as 90d") from error


def _told(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
