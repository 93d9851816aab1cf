"""The versions of profiles' data, read in the transaction that reads the data."""

from collections.abc import Sequence

from sqlalchemy import Connection

from flux.store.read.measures import run


def read_versions(connection: Connection, account_id: int, profiles: Sequence[int]) -> dict[int, int]:
    """Version by profile id, of those of the profiles that are there."""
    if not profiles:
        return {}
    marks = ",".join("?" * len(profiles))
    sql = f"SELECT id, version FROM profiles WHERE account_id = ? AND id IN ({marks})"
    return dict(tuple(row) for row in run(connection, sql, (account_id, *profiles)))
