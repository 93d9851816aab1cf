"""The operator's commands, from `init` to `query`, as one would type them."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from flux import create_app, keys
from flux.key_limits import KINDS
from flux.store.accounts import allowance, find_user
from flux.store.vault import list_keys

EMAIL = "ada@example.org"


@pytest.fixture
def fresh(empty_database_url: str, tmp_path: Path) -> Flask:
    """An app on a database that has not been set up."""
    app = create_app(
        {"FLUX_DATABASE_URL": empty_database_url, "FLUX_INSTANCE_PATH": str(tmp_path / "instance")}
    )
    yield app  # type: ignore[misc]
    app.extensions["flux_engine"].dispose()


@pytest.fixture
def flux(fresh: Flask):  # type: ignore[no-untyped-def]
    """Runs a command; answers what it printed on standard output."""
    runner: FlaskCliRunner = fresh.test_cli_runner()

    def run(*arguments: str, input: str | None = None, fails: bool = False) -> str:
        result = runner.invoke(args=["flux", *arguments], input=input)
        assert (result.exit_code != 0) == fails, result.output
        assert "Traceback" not in result.output
        run.stderr = result.stderr  # type: ignore[attr-defined]
        return result.stdout

    return run


@pytest.fixture
def ready(flux):  # type: ignore[no-untyped-def]
    """`flux`, on a database that is set up, with a user."""
    flux("init")
    flux(
        "user", "create", EMAIL, "--plan", "edge", "--password-stdin", input="correct horse battery staple\n"
    )
    return flux


def test_init_prints_a_link_that_works_once_until_there_is_a_user(flux) -> None:  # type: ignore[no-untyped-def]
    assert flux("init") == ""
    first = flux.stderr.partition("token=")[2].split()[0]
    flux("init")
    assert first not in flux.stderr and "/setup?token=" in flux.stderr
    flux("user", "create", EMAIL)
    assert "Password of ada@example.org" in flux.stderr
    flux("init")
    assert "token" not in flux.stderr


def test_before_init_a_command_says_what_to_do(flux) -> None:  # type: ignore[no-untyped-def]
    flux("user", "create", EMAIL, fails=True)
    assert "flux init" in flux.stderr
    assert len(flux.stderr.strip().splitlines()) == 1


def test_what_creates_something_prints_its_id_alone(ready) -> None:  # type: ignore[no-untyped-def]
    profile = ready(
        "profile", "create", "--account", EMAIL, "--name", "Ada", "--timezone", "europe/berlin"
    ).strip()
    assert profile.startswith("prof_") and len(profile.split()) == 1
    assert ready("profile", "list", "--account", EMAIL) == f"{profile}\tpersonal\tEurope/Berlin\tAda\n"
    assert ready("user", "create", "bob@example.org").startswith("usr_")
    key = ready("key", "create", "--account", EMAIL, "--kind", "bi", "--name", "sheet").strip()
    assert keys.kind_of(key) is KINDS[0]
    environment, secret = ready(
        "key", "create", "--account", EMAIL, "--kind", "metrics", "--name", "m"
    ).split()
    assert (environment[:9], secret[:8]) == ("flux_env_", "flux_cs_")


@pytest.mark.parametrize(
    ("asked", "given"), [(None, ("read", "sql")), ("read", ("read",)), ("sql", ("sql",))]
)
def test_the_environment_key_says_what_a_token_may(  # type: ignore[no-untyped-def]
    fresh: Flask, ready, asked: str | None, given: tuple[str, ...]
) -> None:
    wish = ["--permissions", asked] if asked else []
    limits = ["--allow", "10.0.0.0/8", "--expires", "90d"]
    made = ready("key", "create", "--account", EMAIL, "--kind", "metrics", "--name", "m", *wish, *limits)
    engine = fresh.extensions["flux_engine"]
    secret, environment = list_keys(engine, find_user(engine, EMAIL).account_id)
    assert [keys.kind_of(line).name for line in made.split()] == ["env", "secret"]
    assert environment.permissions == given
    assert environment.allow == secret.allow == ("10.0.0.0/8",)
    assert environment.expires_at == secret.expires_at


def test_keys_are_listed_rolled_and_revoked(ready) -> None:  # type: ignore[no-untyped-def]
    made = ready(
        "key",
        "create",
        "--account",
        EMAIL,
        "--kind",
        "bi",
        "--name",
        "sheet",
        "--datasets",
        "posts,overview",
        "--expires",
        "90d",
        "--allow",
        "10.0.0.0/8",
        "--per-hour",
        "5",
    ).strip()
    (line,) = ready("key", "list", "--account", EMAIL).splitlines()
    key_id, kind, hint, state, used, name = line.split("\t")
    assert (kind, state, used, name) == ("bi", "active", "never used", "sheet")
    assert hint.endswith(made[-4:]) and made not in line
    fresh = ready("key", "roll", key_id, "--overlap", "24h").strip()
    assert keys.kind_of(fresh) and fresh != made
    ready("key", "revoke", key_id)
    states = [line.split("\t")[3] for line in ready("key", "list", "--account", EMAIL).splitlines()]
    assert states == ["active", "revoked"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["user", "create", "ada@example.org"], "already"),
        (["user", "create", "nobody"], "e-mail address"),
        (["user", "create", "eve@example.org", "--plan", "gold"], "pulse, standard"),
        (["profile", "create", "--account", "eve@example.org", "--name", "x"], "no user 'eve@example.org'"),
        (["profile", "create", "--account", EMAIL, "--name", "x", "--timezone", "Mars"], "Europe/Berlin"),
        (
            ["key", "create", "--account", EMAIL, "--kind", "bi", "--name", "x", "--datasets", "postz"],
            "'postz'",
        ),
        (
            ["key", "create", "--account", EMAIL, "--kind", "bi", "--name", "x", "--allow", "300.1.1.1"],
            "CIDR",
        ),
        (["key", "create", "--account", EMAIL, "--kind", "bi", "--name", "x", "--expires", "soon"], "'soon'"),
        (
            ["key", "create", "--account", EMAIL, "--kind", "api", "--name", "x", "--permissions", "all"],
            "'all'",
        ),
        (
            [
                "key",
                "create",
                "--account",
                EMAIL,
                "--kind",
                "metrics",
                "--name",
                "x",
                "--permissions",
                "write",
            ],
            "among read, sql",
        ),
        (
            ["key", "create", "--account", EMAIL, "--kind", "metrics", "--name", "x", "--datasets", "posts"],
            "sees all of its account",
        ),
        (
            ["key", "create", "--account", EMAIL, "--kind", "bi", "--name", "x", "--datasets", "met_0"],
            "a saved metric's id",
        ),
        (["key", "revoke", "key_1"], "key_1"),
        (["plan", "set", "gold", "--per-hour", "5"], "'gold'"),
        (["query", "nonsense", "--account", EMAIL], "engagement-trends"),
        (["query", "posts", "range", "--account", EMAIL], "NAME=VALUE"),
        (["query", "posts", "range=x", "--account", EMAIL], "'x'"),
        (["import", __file__, "--account", EMAIL, "--profile", "Nobody"], "no profile 'Nobody'"),
    ],
)
def test_a_failure_is_one_clear_line(ready, arguments: list[str], says: str) -> None:  # type: ignore[no-untyped-def]
    ready(*arguments, fails=True)
    assert says in ready.stderr
    assert len(ready.stderr.strip().splitlines()) == 1


def test_a_weak_password_is_refused(ready) -> None:  # type: ignore[no-untyped-def]
    for password in ("short", "aaaaaaaaaaaaaaaa", "linkedin1234"):
        ready("user", "create", "eve@example.org", "--password-stdin", input=password + "\n", fails=True)


def test_plan_limits_are_set_for_all_or_for_one_account(fresh: Flask, ready) -> None:  # type: ignore[no-untyped-def]
    engine = fresh.extensions["flux_engine"]
    account_id = find_user(engine, EMAIL).account_id
    ready("plan", "set", "edge", "--per-hour", "50")
    assert (allowance(engine, account_id).plan, allowance(engine, account_id).rate_limit_per_hour) == (
        "edge",
        50,
    )
    ready("plan", "set", "enterprise", "--account", EMAIL, "--per-hour", "7")
    assert (allowance(engine, account_id).plan, allowance(engine, account_id).rate_limit_per_hour) == (
        "enterprise",
        7,
    )


def test_demo_and_query_print_the_same_rows_for_the_same_seed(ready) -> None:  # type: ignore[no-untyped-def]
    ids = ready("demo", "--account", EMAIL).split()
    assert [i[:5] for i in ids] == ["prof_", "prof_"]
    rows = ready(
        "query",
        "engagement-trends",
        "granularity=monthly",
        "range=last_year",
        "format=csv",
        "--account",
        EMAIL,
    )
    assert rows.splitlines()[0].startswith("profile_id,profile_name,date,engagement")
    assert len(rows.splitlines()) == 1 + 2 * 12
    assert ready("demo", "--account", EMAIL).split() == ids
    assert (
        ready(
            "query",
            "engagement-trends",
            "granularity=monthly",
            "range=last_year",
            "format=csv",
            "--account",
            EMAIL,
        )
        == rows
    )


def test_a_link_is_made_listed_and_rolled(fresh: Flask, ready) -> None:  # type: ignore[no-untyped-def]
    asked = ("--kind", "link", "--name", "Sheet", "--feed", "overview?range=last_month&format=csv")
    made = ready("key", "create", "--account", EMAIL, *asked)
    link = made.strip()
    assert link.startswith("flux_link_") and made.count("\n") == 1
    assert "opens overview?range=last_month at /api/v1/feeds/LINK.csv" in ready.stderr
    assert fresh.test_client().get(f"/api/v1/feeds/{link}.csv").status_code == 200
    listed = ready("key", "list", "--account", EMAIL).strip().split("\t")
    assert listed[1] == "link" and listed[-1] == "overview?range=last_month" and link not in str(listed)
    rolled = ready("key", "roll", listed[0], "--overlap", "0h").strip()
    assert fresh.test_client().get(f"/api/v1/feeds/{rolled}.json").status_code == 200
    assert fresh.test_client().get(f"/api/v1/feeds/{link}.csv").status_code == 401


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--kind", "link"), "such as overview?range=last_month"),
        (("--kind", "link", "--feed", "overview?from=soon"), "'soon'"),
        (("--kind", "link", "--feed", "overview", "--datasets", "posts"), "its feed names them"),
        (("--kind", "bi", "--feed", "overview"), "left out for a key of kind bi"),
        (("--kind", "metrics", "--feed", "overview"), "left out for a key of kind env"),
    ],
)
def test_a_link_that_cannot_be_is_told(ready, arguments: tuple[str, ...], told: str) -> None:  # type: ignore[no-untyped-def]
    assert ready("key", "create", "--account", EMAIL, "--name", "x", *arguments, fails=True) == ""
    assert told in ready.stderr
    assert ready("key", "list", "--account", EMAIL) == ""
