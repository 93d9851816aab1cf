"""What posts are found by: their words, with an index of each database's own kind."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "search_profiles",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "profile_id"],
            ["profiles.account_id", "profiles.id"],
            name=op.f("fk_search_profiles_profiles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "profile_id", name=op.f("pk_search_profiles")),
    )
    op.create_table(
        "search_posts",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "post_id"],
            ["posts.account_id", "posts.id"],
            name=op.f("fk_search_posts_posts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", name=op.f("pk_search_posts")),
    )
    with op.batch_alter_table("search_posts", schema=None) as batch_op:
        batch_op.create_index("ix_search_posts_number", ["account_id", "number"], unique=False)
        batch_op.create_index("ix_search_posts_profile", ["account_id", "profile_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _upgrade_sqlite()
    else:
        op.execute("CREATE INDEX ix_search_posts_words ON search_posts USING gin (words)")


def _upgrade_sqlite() -> None:
    op.execute("CREATE VIRTUAL TABLE search_words USING fts5(scope, words, content='', tokenize='ascii')")
    op.execute(
        "CREATE TRIGGER search_posts_removed AFTER DELETE ON search_posts BEGIN"
        " INSERT INTO search_words (search_words, rowid, scope, words)"
        " VALUES ('delete', old.number, 'a' || old.account_id || ' p' || old.profile_id, old.words); END"
    )


def downgrade() -> None:
    """To the revision before."""
    op.drop_table("search_posts")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    op.drop_table("search_profiles")
