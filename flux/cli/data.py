"""`flux profile …`, `flux import …`, `flux query …`, `flux demo`."""

import secrets
import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from tqdm import tqdm

from flux import accounts, serve
from flux.catalog import CATALOG
from flux.demo import make_demo
from flux.demo_metrics import make_metrics
from flux.extensions import engine
from flux.importers.load import Limits, Options, Report, load
from flux.mistakes import InvalidParameter, NotFound
from flux.serve import Rights
from flux.store.accounts import User, find_user
from flux.store.profiles import KINDS, create_profile, find_named, find_profiles


@click.group()
def profile() -> None:
    """LinkedIn profiles and pages."""


@profile.command("create")
@click.option("--account", required=True, metavar="EMAIL")
@click.option("--name", required=True)
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True)
@click.option("--timezone", metavar="ZONE", help="IANA name, such as Europe/Berlin; without one, UTC.")
@click.option("--url", help="Its address on LinkedIn.")
@with_appcontext
def create(account: str, name: str, kind: str, timezone: str | None, url: str | None) -> None:
    """Make a profile. Prints its id."""
    owner = find_user(engine, account)
    click.echo(create_profile(engine, owner.account_id, name, kind, timezone, url).public_id)


@profile.command("list")
@click.option("--account", required=True, metavar="EMAIL")
@with_appcontext
def show(account: str) -> None:
    """List an account's profiles: id, kind, zone, name."""
    for found in find_profiles(engine, find_user(engine, account).account_id):
        click.echo(f"{found.public_id}\t{found.kind}\t{found.zone}\t{found.name}")


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE…",
)
@click.option("--account", required=True, metavar="EMAIL")
@click.option("--profile", "profile_name", required=True, metavar="NAME", help="Its name or id.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="For CSV and JSON: which column a field is in.",
)
@click.option(
    "--day-first/--month-first",
    default=None,
    help="How dates such as 6/1/2025 are written, where a file does not tell.",
)
@with_appcontext
def import_files(
    files: tuple[Path, ...],
    account: str,
    profile_name: str,
    dry_run: bool,
    mapped: tuple[str, ...],
    day_first: bool | None,
) -> None:
    """Take export files in, each whole or not at all."""
    owner = find_user(engine, account)
    target = find_named(engine, owner.account_id, profile_name)
    options = Options(mapping=_mapping(mapped), day_first=day_first, timezone=target.zone)
    for file in files:
        with tqdm(unit=" rows", file=sys.stderr, disable=None, leave=False) as bar:
            report = load(
                engine,
                owner.account_id,
                target.id,
                file,
                file.name,
                options=options,
                limits=Limits.from_settings(current_app.config),
                dry_run=dry_run,
                progress=_progress(bar),
            )
        for line in _report_lines(report, dry_run):
            click.echo(line, err=True)


def _mapping(mapped: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in mapped]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise InvalidParameter("map", f"{field}{equals}{column}", "FIELD=COLUMN, such as likes=Reactions")
    return {field: column for field, _, column in pairs}


def _progress(bar: Any) -> Any:
    def tell(stage: str, done: int, total: int) -> None:
        bar.set_description(stage, refresh=False)
        bar.total = total
        bar.n = done
        bar.refresh()

    return tell


def _report_lines(report: Report, dry_run: bool) -> list[str]:
    lines = [f"{report.file_name}: {report.importer}" + (" (dry run)" if dry_run else "")]
    lines += [f"  recognised: {what}" for what in report.recognised]
    lines += (
        [f"  columns: {', '.join(f'{field}={column}' for field, column in report.mapping.items())}"]
        if report.mapping
        else []
    )
    lines.append(
        f"  posts: {report.posts_added} added, {report.posts_updated} updated, {report.posts_unchanged} "
        f"unchanged"
    )
    lines.append(
        f"  days: {report.days_added} added, {report.days_updated} updated, {report.days_unchanged} unchanged"
    )
    lines += [f"  left out: {row.where}: '{row.value}': {row.why}" for row in report.left_out]
    if report.left_out_count > len(report.left_out):
        lines.append(f"  left out: {report.left_out_count - len(report.left_out):,} more")
    return lines if report.changed else [*lines, "  nothing changed"]


@click.command()
@click.argument("dataset", metavar="DATASET")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]…")
@click.option("--account", required=True, metavar="EMAIL")
@with_appcontext
def query(dataset: str, parameters: tuple[str, ...], account: str) -> None:
    """Print a dataset's rows as HTTP would answer them: `flux query overview range=this_month format=csv`."""
    if dataset not in CATALOG:
        raise NotFound(f"There is no dataset '{dataset}'. There are: {', '.join(CATALOG)}.")
    arguments: dict[str, list[str]] = {}
    for name, equals, value in (text.partition("=") for text in parameters):
        if not equals:
            raise InvalidParameter("parameters", name, "NAME=VALUE, such as range=last_30_days")
        arguments.setdefault(name, []).append(value)
    rights = Rights(find_user(engine, account).account_id)
    for chunk in serve.write(engine, rights, serve.ask(engine, rights, dataset, arguments)):
        sys.stdout.buffer.write(chunk)


@click.command()
@click.option(
    "--account", metavar="EMAIL", help="Give this account sample data; without it, make demo@flux.example."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same data.")
@with_appcontext
def demo(account: str | None, seed: int) -> None:
    """Make a person and a page with two years of believable data, events and saved metrics.

    Prints the profiles' ids.
    """
    owner = find_user(engine, account) if account else _demo_user()
    for made in make_demo(engine, owner.account_id, seed=seed):
        click.echo(made.public_id)
    metrics = make_metrics(engine, current_app.config, owner.account_id, owner.id, seed)
    click.echo(f"Saved metrics: {', '.join(metric.name for metric in metrics)}", err=True)


def _demo_user() -> User:
    """The demo account, made at the first call."""
    email = "demo@flux.example"
    try:
        return find_user(engine, email)
    except NotFound:
        password = secrets.token_urlsafe(15)
        made = accounts.create_user(engine, email, password)
        click.echo(f"Password of {email}, shown this once: {password}", err=True)
        return made
