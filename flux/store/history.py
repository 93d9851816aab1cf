"""What was imported before: the records that every import leaves."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from flux.mistakes import NotFound
from flux.store.engine import reading
from flux.store.tables import imports, profiles


@dataclass(frozen=True, slots=True)
class PastImport:
    """One import: what file went into which profile, and what became of it; instants in Unix seconds."""

    id: int
    profile_id: int
    profile_name: str
    file_name: str
    status: str  # done, failed
    report: dict[str, Any]
    created_at: int


_COLUMNS = (
    imports.c.id,
    imports.c.profile_id,
    profiles.c.name,
    imports.c.file_name,
    imports.c.status,
    imports.c.report,
    imports.c.created_at,
)
_JOINED = imports.join(
    profiles, (profiles.c.account_id == imports.c.account_id) & (profiles.c.id == imports.c.profile_id)
)


def list_imports(engine: Engine, account_id: int, limit: int = 50) -> list[PastImport]:
    """The account's latest imports, newest first."""
    statement = select(*_COLUMNS).select_from(_JOINED).where(imports.c.account_id == account_id)
    with reading(engine) as connection:
        return [
            _past(row) for row in connection.execute(statement.order_by(imports.c.id.desc()).limit(limit))
        ]


def find_import(engine: Engine, account_id: int, import_id: int) -> PastImport:
    """One of the account's imports. Raises NotFound."""
    chosen = (imports.c.account_id == account_id) & (imports.c.id == import_id)
    with reading(engine) as connection:
        row = connection.execute(select(*_COLUMNS).select_from(_JOINED).where(chosen)).first()
    if row is None:
        raise NotFound("There is no such import.")
    return _past(row)


def _past(row: Any) -> PastImport:
    id, profile_id, profile_name, file_name, status, report, created_at = row
    report = json.loads(report) if isinstance(report, str) else report or {}
    return PastImport(id, profile_id, profile_name, file_name, status, report, created_at)
