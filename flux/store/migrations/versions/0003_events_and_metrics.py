"""Events, saved metrics, their runs, and access tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "access_tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("environment_key_id", sa.BigInteger(), nullable=False),
        sa.Column("client_secret_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_access_tokens")),
    )
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_tokens_account_id"), ["account_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=True),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(length=200), nullable=True),
        sa.Column("anonymous_id", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("properties", sa.Text(), nullable=True),
        sa.Column("uf_properties", sa.Text(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_events_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_events")),
        sa.UniqueConstraint("account_id", "event_id", name=op.f("uq_events_account_id_event_id")),
    )
    op.create_table(
        "metric_runs",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("metric_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("door", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(length=254), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("cached", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_metric_runs_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_metric_runs")),
    )
    with op.batch_alter_table("metric_runs", schema=None) as batch_op:
        batch_op.create_index("ix_metric_runs_metric", ["account_id", "metric_id", "id"], unique=False)

    op.create_table(
        "metrics",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("open_to", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_metrics_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_metrics")),
    )
    op.create_table(
        "metric_versions",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("metric_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "metric_id"],
            ["metrics.account_id", "metrics.id"],
            name=op.f("fk_metric_versions_metrics"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "metric_id", "version", name=op.f("pk_metric_versions")),
    )
    # No batch: it would make the table anew, and dropping the old one would take every account's rows along.
    op.add_column("accounts", sa.Column("result_cache_seconds", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("last_event", sa.BigInteger(), server_default="0", nullable=False))
    removals = sa.Column("event_removals", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("accounts", removals)


def downgrade() -> None:
    """Back to the one before."""
    for column in ("event_removals", "last_event", "result_cache_seconds"):
        op.drop_column("accounts", column)

    op.drop_table("metric_versions")
    op.drop_table("metrics")
    with op.batch_alter_table("metric_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_metric_runs_metric")

    op.drop_table("metric_runs")
    op.drop_table("events")
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_tokens_account_id"))

    op.drop_table("access_tokens")
