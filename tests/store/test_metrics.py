"""Saved metrics and their history in the database."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event

from flux.ids import new_id
from flux.mistakes import Conflict, ResourceNotFound
from flux.schemas.metrics import MetricIn
from flux.store import metric_runs, metrics
from flux.store.accounts import keep_results
from flux.store.engine import writing
from flux.store.metric_runs import Run, list_runs, note_run
from flux.store.metrics import (
    change_metric,
    create_metric,
    delete_metric,
    find_metric,
    list_metrics,
    list_versions,
)
from tests.tenants import Tenant

COLUMNS = (("date", "date"), ("posts", "integer"))


def draft(name: str = "Posts by day", query: str = "SELECT 1", **more: Any) -> MetricIn:
    return MetricIn.model_validate({"name": name, "query": query, **more})


def run(**more: Any) -> Run:
    usual: dict[str, Any] = {
        "id": new_id(), "metric_id": None, "version": None, "query": "SELECT 1", "variables": {},
        "door": "api", "asked_by": "flux_env_…abcd mine", "status": "ok", "message": None,
        "rows": 1, "elapsed_ms": 3, "cached": False, "started_at": 1_767_268_800,
    }  # fmt: skip
    return Run(**usual | more)


def test_a_metric_is_kept_as_it_was_sent(engine: Engine, ada: Tenant) -> None:
    variable = {"name": "since", "type": "date", "default": "-90d", "choices": ["-90d", "-30d"]}
    sent = draft(variables=[variable], description="What is it?", open_to=["feed", "api", "feed"])
    made = create_metric(engine, ada.account_id, sent, COLUMNS, ada.user.id)
    found = find_metric(engine, ada.account_id, made.public_id)
    assert found == made
    assert (found.name, found.description, found.open_to) == ("Posts by day", "What is it?", ("feed", "api"))
    assert found.newest.columns == COLUMNS
    assert list(found.newest.variables) == sent.variables
    assert (found.newest.version, found.newest.created_by) == (1, ada.user.id)


def test_an_edit_makes_a_version_and_the_old_ones_stay(engine: Engine, ada: Tenant) -> None:
    made = create_metric(engine, ada.account_id, draft(), COLUMNS)
    second = change_metric(engine, made, draft(query="SELECT 2"), COLUMNS[:1], ada.user.id)
    named = change_metric(engine, second, draft("Another name", "SELECT 2", open_to=["api"]), None)
    assert (named.name, named.open_to, named.newest.version) == ("Another name", ("api",), 2)
    versions = list_versions(engine, named)
    assert [(v.version, v.query, len(v.columns)) for v in versions] == [
        (2, "SELECT 2", 1),
        (1, "SELECT 1", 2),
    ]


def test_a_name_is_given_once_in_an_account(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    made = create_metric(engine, ada.account_id, draft(), COLUMNS)
    create_metric(engine, bob.account_id, draft(), COLUMNS)
    with pytest.raises(Conflict, match="choose another name"):
        create_metric(engine, ada.account_id, draft(" posts BY day "), COLUMNS)
    change_metric(engine, made, draft("posts by DAY"), None)
    other = create_metric(engine, ada.account_id, draft("Other"), COLUMNS)
    with pytest.raises(Conflict):
        change_metric(engine, other, draft(), None)


def test_two_who_save_at_once_do_not_both_get_the_name(engine: Engine, ada: Tenant) -> None:
    outcomes: list[str] = []

    def save() -> None:
        try:
            create_metric(engine, ada.account_id, draft(), COLUMNS)
            outcomes.append("made")
        except Conflict:
            outcomes.append("there")

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "there", "there", "there"]


def test_there_is_a_most_of_metrics(engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST", 2)
    for name in "ab":
        create_metric(engine, ada.account_id, draft(name), COLUMNS)
    with pytest.raises(Conflict, match="at most 2"):
        create_metric(engine, ada.account_id, draft("c"), COLUMNS)


def test_another_accounts_metric_is_none(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    made = create_metric(engine, ada.account_id, draft(), COLUMNS)
    assert list_metrics(engine, bob.account_id) == []
    for text in (made.public_id, "met_0Aq3kQ9ZxYb", "met_", "proj_00000000000", "", "met_' OR 1=1 --"):
        with pytest.raises(ResourceNotFound):
            find_metric(engine, bob.account_id, text)
    with pytest.raises(ResourceNotFound):
        change_metric(engine, replace(made, account_id=bob.account_id), draft("Taken"), None)
    delete_metric(engine, replace(made, account_id=bob.account_id))
    assert find_metric(engine, ada.account_id, made.public_id).name == made.name


def test_a_deleted_metric_leaves_its_runs(engine: Engine, ada: Tenant) -> None:
    made = create_metric(engine, ada.account_id, draft(), COLUMNS)
    note_run(engine, ada.account_id, run(metric_id=made.id, version=1))
    delete_metric(engine, made)
    assert list_metrics(engine, ada.account_id) == []
    assert list_versions(engine, made) == []
    assert [r.metric_id for r in list_runs(engine, ada.account_id)] == [made.id]


def test_metrics_are_listed_by_name_with_the_accounts_own_seconds(engine: Engine, ada: Tenant) -> None:
    for name in ("beta", "Alpha", "Ärger", "gamma"):
        create_metric(engine, ada.account_id, draft(name), COLUMNS)
    keep_results(engine, ada.account_id, 900)
    found = list_metrics(engine, ada.account_id)
    assert [m.name for m in found] == ["Alpha", "beta", "gamma", "Ärger"]
    assert {m.cache_seconds for m in found} == {900}


def test_a_run_is_noted_as_it_was(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    noted = run(variables={"since": "2026-01-01", "tags": ["a", 1]}, status="invalid_query", message="No.")
    note_run(engine, ada.account_id, noted)
    note_run(engine, ada.account_id, run(metric_id=7, version=2, cached=True))
    assert list_runs(engine, ada.account_id)[1] == noted
    assert [r.version for r in list_runs(engine, ada.account_id, metric_id=7)] == [2]
    assert len(list_runs(engine, ada.account_id, limit=1)) == 1
    assert list_runs(engine, bob.account_id) == []


def test_the_newest_runs_of_an_account_are_kept(
    engine: Engine, ada: Tenant, bob: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_runs, "_FORGET", metric_runs._FORGET.replace(str(metric_runs.KEPT), "3"))
    note_run(engine, bob.account_id, run())
    ids = [new_id() for _ in range(5)]
    for id in ids:
        note_run(engine, ada.account_id, run(id=id))
    assert [r.id for r in list_runs(engine, ada.account_id)] == ids[:1:-1]
    assert len(list_runs(engine, bob.account_id)) == 1


@pytest.mark.parametrize("text", ["SELECT '\0'", "SELECT '\ud800'", "SELECT '" + "x" * 100_000 + "'"])
def test_whatever_was_asked_can_be_noted(engine: Engine, ada: Tenant, text: str) -> None:
    note_run(engine, ada.account_id, run(query=text, variables={"x": text}, message=text))
    (noted,) = list_runs(engine, ada.account_id)
    assert noted.query.startswith("SELECT '")
    assert len(noted.query) <= metric_runs.MOST_TEXT
    noted.query.encode()


def test_a_busy_database_leaves_a_run_out_and_nobody_waits(engine: Engine, ada: Tenant) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM metric_runs")
        if engine.dialect.name != "sqlite":
            connection.exec_driver_sql("LOCK TABLE metric_runs IN ACCESS EXCLUSIVE MODE")
        note_run(engine, ada.account_id, run())
    assert list_runs(engine, ada.account_id) == []
    note_run(engine, ada.account_id, run())
    assert len(list_runs(engine, ada.account_id)) == 1


def test_an_account_that_is_gone_leaves_a_run_out(engine: Engine) -> None:
    note_run(engine, 12345, run())


def test_a_connection_is_given_back_as_it_was(engine: Engine, ada: Tenant) -> None:
    note_run(engine, ada.account_id, run())
    seen: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def look(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
        else:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"
    assert seen
