"""The database's schema, made and migrated by Alembic, under a lock so that two hosts may start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from flux.store.accounts import seed_plans
from flux.store.engine import writing

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x466C7578  # "Flux", PostgreSQL's advisory lock for migrations


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["connection"] = connection
    return settings


def migrate(engine: Engine) -> None:
    """Creates the tables or brings them to this release's revision; puts the plans in."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        command.upgrade(config(connection), "head")
    seed_plans(engine)


def head() -> str | None:
    """The newest revision that this release knows."""
    return ScriptDirectory.from_config(config()).get_current_head()
