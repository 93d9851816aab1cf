"""Events in the table: numbered without a gap, in the order of their commits, whoever sends at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Engine, func, select

from flux.mistakes import TooLarge
from flux.schemas.events import Event
from flux.store.engine import fetch
from flux.store.events import add_events, delete_events, list_events
from flux.store.tables import accounts, events
from tests.tenants import Tenant

NOON = 1_767_268_800_000  # 2026-01-01 12:00 UTC
DAY = 86_400_000
MOST = 1_000_000


def make(name: str = "x", id: str | None = None, at: int = NOON, user: str | None = None) -> Event:
    return Event(id, at, user, None, name, '{"a":1}', None)


def numbers(engine: Engine, account_id: int) -> list[int]:
    statement = select(events.c.number).where(events.c.account_id == account_id).order_by(events.c.number)
    with engine.connect() as connection:
        return list(connection.scalars(statement))


def counters(engine: Engine, account_id: int) -> tuple[int, int]:
    """The number of the newest event, and how many were deleted."""
    statement = select(accounts.c.last_event, accounts.c.event_removals)
    with engine.connect() as connection:
        last, removals = connection.execute(statement.where(accounts.c.account_id == account_id)).one()
    return last, removals


def test_numbers_of_parallel_senders_have_no_gap_and_appear_in_order(engine: Engine, ada: Tenant) -> None:
    done = threading.Event()
    seen: list[tuple[int, int]] = []

    def watch() -> None:
        sql = "SELECT count(*), coalesce(max(number), 0) FROM events WHERE account_id = ?"
        while not done.is_set():
            seen.append(tuple(fetch(engine, sql, (ada.account_id,))[0]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda n: add_events(engine, ada.account_id, [make(f"n{n}")] * 5, 0, MOST), range(40))
        )
    done.set()
    watcher.join()
    assert made == [5] * 40
    assert numbers(engine, ada.account_id) == list(range(1, 201))
    assert counters(engine, ada.account_id) == (200, 0)
    assert len(seen) > 3 and all(count == newest for count, newest in seen), "a later one was seen first"


def test_of_senders_of_the_same_batch_one_adds_it(engine: Engine, ada: Tenant) -> None:
    batch = [make(id=f"e{i}") for i in range(50)]
    gate = threading.Barrier(6)

    def send(_: int) -> int:
        gate.wait()
        return add_events(engine, ada.account_id, batch, 0, MOST)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [0, 0, 0, 0, 0, 50]
    assert numbers(engine, ada.account_id) == list(range(1, 51))


def test_the_most_holds_for_parallel_senders(engine: Engine, ada: Tenant) -> None:
    def send(_: int) -> int:
        try:
            return add_events(engine, ada.account_id, [make()] * 4, 0, 10)
        except TooLarge:
            return 0

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(12))) == 8
    assert numbers(engine, ada.account_id) == list(range(1, 9))


def test_one_with_an_id_is_told_from_one_without(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    sent = [make("a"), make("b", "1"), make("c", "1"), make("d"), make("e", "2")]
    assert add_events(engine, ada.account_id, sent, 0, MOST) == 4
    assert add_events(engine, ada.account_id, sent, 0, MOST) == 2
    assert add_events(engine, ada.account_id, [make("b", "1")], 0, MOST) == 0
    assert add_events(engine, bob.account_id, [make("b", "1")], 0, MOST) == 1
    assert counters(engine, ada.account_id) == (6, 0)


def test_what_is_written_is_what_was_sent(engine: Engine, ada: Tenant) -> None:
    text = '{"a":"tab \\t, line \\n, back \\\\ slash, \\u0000, ü 🚀"}'
    sent = Event("e\\1\t", NOON, "\\N", "line\nbreak", "n\\", text, "{}")
    add_events(engine, ada.account_id, [sent], 7, MOST)
    with engine.connect() as connection:
        row = connection.execute(select(events)).one()
    assert tuple(row) == (ada.account_id, 1, "e\\1\t", NOON, "\\N", "line\nbreak", "n\\", text, "{}", 7)


def test_deleting_is_counted_and_leaves_the_numbers(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    sent = [make("old", at=NOON - DAY, user="u1"), make("new", user="u1"), make("new", user="u2")]
    for tenant in (ada, bob):
        add_events(engine, tenant.account_id, sent, 0, MOST)
    assert delete_events(engine, ada.account_id) == 0
    assert delete_events(engine, ada.account_id, before=date(2025, 12, 31)) == 0
    assert counters(engine, ada.account_id) == (3, 0)
    assert delete_events(engine, ada.account_id, before=date(2026, 1, 1)) == 1
    assert delete_events(engine, ada.account_id, user_id="u1") == 1
    assert counters(engine, ada.account_id) == (3, 2)
    add_events(engine, ada.account_id, [make()], 0, MOST)
    assert numbers(engine, ada.account_id) == [3, 4]
    assert numbers(engine, bob.account_id) == [1, 2, 3]
    assert counters(engine, bob.account_id) == (3, 0)


def test_choices_together_delete_what_fits_all(engine: Engine, ada: Tenant) -> None:
    sent = [Event(None, at, user, visitor, "x", None, None)
            for at in (NOON - DAY, NOON) for user in ("u", None) for visitor in ("a", None)]  # fmt: skip
    add_events(engine, ada.account_id, sent, 0, MOST)
    assert delete_events(engine, ada.account_id, date(2026, 1, 1), "u", "a") == 1
    assert delete_events(engine, ada.account_id, anonymous_id="a") == 3
    assert numbers(engine, ada.account_id) == [2, 4, 6, 8]


def test_a_list_sums_up_by_name(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    sent = [make("b", at=NOON), make("a", at=NOON + 5), make("a", at=NOON - DAY)]
    add_events(engine, ada.account_id, sent, 0, MOST)
    add_events(engine, bob.account_id, [make("theirs")], 0, MOST)
    found = [(s.name, s.count, s.first, s.last) for s in list_events(engine, ada.account_id)]
    assert found == [("a", 2, NOON - DAY, NOON + 5), ("b", 1, NOON, NOON)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_costs_a_handful_of_statements(engine: Engine, ada: Tenant) -> None:
    from sqlalchemy import event as hooks

    seen: list[str] = []
    hooks.listen(engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    add_events(engine, ada.account_id, [make(id=str(i)) for i in range(1000)], 0, MOST)
    assert [s.split()[0] for s in seen] == ["BEGIN", "SELECT", "SELECT", "INSERT", "UPDATE"]


def test_an_account_that_goes_takes_its_events_along(engine: Engine, ada: Tenant) -> None:
    add_events(engine, ada.account_id, [make()], 0, MOST)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM accounts WHERE account_id = {ada.account_id}")
        assert connection.scalar(select(func.count()).select_from(events)) == 0
