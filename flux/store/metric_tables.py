"""The tables of the Metrics API: events, saved metrics, their runs. The rules of `flux.store.tables` hold."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from flux.store.shared_tables import instant, metadata

# Only ever added to: `number` counts within the account, and its newest is `accounts.last_event`.
events = Table(
    "events",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("event_id", String(200), nullable=True),  # the sender's own: the same one is taken in once
    Column("happened_at", BigInteger, nullable=False),  # Unix milliseconds
    Column("user_id", String(200), nullable=True),
    Column("anonymous_id", String(200), nullable=True),
    Column("name", String(200), nullable=False),
    Column("properties", Text, nullable=True),  # JSON as it is handed on: nothing in here ever looks into it
    Column("uf_properties", Text, nullable=True),
    instant("received_at"),
    PrimaryKeyConstraint("account_id", "number"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
    UniqueConstraint("account_id", "event_id"),
)

metrics = Table(
    "metrics",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=True),
    Column("version", Integer, nullable=False),  # the newest of its versions: the one that runs
    Column("open_to", JSON, nullable=False),  # doors through which it may be run: api, feed, agent
    instant("created_at"),
    instant("updated_at"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
)

# An edit makes a new version; none is ever changed.
metric_versions = Table(
    "metric_versions",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("metric_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),  # 1, 2, 3 …
    Column("query", Text, nullable=False),
    Column("variables", JSON, nullable=False),  # their declarations
    Column("columns", JSON, nullable=False),  # [{name, type}] as they came back when it was saved
    Column("created_by", BigInteger, nullable=True),  # a user
    instant("created_at"),
    PrimaryKeyConstraint("account_id", "metric_id", "version"),
    ForeignKeyConstraint(
        ["account_id", "metric_id"], ["metrics.account_id", "metrics.id"], ondelete="CASCADE"
    ),
)

metric_runs = Table(
    "metric_runs",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("metric_id", BigInteger, nullable=True),  # None: an ad hoc query; of a deleted one it stays
    Column("version", Integer, nullable=True),
    Column("query", Text, nullable=False),
    Column("variables", JSON, nullable=False),  # their values
    Column("door", String(10), nullable=False),  # page, api, feed, agent
    Column("asked_by", String(254), nullable=False),  # a user's address, or a key's hint
    Column("status", String(40), nullable=False),  # ok, or the code of the error
    Column("message", Text, nullable=True),
    Column("rows", Integer, nullable=True),
    Column("elapsed_ms", Integer, nullable=False),
    Column("cached", Boolean, nullable=False),
    instant("started_at"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
    Index("ix_metric_runs_metric", "account_id", "metric_id", "id"),
)
