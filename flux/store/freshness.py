"""When what an account's SQL can read last changed."""

from sqlalchemy import Engine

from flux.store.engine import fetch

# The same data sources as the state of the data names: those that are read in full.
_UPDATED = (
    "SELECT max(moment) FROM (SELECT max(updated_at) AS moment FROM profiles WHERE account_id = ?"
    " UNION ALL SELECT e.received_at FROM accounts a"
    " JOIN events e ON e.account_id = a.account_id AND e.number = a.last_event WHERE a.account_id = ?"
    " UNION ALL SELECT max(s.updated_at) FROM data_sources s LEFT JOIN jobs ON jobs.id = s.id"
    " WHERE s.account_id = ? AND s.importer IS NULL AND s.rows IS NOT NULL"
    " AND coalesce(jobs.status, 'completed') = 'completed') AS moments"
)


def read_updated_at(engine: Engine, account_id: int) -> int | None:
    """The moment of the latest import, event or data source, in Unix seconds; None without any data."""
    moment: int | None = fetch(engine, _UPDATED, (account_id,) * 3)[0][0]
    return moment
