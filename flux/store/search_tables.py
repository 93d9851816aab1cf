"""The tables of the search, and what each database keeps beside them: FTS5 on SQLite, GIN on PostgreSQL.

A row of `search_posts` is a post as it was when it was last indexed; `search_profiles` says which state of
a profile's data that was. On PostgreSQL their index needs no help. On SQLite it is a table, `search_words`,
that keeps no text of its own: whoever adds a row adds its words there as well, and a trigger takes out those
of rows that are deleted, be it with their profile. (A trigger that adds them takes five times as long: it
makes FTS5 write out each row by itself.)
"""

from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    event,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from flux.store.shared_tables import metadata

NUMBER_BITS = 31  # below the moment of publication in `search_posts.number`

search_profiles = Table(
    "search_profiles",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),  # of the profile's data that is indexed
    PrimaryKeyConstraint("account_id", "profile_id"),
    ForeignKeyConstraint(
        ["account_id", "profile_id"], ["profiles.account_id", "profiles.id"], ondelete="CASCADE"
    ),
)

search_posts = Table(
    "search_posts",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("post_id", BigInteger, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),  # moment << NUMBER_BITS | something: in order of time
    Column("digest", BigInteger, nullable=False),  # of the text that was indexed
    Column("words", Text().with_variant(TSVECTOR, "postgresql"), nullable=False),
    PrimaryKeyConstraint("account_id", "post_id"),
    ForeignKeyConstraint(["account_id", "post_id"], ["posts.account_id", "posts.id"], ondelete="CASCADE"),
    Index("ix_search_posts_number", "account_id", "number"),
    Index("ix_search_posts_profile", "account_id", "profile_id"),
)

_WORDS = ("search_words", "ix_search_posts_words")

# FTS5's `ascii` tokenizer parts at white space only here: words come folded, see `flux.store.search_words`.
_FTS5 = "CREATE VIRTUAL TABLE search_words USING fts5(scope, words, content='', tokenize='ascii')"
_REMOVED = (
    "CREATE TRIGGER search_posts_removed AFTER DELETE ON search_posts BEGIN"
    " INSERT INTO search_words (search_words, rowid, scope, words)"
    " VALUES ('delete', old.number, 'a' || old.account_id || ' p' || old.profile_id, old.words); END"
)
_GIN = "CREATE INDEX ix_search_posts_words ON search_posts USING gin (words)"
BESIDE = {"sqlite": (_FTS5, _REMOVED), "postgresql": (_GIN,)}


def is_declared(name: str | None, *_: Any) -> bool:
    """Whether the metadata speaks of this table or index; of what BESIDE makes it knows nothing."""
    return not (name or "").startswith(_WORDS)


def numbered(moment: int) -> int:
    """The lowest `number` of that moment (Unix seconds); what lies outside 1970 to 2106 is drawn in."""
    return min(max(moment, 0), (1 << 32) - 1) << NUMBER_BITS


for _database, _statements in BESIDE.items():
    for _statement in _statements:
        event.listen(search_posts, "after_create", DDL(_statement).execute_if(dialect=_database))  # type: ignore[no-untyped-call]
