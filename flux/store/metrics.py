"""Saved metrics: name, description, the doors that are open to each, and its versions."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from flux.ids import internal_id, new_id, public_id
from flux.mistakes import Conflict, ResourceNotFound
from flux.schemas.base import written
from flux.schemas.metrics import MetricIn, Variable
from flux.store.engine import fetch, writing
from flux.store.tables import accounts, metric_versions, metrics

MOST = 500  # metrics of an account

Columns = tuple[tuple[str, str], ...]
"""Name and type of each column of an answer."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a metric asks, as it was saved once; the instant in Unix seconds."""

    version: int
    query: str
    variables: tuple[Variable, ...]
    columns: Columns  # as they came back when it was saved
    created_by: int | None  # a user
    created_at: int


@dataclass(frozen=True, slots=True)
class Metric:
    """A saved metric with the version that runs; instants in Unix seconds."""

    id: int
    account_id: int
    name: str
    description: str | None
    open_to: tuple[str, ...]  # api, feed, agent
    created_at: int
    updated_at: int
    newest: Version
    cache_seconds: int | None  # how long the account keeps results; None: as the setting says

    @property
    def public_id(self) -> str:
        """The id that users see."""
        return public_id("met", self.id)


_VERSION = "v.version, v.query, v.variables, v.columns, v.created_by, v.created_at"
_FIND = (
    "SELECT m.id, m.account_id, m.name, m.description, m.open_to, m.created_at, m.updated_at,"
    f" a.result_cache_seconds, {_VERSION} FROM metrics m"
    " JOIN metric_versions v ON v.account_id = m.account_id AND v.metric_id = m.id AND v.version = m.version"
    " JOIN accounts a ON a.account_id = m.account_id WHERE m.account_id = ?"
)
_ONE = f"{_FIND} AND m.id = ?"
_VERSIONS = (
    f"SELECT {_VERSION} FROM metric_versions v WHERE v.account_id = ? AND v.metric_id = ?"
    " ORDER BY v.version DESC"
)


def list_metrics(engine: Engine, account_id: int) -> list[Metric]:
    """The account's metrics by name."""
    found = [_metric(row) for row in fetch(engine, _FIND, (account_id,))]
    return sorted(found, key=lambda metric: (metric.name.casefold(), metric.id))


def find_metric(engine: Engine, account_id: int, public: str) -> Metric:
    """The account's metric of that public id, `met_…`: one indexed read. Raises ResourceNotFound."""
    number = internal_id("met", public)
    rows = [] if number is None else fetch(engine, _ONE, (account_id, number))
    if not rows:
        raise ResourceNotFound("metric", public)
    return _metric(rows[0])


def list_versions(engine: Engine, metric: Metric) -> list[Version]:
    """Every version of the metric, newest first."""
    return [_version(row) for row in fetch(engine, _VERSIONS, (metric.account_id, metric.id))]


def create_metric(
    engine: Engine, account_id: int, draft: MetricIn, columns: Columns, user_id: int | None = None
) -> Metric:
    """A new metric in its first version. Raises Conflict for a name there is, and beyond MOST metrics."""
    now, number = int(time.time()), new_id()
    with writing(engine) as connection:
        _check_name(connection, account_id, draft.name)
        connection.execute(
            insert(metrics).values(
                account_id=account_id, id=number, version=1, created_at=now, updated_at=now, **_head(draft)
            )
        )
        connection.execute(
            insert(metric_versions).values(_body(account_id, number, 1, draft, columns, user_id, now))
        )
    return find_metric(engine, account_id, public_id("met", number))


def change_metric(
    engine: Engine, metric: Metric, draft: MetricIn, columns: Columns | None, user_id: int | None = None
) -> Metric:
    """The metric as the draft has it, in a new version with these columns.

    With None only name, description and doors are set.
    Raises Conflict for another metric's name, ResourceNotFound for one that is gone.
    """
    now, chosen = int(time.time()), _is(metric)
    with writing(engine) as connection:
        _check_name(connection, metric.account_id, draft.name, metric.id)
        version = connection.scalar(select(metrics.c.version).where(chosen))
        if version is None:
            raise ResourceNotFound("metric", metric.public_id)
        if columns is not None:
            version += 1
            connection.execute(
                insert(metric_versions).values(
                    _body(metric.account_id, metric.id, version, draft, columns, user_id, now)
                )
            )
        connection.execute(
            update(metrics).where(chosen).values(version=version, updated_at=now, **_head(draft))
        )
    return find_metric(engine, metric.account_id, metric.public_id)


def delete_metric(engine: Engine, metric: Metric) -> None:
    """Removes the metric with all its versions; what is known of its runs stays."""
    with writing(engine) as connection:
        connection.execute(delete(metrics).where(_is(metric)))


def _check_name(connection: Connection, account_id: int, name: str, but: int | None = None) -> None:
    """Holds the account, so that two that save at once do not both find the name free."""
    connection.execute(
        select(accounts.c.account_id)
        .where(accounts.c.account_id == account_id)
        .with_for_update(key_share=True)
    )
    rows = connection.execute(select(metrics.c.id, metrics.c.name).where(metrics.c.account_id == account_id))
    others = {row.name.casefold() for row in rows if row.id != but}
    if name.strip().casefold() in others:
        raise Conflict(
            f"There is a metric '{name}' already: choose another name.", parameter="name", value=name
        )
    if but is None and len(others) >= MOST:
        raise Conflict(f"An account holds at most {MOST} metrics: delete one that is not used.")


def _head(draft: MetricIn) -> dict[str, Any]:
    return {
        "name": draft.name.strip(),
        "description": draft.description,
        "open_to": list(dict.fromkeys(draft.open_to)),
    }


def _body(
    account_id: int,
    metric_id: int,
    version: int,
    draft: MetricIn,
    columns: Columns,
    user_id: int | None,
    now: int,
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "metric_id": metric_id,
        "version": version,
        "query": draft.query,
        "variables": [written(variable) for variable in draft.variables],
        "columns": [{"name": name, "type": type} for name, type in columns],
        "created_by": user_id,
        "created_at": now,
    }


def _metric(row: Sequence[Any]) -> Metric:
    id, account_id, name, description, open_to, created_at, updated_at, seconds, *version = row
    doors = tuple(_read(open_to))
    return Metric(
        id, account_id, name, description, doors, created_at, updated_at, _version(version), seconds
    )


def _version(row: Sequence[Any]) -> Version:
    number, query, variables, columns, created_by, created_at = row
    declared = tuple(Variable.model_validate(variable) for variable in _read(variables))
    told = tuple((column["name"], column["type"]) for column in _read(columns))
    return Version(number, query, declared, told, created_by, created_at)


def _read(value: Any) -> Any:
    """JSON, which SQLite's driver hands over as text."""
    return json.loads(value) if isinstance(value, str) else value


def _is(metric: Metric) -> Any:
    return (metrics.c.account_id == metric.account_id) & (metrics.c.id == metric.id)
