"""Links: keys that open one feed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """To this revision."""
    # No batch: it would make the table of all keys anew.
    op.add_column("api_keys", sa.Column("feed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Back to the one before."""
    # A link without its feed would be a key without a limit that nobody could list as one.
    op.execute("DELETE FROM api_keys WHERE kind = 'link'")
    op.drop_column("api_keys", "feed")
