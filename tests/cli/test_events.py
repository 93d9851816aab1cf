"""`flux event …`: what was sent is listed by name and deleted for good."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import Engine

from flux.sandbox.run import run_query
from flux.schemas.events import Event
from flux.store.events import add_events, list_events
from tests.tenants import Tenant

NOON = 1_767_268_800_000  # 2026-01-01 12:00 UTC
EMAIL = ("--account", "ada@example.org")


@pytest.fixture
def sent(engine: Engine, ada: Tenant) -> Tenant:
    """ada, with four events."""
    rows = [("view", NOON - 86_400_000, "u1", None), ("view", NOON, "u2", "a1"), ("view", NOON, None, "a1")]
    made = [Event(None, at, user, visitor, name, None, None) for name, at, user, visitor in rows]
    add_events(engine, ada.account_id, [*made, Event(None, NOON, "u1", None, "signup", None, None)], 0, 100)
    return ada


def test_names_counts_and_days_are_listed(runner: FlaskCliRunner, sent: Tenant, bob: Tenant) -> None:
    result = runner.invoke(args=["flux", "event", "list", *EMAIL])
    assert result.stdout == "3\t2025-12-31\t2026-01-01\tview\n1\t2026-01-01\t2026-01-01\tsignup\n"
    assert runner.invoke(args=["flux", "event", "list", "--account", "bob@example.org"]).stdout == ""


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        (["--before", "2026-01-01"], {"view": 2, "signup": 1}),
        (["--user-id", "u1"], {"view": 2}),
        (["--anonymous-id", "a1"], {"view": 1, "signup": 1}),
        (["--before", "2026-01-01", "--user-id", "u2"], {"view": 3, "signup": 1}),
        (["--user-id", "' OR 1=1 --"], {"view": 3, "signup": 1}),
    ],
)
def test_what_is_chosen_is_deleted(
    runner: FlaskCliRunner, engine: Engine, sent: Tenant, choice: list[str], left: dict[str, int]
) -> None:
    result = runner.invoke(args=["flux", "event", "delete", *EMAIL, *choice])
    assert result.exit_code == 0, result.output
    assert {s.name: s.count for s in list_events(engine, sent.account_id)} == left
    assert (result.stdout, result.stderr) == ("", f"Deleted: {4 - sum(left.values())}.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (EMAIL, "--before DAY, --user-id ID"),
        ((*EMAIL, "--before", "yesterday"), "'yesterday'"),
        (("--account", "eve@example.org", "--user-id", "x"), "no user 'eve@example.org'"),
    ],
)
def test_without_a_clear_choice_nothing_goes(
    runner: FlaskCliRunner, engine: Engine, sent: Tenant, arguments: tuple[str, ...], says: str
) -> None:
    result = runner.invoke(args=["flux", "event", "delete", *arguments])
    assert result.exit_code != 0 and says in result.stderr
    assert sum(s.count for s in list_events(engine, sent.account_id)) == 4


def test_what_is_deleted_is_in_no_file_for_sql(app: Flask, engine: Engine, sent: Tenant) -> None:
    def users() -> list[object]:
        text = "SELECT DISTINCT userId FROM eventsTable WHERE userId IS NOT NULL ORDER BY 1"
        return [row[0] for row in run_query(app.config, engine, sent.account_id, text, {}).rows]

    assert users() == ["u1", "u2"]
    runner = app.test_cli_runner()
    assert runner.invoke(args=["flux", "event", "delete", *EMAIL, "--user-id", "u1"]).exit_code == 0
    files = [
        path for path in (Path(app.config["FLUX_INSTANCE_PATH"]) / "sandbox").rglob("*") if path.is_file()
    ]
    assert not any(b"u1" in path.read_bytes() for path in files)
    assert users() == ["u2"]
