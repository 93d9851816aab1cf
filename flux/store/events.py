"""Events: added in the order in which they are numbered, summed up by name, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, select, update

from flux.mistakes import TooLarge
from flux.schemas.events import Event
from flux.store.bulk import insert_rows
from flux.store.engine import reading, writing
from flux.store.tables import accounts, events

_COLUMNS = (
    "account_id", "number", "event_id", "happened_at", "user_id", "anonymous_id", "name", "properties",
    "uf_properties", "received_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """The events of one name: how many, and Unix milliseconds of the first and the last."""

    name: str
    count: int
    first: int
    last: int


def add_events(engine: Engine, account_id: int, sent: Sequence[Event], received_at: int, most: int) -> int:
    """Adds those whose id is not there yet, all in one transaction; how many. Raises TooLarge.

    The account's row is locked first, so senders wait for each other: numbers run without a gap and appear in
    their order, and two that send the same batch at once add it once.
    """
    with writing(engine) as connection:
        last, removed = _lock(connection, account_id)
        fresh = _without_known(connection, account_id, sent)
        held = last - removed
        if held + len(fresh) > most:
            raise TooLarge(
                f"The account has {held:,} events: with {len(fresh):,} more it would have over {most:,}, the "
                f"most that are kept (FLUX_MAX_EVENTS). Nothing was taken in. `flux event delete` removes "
                f"old ones.",
                value=f"{held + len(fresh)}",
                constraint=f"at most {most} events",
            )
        rows = [
            (account_id, number, e.event_id, e.happened_at, e.user_id, e.anonymous_id, e.name, e.properties,
             e.uf_properties, received_at)
            for number, e in enumerate(fresh, last + 1)
        ]  # fmt: skip
        if rows:
            insert_rows(connection, events, _COLUMNS, rows, lambda _: None)
            _change(connection, account_id, accounts.c.last_event, len(rows))
    return len(rows)


def delete_events(
    engine: Engine,
    account_id: int,
    before: date | None = None,
    user_id: str | None = None,
    anonymous_id: str | None = None,
) -> int:
    """Deletes the account's events of before that day (UTC), of that user, or of that visitor; how many."""
    chosen: list[ColumnElement[bool]] = []
    if before is not None:
        chosen.append(events.c.happened_at < (before - date(1970, 1, 1)).days * 86_400_000)
    if user_id is not None:
        chosen.append(events.c.user_id == user_id)
    if anonymous_id is not None:
        chosen.append(events.c.anonymous_id == anonymous_id)
    if not chosen:
        return 0
    with writing(engine) as connection:
        _lock(connection, account_id)
        gone = connection.execute(delete(events).where(events.c.account_id == account_id, *chosen)).rowcount
        if gone:
            _change(connection, account_id, accounts.c.event_removals, gone)
    return gone


def list_events(engine: Engine, account_id: int) -> list[Summary]:
    """The account's events by name, the most frequent first."""
    at, count = events.c.happened_at, func.count()
    statement = select(events.c.name, count, func.min(at), func.max(at)).group_by(events.c.name)
    statement = statement.where(events.c.account_id == account_id).order_by(count.desc(), events.c.name)
    with reading(engine) as connection:
        return [Summary(*row) for row in connection.execute(statement)]


def _lock(connection: Connection, account_id: int) -> tuple[int, int]:
    """Makes others wait until the end of the transaction; the newest number, and how many were deleted."""
    row = connection.execute(
        select(accounts.c.last_event, accounts.c.event_removals)
        .where(accounts.c.account_id == account_id)
        .with_for_update(key_share=True)  # rows that only refer to the account go on being added
    ).one()
    return row.last_event, row.event_removals


def _without_known(connection: Connection, account_id: int, sent: Sequence[Event]) -> list[Event]:
    """Those whose id is neither there yet nor on one further ahead in what was sent."""
    ids = {event.event_id for event in sent if event.event_id is not None}
    known: set[str | None] = set()
    if ids:
        statement = select(events.c.event_id).where(
            events.c.account_id == account_id, events.c.event_id.in_(sorted(ids))
        )
        known = set(connection.scalars(statement))
    fresh = []
    for event in sent:
        if event.event_id is None or event.event_id not in known:
            known.add(event.event_id)
            fresh.append(event)
    return fresh


def _change(connection: Connection, account_id: int, column: ColumnElement[int], by: int) -> None:
    values = {column: column + by}
    connection.execute(update(accounts).where(accounts.c.account_id == account_id).values(values))
