"""Databases for tests, laid out once: a SQLite file is copied, a PostgreSQL database emptied and used again.

Making and dropping a database takes PostgreSQL some ten times as long as deleting a test's few rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2

from flux.ids import new_id
from flux.store.accounts import seed_plans
from flux.store.engine import open_engine
from flux.store.tables import metadata

# Deletes without a look at foreign keys; a large table is made anew, for dead rows slow down reading.
_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$
DECLARE found regclass;
BEGIN
  FOR found IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
    IF pg_relation_size(found) > 1000000 THEN
      EXECUTE format('TRUNCATE %s CASCADE', found);
    ELSE
      EXECUTE format('DELETE FROM %s', found);
    END IF;
  END LOOP;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
END $$;
INSERT INTO plans TABLE laid_out.plans
"""


def lay_out(url: str) -> None:
    """Makes the tables and the plans in an empty database."""
    engine = open_engine(url)
    metadata.create_all(engine)
    seed_plans(engine)
    engine.dispose()


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of a database without any table, dropped afterwards."""
    name = f"flux_{new_id()}"
    _run(f"{server}/postgres", f"CREATE DATABASE {name}")
    yield f"{server}/{name}"
    _run(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True, slots=True)
class Pool:
    """The laid-out databases of a PostgreSQL server that no test uses now, by URL."""

    server: str
    free: list[str] = field(default_factory=list)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database with tables and plans and nothing else."""
        url = self.free.pop() if self.free else self._make()
        yield url
        _run(url, _EMPTY)
        self.free.append(url)

    def _make(self) -> str:
        url = f"{self.server}/flux_{new_id()}"
        _run(f"{self.server}/postgres", f"CREATE DATABASE {url.rpartition('/')[2]}")
        lay_out(url)
        _run(url, "CREATE SCHEMA laid_out; CREATE TABLE laid_out.plans AS TABLE plans")
        return url


def _run(url: str, statement: str) -> None:
    """Outside a transaction, as CREATE DATABASE wants it."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
