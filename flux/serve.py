"""THE HALL: a question asked and answered. Every door comes through here: HTTP, pages, CLI, agents."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from flux import formats
from flux.catalog import CATALOG
from flux.catalog.declare import Dataset
from flux.catalog.parse import asked_profiles, parse
from flux.catalog.query import Arguments, Profile, Query
from flux.catalog.ranges import Window
from flux.mistakes import DatasetNotFound, NotAllowed
from flux.release import RELEASE
from flux.store.engine import reading
from flux.store.profiles import find_profiles
from flux.store.read import READERS
from flux.store.read.posts import count_posts
from flux.store.read.versions import read_versions


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose data may be seen, and which of it; None: all of the account's."""

    account_id: int
    datasets: tuple[str, ...] | None = None
    profiles: tuple[int, ...] | None = None


class Moved(Exception):
    """The data changed between the question and the answer: ask again."""


def find_dataset(rights: Rights, name: str) -> Dataset:
    """The dataset of that name. Raises DatasetNotFound, and NotAllowed where the key is limited to others."""
    dataset = CATALOG.get(name)
    if dataset is None:
        raise DatasetNotFound(name[:50], list(CATALOG))
    if rights.datasets is not None and name not in rights.datasets:
        raise NotAllowed(
            "insufficient_permissions",
            f"This key may not read '{name}': it is limited to {', '.join(rights.datasets)}.",
            parameter="dataset",
            value=name,
        )
    return dataset


def ask(
    engine: Engine,
    rights: Rights,
    name: str,
    arguments: Arguments,
    written_as: str = "json",
    now: datetime | None = None,
    within: Window | None = None,
) -> Query:
    """The question, checked, with the versions of the data it is about. Reads no data. Raises a Mistake.

    `within`: the days that matter of the window asked for; a window that ends before it begins has none.
    """
    dataset = find_dataset(rights, name)
    profiles = find_profiles(engine, rights.account_id, asked_profiles(arguments), rights.profiles)
    return parse(dataset, arguments, profiles, now or datetime.now(UTC), written_as, within)


def fingerprint(rights: Rights, query: Query, encoding: str = "identity") -> str:
    """Names an answer's bytes: question, data's versions, release and representation. ETag and cache key.

    It holds the account and not the key: it survives a roll, and two accounts never share one.
    """
    parts = (RELEASE, rights.account_id, query.canonical(), query.writing, encoding)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


@contextmanager
def snapshot(engine: Engine, rights: Rights, query: Query) -> Iterator[Connection]:
    """One state of the data, the one that the question is about. Raises Moved."""
    with reading(engine) as connection:
        asked = {p.id: p.version for p in query.profiles}
        if read_versions(connection, rights.account_id, list(asked)) != asked:
            raise Moved
        yield connection


def rows(engine: Engine, rights: Rights, query: Query) -> Iterator[tuple[Any, ...]]:
    """The answer's rows, in the order of `query.columns()`, from one state of the data. Raises Moved."""
    with snapshot(engine, rights, query) as connection:
        yield from READERS[query.dataset.name](connection, rights.account_id, query)


def write(engine: Engine, rights: Rights, query: Query) -> Iterator[bytes]:
    """The answer as bytes, chunk by chunk. Raises Moved before the first."""
    found = rows(engine, rights, query)
    if query.writing.format == "csv":
        return formats.write_csv(query.columns(), found, query.writing)
    return formats.write_json(query.columns(), found, meta(query))


def has_more(engine: Engine, rights: Rights, query: Query) -> bool:
    """Whether posts follow the page that the query asks for. Raises Moved."""
    if query.limit is None:
        return False
    with snapshot(engine, rights, query) as connection:
        return count_posts(connection, rights.account_id, query) > query.offset + query.limit


def meta(query: Query) -> dict[str, Any]:
    """What was asked, every default told."""
    zones = {query.zone_of(p) for p in query.profiles} or {query.zone or "UTC"}
    told: dict[str, Any] = {
        "dataset": query.dataset.name,
        "from": query.window.first.isoformat(),
        "to": query.window.last.isoformat(),
        "timezone": zones.pop() if len(zones) == 1 else "each profile's own",
    }
    if query.dataset.granularities:
        told["granularity"] = query.granularity
    if query.dataset.param("by"):
        told["by"] = query.by
    if query.previous:
        told |= {
            "compare": "previous",
            "previous_from": query.previous.first.isoformat(),
            "previous_to": query.previous.last.isoformat(),
        }
    if query.dataset.param("limit"):
        told |= {"limit": query.limit, "offset": query.offset, "order": query.order}
    told["profiles"] = [p.public_id for p in query.profiles]
    updated = updated_at(query.profiles)
    told["data_updated_at"] = updated and f"{updated:%Y-%m-%dT%H:%M:%SZ}"
    return told


def updated_at(profiles: tuple[Profile, ...]) -> datetime | None:
    """When the data of any of the profiles last changed."""
    latest = max((p.updated_at for p in profiles), default=None)
    return None if latest is None else datetime.fromtimestamp(latest, UTC)
