"""The tables, portable between SQLite and PostgreSQL and ready to be sharded by account.

Rules: a tenant table's primary key, unique keys and foreign keys begin with `account_id`, so that the
database itself refuses a reference to another account's row. Log-ins, keys and sessions are looked up
before the account is known: they are global tables, and no foreign key joins the two worlds.

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
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _instant(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


# --- global ---------------------------------------------------------------------------------------

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
    _instant("created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", BigInteger, nullable=False, index=True),
    _instant("created_at"),
    _instant("expires_at"),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    _instant("created_at"),
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
    _instant("created_at"),
    _instant("expires_at", nullable=True),
    _instant("revoked_at", nullable=True),
    _instant("last_used_at", nullable=True),
    Column("last_used_as", String(200), nullable=True),  # the client's own name
    Column("replaced_by", BigInteger, nullable=True),
)

# --- per account ----------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("plan", String(40), nullable=False),
    Column("rate_limit_per_hour", Integer, nullable=True),  # the account's own, instead of the plan's
    Column("rate_limit_per_minute", Integer, nullable=True),
    _instant("created_at"),
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
    _instant("updated_at"),
    _instant("first_post_at", nullable=True),
    Column("first_day", String(10), nullable=True),  # of daily_activity
    _instant("created_at"),
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
    _instant("published_at"),
    Column(
        "time_known", Boolean, nullable=False
    ),  # False: only the day is known; published_at is noon UTC of it
    Column("text", Text, nullable=True),
    Column("hashtags", Text, nullable=True),  # space-separated, with #
    Column("format", String(10), nullable=True),
    Column("length", Integer, nullable=True),  # characters; None where the text is unknown
    Column("likes", Integer, nullable=True),
    Column("comments", Integer, nullable=True),
    Column("shares", Integer, nullable=True),
    Column("engagement", Integer, nullable=True),
    Column("impressions", BigInteger, nullable=True),
    _instant("counts_read_at", nullable=True),  # when the counts behind `engagement` were read
    # When the file behind each fact was read: of two files that both know, the newer one is believed.
    _instant("time_read_at", nullable=True),
    _instant("text_read_at", nullable=True),
    _instant("format_read_at", nullable=True),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "profile_id"], _PROFILE_OF_ACCOUNT, ondelete="CASCADE"),
    UniqueConstraint("account_id", "profile_id", "urn"),
)

# Holds every column that trends, overview and breakdown read: they never touch the table itself.
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
    _instant("read_at"),  # the end of the window, or the moment of the import
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
    _instant("created_at"),
    _instant("read_at"),  # the reading time for counts that carry none: of the first import of these bytes
    _instant("finished_at", nullable=True),
    PrimaryKeyConstraint("account_id", "id"),
    ForeignKeyConstraint(["account_id", "profile_id"], _PROFILE_OF_ACCOUNT, ondelete="CASCADE"),
    Index("ix_imports_file", "account_id", "profile_id", "sha256"),
)
