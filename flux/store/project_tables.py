"""The tables of the REST API: projects with what they group. The rules of `flux.store.tables` hold."""

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
)

from flux.store.shared_tables import instant, metadata

projects = Table(
    "projects",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=True),
    Column("industry", String(100), nullable=True),
    Column("every_profile", Boolean, nullable=False),  # False: those of project_profiles
    instant("created_at"),
    instant("updated_at"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
)

_PROJECT = ["projects.account_id", "projects.id"]

project_profiles = Table(
    "project_profiles",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("project_id", BigInteger, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "project_id", "profile_id"),
    ForeignKeyConstraint(["account_id", "project_id"], _PROJECT, ondelete="CASCADE"),
    ForeignKeyConstraint(
        ["account_id", "profile_id"], ["profiles.account_id", "profiles.id"], ondelete="CASCADE"
    ),
)

# Its status is that of the job with the same id; so is an analysis's.
data_sources = Table(
    "data_sources",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("project_id", BigInteger, nullable=False),
    Column("profile_id", BigInteger, nullable=True),  # where a LinkedIn export went; None for a table
    Column("name", String(255), nullable=False),
    Column("type", String(10), nullable=False),  # csv, json, xlsx, xls, zip
    Column("rows", Integer, nullable=True),
    Column("columns", JSON, nullable=True),  # [{name, type}]
    Column("importer", String(20), nullable=True),  # None for a table, and until the file is read
    Column("recognised", JSON, nullable=True),  # what was found, in words
    instant("created_at"),
    instant("updated_at"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "project_id"], _PROJECT, ondelete="CASCADE"),
    Index("ix_data_sources_project", "account_id", "project_id"),
)

source_rows = Table(
    "source_rows",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("data_source_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cells", JSON, nullable=False),  # in the order of the source's columns
    PrimaryKeyConstraint("account_id", "data_source_id", "number"),
    ForeignKeyConstraint(
        ["account_id", "data_source_id"], ["data_sources.account_id", "data_sources.id"], ondelete="CASCADE"
    ),
)

analyses = Table(
    "analyses",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("project_id", BigInteger, nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("result", JSON, nullable=True),
    instant("created_at"),
    instant("updated_at"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "project_id"], _PROJECT, ondelete="CASCADE"),
    Index("ix_analyses_project", "account_id", "project_id"),
)

# What a POST with an Idempotency-Key was answered, for a day.
first_answers = Table(
    "first_answers",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("key", String(255), nullable=False),
    Column("digest", String(64), nullable=False),  # of method, address and body
    Column("made", String(30), nullable=False),  # the id of what was made
    Column("body", Text, nullable=True),  # None until the answer is known
    instant("created_at"),
    PrimaryKeyConstraint("account_id", "key"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
)
