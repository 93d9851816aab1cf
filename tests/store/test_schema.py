"""Migrations: they make the declared tables, can be run twice, and go back."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from flux.store.engine import open_engine, writing
from flux.store.schema import config, migrate
from flux.store.search_tables import is_declared
from flux.store.tables import metadata

GLOBAL = {"plans", "users", "sessions", "setup_tokens", "api_keys", "access_tokens", "jobs"}


def test_migrations_make_the_declared_tables(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_declared})
        assert compare_metadata(context, metadata) == []
        assert connection.exec_driver_sql("SELECT count(*) FROM plans").scalar() == 5
    with writing(engine) as connection:
        command.downgrade(config(connection), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


def test_an_operators_limits_survive_a_migration(empty_database_url: str) -> None:
    from flux.store.accounts import set_plan

    engine = open_engine(empty_database_url)
    migrate(engine)
    set_plan(engine, "edge", 77, None)
    migrate(engine)
    with engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT rate_limit_per_hour, rate_limit_per_minute FROM plans WHERE name = 'edge'"
        ).one()
    assert tuple(row) == (77, 300)
    engine.dispose()


def test_every_tenant_table_begins_with_the_account() -> None:
    for table in metadata.sorted_tables:
        if table.name in GLOBAL:
            assert not table.foreign_keys
            continue
        assert next(iter(table.primary_key.columns)).name == "account_id"
        for constraint in table.constraints | table.indexes:
            columns = [c.name for c in constraint.columns]
            assert not columns or columns[0] == "account_id", constraint.name


def test_both_ways_to_a_database_make_the_same_index_beside_the_tables(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    of_sqlite = "SELECT sql FROM sqlite_master WHERE name LIKE 'search_words%' OR type = 'trigger' ORDER BY 1"
    of_postgres = "SELECT indexdef FROM pg_indexes WHERE tablename = 'search_posts' ORDER BY 1"
    asked = text(of_sqlite if engine.dialect.name == "sqlite" else of_postgres)
    migrate(engine)
    with writing(engine) as connection:
        migrated = connection.scalars(asked).all()
        command.downgrade(config(connection), "base")
    metadata.create_all(engine)
    with engine.connect() as connection:
        assert connection.scalars(asked).all() == migrated
    assert any("search_words" in sql or "USING gin" in sql for sql in migrated)
    engine.dispose()
