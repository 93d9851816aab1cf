"""The index of posts' words, brought up to date when somebody searches after the data has moved.

Not in the import's transaction: indexing a post takes longer than importing it. Whether a profile's data
moved is told by its version; which of its posts by a digest of their text, so an import that only brings new
counts leaves the index as it is. The work is done in short transactions, each under the lock that an import
takes as well, and is noted last: whoever is killed has left nothing that the next search does not complete,
and two at work do nothing that the other would not.
"""

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from flux.store.bulk import insert_rows
from flux.store.engine import reading, turn, writing
from flux.store.imports import find_zone
from flux.store.read.measures import run
from flux.store.search_tables import NUMBER_BITS, numbered, search_posts
from flux.store.search_words import words

CHUNK = 2_000  # posts of one transaction: a quarter of a second

_MOVED = (
    "SELECT p.id, p.version FROM profiles p LEFT JOIN search_profiles s"
    " ON s.account_id = p.account_id AND s.profile_id = p.id"
    " WHERE p.account_id = ? AND (s.version IS NULL OR s.version <> p.version) ORDER BY p.id"
)
_POSTS = "SELECT id, published_at, text FROM posts WHERE account_id = ? AND profile_id = ? AND text <> ''"
_INDEXED = "SELECT post_id, number, digest FROM search_posts WHERE account_id = ? AND profile_id = ?"
_NOTE = (
    "INSERT INTO search_profiles (account_id, profile_id, version) VALUES (?, ?, ?)"
    " ON CONFLICT (account_id, profile_id) DO UPDATE SET version = excluded.version"
)
_FTS5 = "INSERT INTO search_words (rowid, scope, words) VALUES (?, ?, ?)"
_COLUMNS = ("account_id", "post_id", "profile_id", "number", "digest", "words")


def refresh(engine: Engine, account_id: int, profiles: Sequence[int] | None = None) -> int:
    """Indexes what changed in these profiles (internal ids; None: the account's) since it was last done.

    Gives the number of posts that were indexed. Where nothing moved it is one statement.
    """
    with reading(engine) as connection:
        moved = [tuple(row) for row in run(connection, _MOVED, (account_id,))]
    return sum(
        _catch_up(engine, account_id, profile_id, version)
        for profile_id, version in moved
        if profiles is None or profile_id in profiles
    )


def _catch_up(engine: Engine, account_id: int, profile_id: int, version: int) -> int:
    with turn(engine), reading(engine) as connection:
        connection.execution_options(stream_results=True, max_row_buffer=CHUNK)
        stale = _stale(connection, account_id, profile_id)
    for start in range(0, len(stale), CHUNK):
        with writing(engine) as connection:
            if find_zone(connection, account_id, profile_id, lock=True) is None:
                return start  # the profile is gone, and its index with it
            _index(connection, account_id, profile_id, stale[start : start + CHUNK])
    with writing(engine) as connection:
        if find_zone(connection, account_id, profile_id, lock=True) is not None:
            run(connection, _NOTE, (account_id, profile_id, version))
    return len(stale)


def _stale(
    connection: Connection, account_id: int, profile_id: int, among: Sequence[int] | None = None
) -> list[int]:
    """The profile's posts whose text or moment is not, or no longer, what is indexed, by id."""
    owner, marks = (account_id, profile_id, *(among or ())), ",".join("?" * len(among or ()))
    posts = run(connection, _POSTS + (f" AND id IN ({marks})" if marks else ""), owner)
    now = {id: (numbered(moment), digest(text)) for id, moment, text in posts}
    indexed = run(connection, _INDEXED + (f" AND post_id IN ({marks})" if marks else ""), owner)
    then = {id: (number >> NUMBER_BITS << NUMBER_BITS, was) for id, number, was in indexed}
    return sorted(id for id in now.keys() | then.keys() if now.get(id) != then.get(id))


def _index(connection: Connection, account_id: int, profile_id: int, ids: Sequence[int]) -> None:
    """Puts the index right for these posts, unless somebody did so meanwhile."""
    stale = _stale(connection, account_id, profile_id, ids)
    if not stale:
        return
    marks, owner = ",".join("?" * len(stale)), (account_id, profile_id)
    where = f"account_id = ? AND profile_id = ? AND post_id IN ({marks})"
    run(connection, f"DELETE FROM search_posts WHERE {where}", (*owner, *stale))
    found = run(
        connection, f"{_POSTS} AND id IN ({marks}) ORDER BY published_at", (*owner, *stale)
    ).fetchall()
    write = _sqlite_words if connection.dialect.name == "sqlite" else _tsvector
    numbers = _numbers(connection, [(id, moment) for id, moment, _ in found])
    rows = [
        (account_id, id, profile_id, number, digest(text), write(words(text), account_id, profile_id))
        for (id, _, text), number in zip(found, numbers, strict=True)
    ]
    insert_rows(connection, search_posts, _COLUMNS, rows, lambda _: None)
    if rows and connection.dialect.name == "sqlite":
        scope = f"a{account_id} p{profile_id}"
        connection.exec_driver_sql(
            _FTS5, [(number, scope, row[-1]) for number, row in zip(numbers, rows, strict=True)]
        )


def digest(text: str) -> int:
    """64 bits that tell whether a text is still the same."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


def _numbers(connection: Connection, posts: Sequence[tuple[int, int]]) -> list[int]:
    """A number for each (id, moment), in order of time and mostly of id.

    On SQLite it is the key of an index that all accounts share: what is taken is drawn by lot instead.
    """
    drawn = [numbered(moment) | id & ((1 << NUMBER_BITS) - 1) for id, moment in posts]
    if connection.dialect.name != "sqlite" or not drawn:
        return drawn
    taken = f"SELECT 1 FROM search_words_docsize WHERE id IN ({','.join('?' * len(drawn))})"
    while len(set(drawn)) < len(drawn) or run(connection, taken, drawn).first() is not None:
        drawn = [numbered(moment) | secrets.randbits(NUMBER_BITS) for _, moment in posts]
    return drawn


def _sqlite_words(found: Sequence[str], _account_id: int, _profile_id: int) -> str:
    return " ".join(found)


def _tsvector(found: Sequence[str], account_id: int, profile_id: int) -> str:
    """PostgreSQL's own spelling: each word with its places, and whose post it is, as no word can be spelt."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(found, 1):
        places.setdefault(word, []).append(str(place))
    told = [f"'{word}':{','.join(at)}" for word, at in places.items()]
    return " ".join([f"'/a{account_id}'", f"'/p{profile_id}'", *told])
