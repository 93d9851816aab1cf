"""Imports in tests: a sample brought in, and everything that is stored afterwards."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine, select

from flux.importers.load import Report, load, take_in
from flux.importers.records import Extract, PostRecord
from flux.store.tables import daily_activity, post_snapshots, posts, profiles
from tests.importers.making import DATA
from tests.tenants import Tenant

MS = 1_700_000_000_000


def bring(engine: Engine, tenant: Tenant, name: str, **options: Any) -> Report:
    return load(engine, tenant.account_id, tenant.profile.id, DATA / name, name, **options)


def state(engine: Engine, tenant: Tenant) -> Any:
    """All that is stored for the tenant's profile, but the records of imports."""
    with engine.connect() as connection:
        tables = (posts, post_snapshots, daily_activity, profiles)
        return [
            sorted(map(repr, connection.execute(select(t).where(t.c.account_id == tenant.account_id))))
            for t in tables
        ]


def rows(engine: Engine, *columns: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(*columns)))


def post_rows(found: Iterable[PostRecord], **facts: Any) -> Extract:
    return Extract(facts.pop("source", "mapper"), (), tuple(found), **facts)


def add(engine: Engine, tenant: Tenant, found: Extract) -> Report:
    return take_in(engine, tenant.account_id, tenant.profile.id, found, "made")
