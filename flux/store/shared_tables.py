"""The tables that belong to no account: what is looked up before the account is known.

Log-ins, keys, sessions and jobs stay on one host where the others are spread; no foreign key joins the two
worlds.
Instants are Unix seconds (UTC).
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def instant(name: str, nullable: bool = False) -> Column[int]:
    """A column that holds a moment in Unix seconds."""
    return Column(name, BigInteger, nullable=nullable)


plans = Table(
    "plans",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("rate_limit_per_hour", Integer, nullable=False),
    Column("rate_limit_per_minute", Integer, nullable=False),
    Column("data_api", Boolean, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=True),
    instant("created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", BigInteger, nullable=False, index=True),
    instant("created_at"),
    instant("expires_at"),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    instant("created_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("name", String(100), nullable=False),
    Column("hint", String(20), nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("datasets", JSON, nullable=True),  # None: every dataset
    Column("profiles", JSON, nullable=True),  # None: every profile; else internal ids
    Column("allow", JSON, nullable=True),  # None: every address; else CIDR blocks
    Column("rate_limit_per_hour", Integer, nullable=True),
    Column("created_by", BigInteger, nullable=True),
    instant("created_at"),
    instant("expires_at", nullable=True),
    instant("revoked_at", nullable=True),
    instant("last_used_at", nullable=True),
    Column("last_used_as", String(200), nullable=True),  # the client's own name
    Column("replaced_by", BigInteger, nullable=True),
    Column("feed", Text, nullable=True),  # the one feed that a link opens: `overview?range=last_month`
)

# Opens the Metrics API for an hour, while both of the keys that it was given for are good.
access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("environment_key_id", BigInteger, nullable=False),
    Column("client_secret_id", BigInteger, nullable=False),
    instant("created_at"),
    instant("expires_at"),
)

# What is done behind a request. The row is the truth of a job; the queue only tells a worker to look at it.
jobs = Table(
    "jobs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # also that of what the job makes
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("status", String(10), nullable=False),  # queued, running, completed, failed
    Column("options", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    instant("beat_at"),  # the last sign of life; while queued, when it was put there
    Column("stage", String(20), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("message", Text, nullable=True),  # why it failed
    Column("details", JSON, nullable=True),
    instant("created_at"),
    instant("finished_at", nullable=True),
    Index("ix_jobs_beat", "status", "beat_at"),
)
