"""Questions: cached by what is asked of which data, run within the account, noted, saved."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux import questions
from flux.extensions import cache
from flux.mistakes import Conflict, InvalidParameter, InvalidQuery, NotAllowed, RateLimited
from flux.questions import Question, Result, ask, save_metric
from flux.sandbox.slots import slot
from flux.store.accounts import keep_results
from flux.store.metric_runs import list_runs
from flux.store.metrics import find_metric, list_metrics, list_versions
from flux.store.profiles import change_profile
from tests.asking import draft, make_event, make_metric, make_post
from tests.tenants import Tenant

POSTS = "SELECT count(*) AS posts FROM posts"
EVENTS = "SELECT count(*) AS events FROM eventsTable"
SINCE = {"name": "since", "type": "date", "default": "2020-01-01"}


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def put(tenant: Tenant, text: str = POSTS, variables: dict[str, Any] | None = None, **more: Any) -> Result:
    return ask(Question(tenant.account_id, text, variables or {}, "page", tenant.user.email, **more))


def test_the_same_question_is_answered_from_the_cache(engine: Engine, ada: Tenant) -> None:
    make_post(engine, ada)
    first, second = put(ada), put(ada)
    assert (first.cached, second.cached) == (False, True)
    assert first.rows == second.rows == [[1]]
    assert (second.columns, second.tables, second.state, second.elapsed_ms, second.truncated) == (
        (("posts", "integer"),), ("posts",), first.state, first.elapsed_ms, False,
    )  # fmt: skip


def test_new_data_show_at_once(engine: Engine, ada: Tenant) -> None:
    assert [put(ada).rows, put(ada, EVENTS).rows] == [[[0]], [[0]]]
    make_post(engine, ada)
    assert (put(ada).rows, put(ada).cached) == ([[1]], True)
    make_event(engine, ada)
    assert (put(ada, EVENTS).rows, put(ada, EVENTS).cached) == ([[1]], True)
    change_profile(engine, ada.account_id, ada.profile.id, name="Augusta")
    assert put(ada, "SELECT name FROM profiles").rows == [["Augusta"]]


def test_other_values_or_another_text_are_another_question(engine: Engine, ada: Tenant) -> None:
    make_post(engine, ada)
    text = "SELECT @{x} AS x"
    assert [put(ada, text, {"x": x}).cached for x in (1, 2, "1", 1.0, [1], None)] == [False] * 6
    assert [put(ada, text, {"x": x}).rows for x in (1, 2, "1")] == [[[1]], [[2]], [["1"]]]
    assert not put(ada, text + " ", {"x": 1}).cached


def test_another_account_never_gets_an_answer(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    make_post(engine, ada)
    assert put(ada).rows == [[1]]
    found = put(bob)
    assert (found.rows, found.cached) == ([[0]], False)
    assert list_runs(engine, bob.account_id)[0].asked_by == bob.user.email
    assert len(list_runs(engine, ada.account_id)) == 1


def test_what_reads_the_clock_is_kept_for_a_window_only(
    engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, now = "SELECT datetime('now') AS now", [1_800_000_000.0]
    monkeypatch.setattr(questions.time, "time", lambda: now[0])
    put(ada, text)
    put(ada)
    now[0] += 299
    assert put(ada, text).cached
    now[0] += 1
    assert not put(ada, text).cached
    assert put(ada).cached


def test_an_account_may_keep_results_for_longer_and_never_for_less(
    app: Flask, engine: Engine, ada: Tenant
) -> None:
    question = Question(ada.account_id, POSTS, {}, "page", "")
    assert questions.seconds_kept(question) == 300
    app.config["FLUX_RESULT_CACHE_SECONDS"] = "20"
    assert questions.seconds_kept(question) == 300
    keep_results(engine, ada.account_id, 3_600)
    assert questions.seconds_kept(question) == 3_600
    metric = make_metric(engine, ada, POSTS)
    assert questions.seconds_kept(Question(ada.account_id, POSTS, {}, "page", "", metric)) == 3_600


def test_a_large_answer_is_not_kept(app: Flask, ada: Tenant) -> None:
    app.config["FLUX_CACHE_BODY_KB"] = "1"
    text = "SELECT printf('%.*c', 2000, 'x') AS text"
    assert [put(ada, text).cached for _ in range(2)] == [False, False]


def test_an_account_that_asks_for_much_loses_its_own_answers_and_nobody_elses(
    app: Flask, ada: Tenant, bob: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache.cache, "most", 20_000)
    put(bob)
    for n in range(10):
        put(ada, f"SELECT printf('%.*c', 4000, 'x') AS text, {n} AS n")
    assert put(bob).cached
    assert put(ada, "SELECT printf('%.*c', 4000, 'x') AS text, 9 AS n").cached
    assert not put(ada, "SELECT printf('%.*c', 4000, 'x') AS text, 0 AS n").cached


def test_data_that_move_while_a_question_is_answered_are_seen(
    engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_post(engine, ada)
    real = questions.run_query

    def late(*given: Any, **more: Any) -> Any:
        make_post(engine, ada)
        return real(*given, **more)

    monkeypatch.setattr(questions, "run_query", late)
    first = put(ada)
    monkeypatch.undo()
    second = put(ada)
    assert first.rows == second.rows == [[2]]
    assert second.cached
    assert first.state == second.state


def test_every_question_is_noted_with_who_what_and_what_became_of_it(engine: Engine, ada: Tenant) -> None:
    metric = make_metric(engine, ada, POSTS)
    put(ada, POSTS, metric=metric)
    put(ada, POSTS, metric=metric)
    with pytest.raises(InvalidQuery):
        put(ada, "SELECT nothing FROM posts", {})
    with pytest.raises(InvalidQuery):
        put(ada, "SELECT '", {})
    told = [
        (r.metric_id, r.version, r.status, r.rows, r.cached, r.asked_by, r.door)
        for r in reversed(list_runs(engine, ada.account_id))
    ]
    usual = (ada.user.email, "page")
    assert told == [
        (metric.id, 1, "ok", 1, False, *usual),
        (metric.id, 1, "ok", 1, True, *usual),
        (None, None, "invalid_query", None, False, *usual),
        (None, None, "invalid_query", None, False, *usual),
    ]
    assert "nothing" in (list_runs(engine, ada.account_id)[1].message or "")


def test_a_second_question_at_once_is_refused_or_waits_and_is_never_noted_unrun(
    engine: Engine, ada: Tenant
) -> None:
    with slot(ada.account_id, 0), pytest.raises(RateLimited):
        put(ada)
    assert list_runs(engine, ada.account_id) == []
    held = threading.Event()
    release = threading.Event()

    def hold() -> None:
        with slot(ada.account_id, 0):
            held.set()
            release.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    threading.Timer(0.1, release.set).start()
    assert put(ada, patience=5.0).rows == [[0]]
    thread.join()


def test_a_metric_is_not_run_through_a_door_that_is_closed(engine: Engine, ada: Tenant) -> None:
    metric = make_metric(engine, ada, POSTS, open_to=["feed"])
    with pytest.raises(NotAllowed, match="not open to 'api'"):
        ask(Question(ada.account_id, POSTS, {}, "api", "key", metric))
    assert put(ada, metric=metric).rows == [[0]]


# --- saved ----------------------------------------------------------------------------------------


def save(tenant: Tenant, *given: Any, **more: Any) -> Any:
    return save_metric(tenant.account_id, tenant.user.id, tenant.user.email, *given, **more)


def test_a_metric_is_saved_with_the_columns_that_came_back(engine: Engine, ada: Tenant) -> None:
    make_post(engine, ada)
    text = "SELECT date, count(*) AS posts FROM posts WHERE date >= '@{since}' GROUP BY date"
    made = save(ada, draft(text, SINCE), {})
    assert made.newest.columns == (("date", "date"), ("posts", "integer"))
    assert find_metric(engine, ada.account_id, made.public_id) == made
    assert made.newest.created_by == ada.user.id


def test_a_metric_that_does_not_run_is_not_saved(engine: Engine, ada: Tenant) -> None:
    with pytest.raises(InvalidQuery, match="nothing"):
        save(ada, draft("SELECT nothing FROM posts"), {})
    with pytest.raises(InvalidQuery, match="not declared"):
        save(ada, draft("SELECT @{x}"), {})
    with pytest.raises(InvalidParameter, match="in the query"):
        save(ada, draft("SELECT 1", SINCE), {})
    with pytest.raises(InvalidParameter, match="YYYY-MM-DD"):
        save(ada, draft("SELECT @{since}", SINCE), {"since": "soon"})
    assert list_metrics(engine, ada.account_id) == []


def test_what_it_was_tried_with_becomes_the_example_of_what_has_none(ada: Tenant) -> None:
    needed = {"name": "tag", "required": True}
    made = save(ada, draft("SELECT @{tag}, @{since}", needed, SINCE), {"tag": "#flux", "since": "2026-01-01"})
    assert [v.example for v in made.newest.variables] == ["#flux", None]


def test_another_query_or_variable_is_a_new_version_another_name_is_none(engine: Engine, ada: Tenant) -> None:
    made = save(ada, draft("SELECT @{since} AS day", SINCE), {})
    named = save(ada, draft("SELECT @{since} AS day", SINCE, name="Other", open_to=[]), {}, metric=made)
    assert (named.newest.version, named.name, named.open_to) == (1, "Other", ())
    asked = save(ada, draft("SELECT @{since} AS since", SINCE, name="Other"), {}, metric=named)
    varied = save(
        ada, draft("SELECT @{since} AS since", SINCE | {"required": True}, name="Other"), {}, metric=asked
    )
    assert varied.newest.version == 3
    assert [v.columns[0][0] for v in list_versions(engine, varied)] == ["since", "since", "day"]


def test_a_broken_edit_leaves_the_metric_as_it_was(engine: Engine, ada: Tenant) -> None:
    made = save(ada, draft("SELECT 1 AS one"), {})
    with pytest.raises(InvalidQuery):
        save(ada, draft("SELECT one"), {}, metric=made)
    assert find_metric(engine, ada.account_id, made.public_id) == made


def test_a_name_that_is_there_is_refused(ada: Tenant) -> None:
    save(ada, draft("SELECT 1"), {})
    with pytest.raises(Conflict):
        save(ada, draft("SELECT 2"), {})
