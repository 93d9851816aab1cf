"""Runs the migrations on the connection that `flux.store.schema` hands over."""

from alembic import context

from flux.store.search_tables import is_declared
from flux.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_declared,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
