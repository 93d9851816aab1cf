"""The tables, portable between SQLite and PostgreSQL and ready to be sharded by account.

Rules: a tenant table's primary key, unique keys and foreign keys begin with `account_id`, so that the
database itself refuses a reference to another account's row. What is looked up before the account is known is
in `shared_tables`.

Instants are Unix seconds (UTC), days are ISO text (`2026-11-21`). Counts are nullable: unknown is not 0.
"""

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

from flux.store.metric_tables import events, metric_runs, metric_versions, metrics
from flux.store.project_tables import (
    analyses,
    data_sources,
    first_answers,
    project_profiles,
    projects,
    source_rows,
)
from flux.store.search_tables import search_posts, search_profiles
from flux.store.shared_tables import (
    access_tokens,
    api_keys,
    instant,
    jobs,
    metadata,
    plans,
    sessions,
    setup_tokens,
    users,
)

__all__ = [
    "access_tokens",
    "accounts",
    "analyses",
    "api_keys",
    "daily_activity",
    "data_sources",
    "events",
    "first_answers",
    "imports",
    "jobs",
    "metadata",
    "metric_runs",
    "metric_versions",
    "metrics",
    "plans",
    "post_snapshots",
    "posts",
    "profiles",
    "project_profiles",
    "projects",
    "search_posts",
    "search_profiles",
    "sessions",
    "setup_tokens",
    "source_rows",
    "users",
]

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("plan", String(40), nullable=False),
    Column("rate_limit_per_hour", Integer, nullable=True),  # the account's own, instead of the plan's
    Column("rate_limit_per_minute", Integer, nullable=True),
    Column("result_cache_seconds", Integer, nullable=True),  # the account's own, instead of the setting's
    Column("last_event", BigInteger, nullable=False, server_default="0"),  # the number of its newest event
    Column("event_removals", BigInteger, nullable=False, server_default="0"),  # how many were deleted
    instant("created_at"),
)

profiles = Table(
    "profiles",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("url", Text, nullable=True),
    Column("timezone", String(64), nullable=True),  # None: UTC
    Column("version", BigInteger, nullable=False),  # raised in the transaction that changes what it serves
    instant("updated_at"),
    instant("first_post_at", nullable=True),
    Column("first_day", String(10), nullable=True),  # of daily_activity
    instant("created_at"),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
)

_PROFILE_OF_ACCOUNT = ["profiles.account_id", "profiles.id"]

posts = Table(
    "posts",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("urn", String(200), nullable=False),  # what the feeds call post_id
    Column("alias", String(200), nullable=True),  # the same post's other URN (activity against share)
    Column("url", Text, nullable=True),
    instant("published_at"),
    Column(
        "time_known", Boolean, nullable=False
    ),  # False: only the day is known; published_at is 10:30 UTC of it
    Column("text", Text, nullable=True),
    Column("hashtags", Text, nullable=True),  # space-separated, with #
    Column("format", String(10), nullable=True),
    Column("length", Integer, nullable=True),  # characters; None where the text is unknown
    Column("likes", Integer, nullable=True),
    Column("comments", Integer, nullable=True),
    Column("shares", Integer, nullable=True),
    Column("engagement", Integer, nullable=True),
    Column("impressions", BigInteger, nullable=True),
    instant("counts_read_at", nullable=True),  # when the counts behind `engagement` were read
    # When the file behind each fact was read: of two files that both know, the newer one is believed.
    instant("time_read_at", nullable=True),
    instant("text_read_at", nullable=True),
    instant("format_read_at", nullable=True),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "profile_id"], _PROFILE_OF_ACCOUNT, ondelete="CASCADE"),
    UniqueConstraint("account_id", "profile_id", "urn"),
)

# Holds every column that trends, overview, breakdown and the model of engagement read: they never touch the
# table itself.
Index(
    "ix_posts_measures",
    posts.c.account_id,
    posts.c.profile_id,
    posts.c.published_at,
    posts.c.time_known,
    posts.c.format,
    posts.c.length,
    posts.c.likes,
    posts.c.comments,
    posts.c.shares,
    posts.c.engagement,
    posts.c.counts_read_at,
    posts.c.id,
)

# What each file said of a post's counts. Values of one window never add to another's.
post_snapshots = Table(
    "post_snapshots",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("post_id", BigInteger, nullable=False),
    Column("source", String(20), nullable=False),  # an importer's id
    Column("window_start", BigInteger, nullable=False),  # 0: since publication
    instant("read_at"),  # the end of the window, or the moment of the import
    Column("likes", Integer, nullable=True),
    Column("comments", Integer, nullable=True),
    Column("shares", Integer, nullable=True),
    Column("engagement", Integer, nullable=True),  # the source's own total
    Column("impressions", BigInteger, nullable=True),
    PrimaryKeyConstraint("account_id", "post_id", "source", "window_start", "read_at"),
    ForeignKeyConstraint(["account_id", "post_id"], ["posts.account_id", "posts.id"], ondelete="CASCADE"),
)

daily_activity = Table(
    "daily_activity",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("day", String(10), nullable=False),
    Column("impressions", BigInteger, nullable=True),
    Column("engagements", BigInteger, nullable=True),
    Column("activity_read_at", BigInteger, nullable=True),  # end of the window that told the two above
    Column("new_followers", BigInteger, nullable=True),
    Column("followers", BigInteger, nullable=True),
    Column("followers_read_at", BigInteger, nullable=True),
    PrimaryKeyConstraint("account_id", "profile_id", "day"),
    ForeignKeyConstraint(["account_id", "profile_id"], _PROFILE_OF_ACCOUNT, ondelete="CASCADE"),
)

imports = Table(
    "imports",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("status", String(10), nullable=False),  # running, done, failed
    Column("report", JSON, nullable=True),
    instant("created_at"),
    instant("read_at"),  # the reading time for counts that carry none: of the first import of these bytes
    instant("finished_at", nullable=True),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "profile_id"], _PROFILE_OF_ACCOUNT, ondelete="CASCADE"),
    Index("ix_imports_file", "account_id", "profile_id", "sha256"),
)
