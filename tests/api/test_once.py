"""Idempotency-Key: the same key and body make one thing and get one answer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, update

from flux import work
from flux.store.engine import writing
from flux.store.first_answers import forget
from flux.store.tables import first_answers
from tests.api.caller import SPEND, Caller
from tests.api.test_datasets import assert_error
from tests.tenants import Tenant

KEY = {"Idempotency-Key": "4f9c-1"}


def make(caller: Caller, body: Any, status: int = 201) -> Any:
    return caller.ask("POST", "/projects", status, json=body, headers=KEY)


def test_the_same_key_and_body_give_the_first_answer_again(writer: Caller) -> None:
    first = make(writer, {"name": "a", "industry": "retail"})
    writer.ask("PATCH", f"/projects/{first.get_json()['data']['id']}", json={"name": "b"})
    again = make(writer, {"industry": "retail", "name": "a"})
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    assert writer.get("/projects")["meta"]["total"] == 1


def test_another_body_with_the_same_key_is_a_conflict(writer: Caller) -> None:
    make(writer, {"name": "a"})
    error = assert_error(make(writer, {"name": "b"}, 409), "conflict")
    assert error["details"]["parameter"] == "Idempotency-Key"
    project = writer.get("/projects")["data"][0]["id"]
    elsewhere = f"/projects/{project}/analyses"
    writer.ask("POST", elsewhere, 409, json={"kind": "summary"}, headers=KEY)
    assert writer.get("/projects")["meta"]["total"] == 1
    assert writer.get(elsewhere)["meta"]["total"] == 0


def test_both_bases_share_a_key(writer: Caller) -> None:
    first = make(writer, {"name": "a"})
    assert make(Caller(writer.client, writer.key, "/api/v1"), {"name": "a"}).data == first.data


def test_a_mistake_uses_no_key_up(writer: Caller) -> None:
    make(writer, {"name": ""}, 400)
    make(writer, {"name": "a"})


def test_keys_of_two_accounts_never_meet(writer: Caller, stranger: Caller) -> None:
    mine, theirs = make(writer, {"name": "a"}), make(stranger, {"name": "a"})
    assert mine.get_json()["data"]["id"] != theirs.get_json()["data"]["id"]


def test_a_key_is_free_again_after_a_day(writer: Caller, engine: Engine) -> None:
    first = make(writer, {"name": "a"})
    with writing(engine) as connection:
        connection.execute(update(first_answers).values(created_at=first_answers.c.created_at - 86_401))
    assert make(writer, {"name": "b"}).data != first.data
    assert writer.get("/projects")["meta"]["total"] == 2


def test_an_answer_that_was_never_sent_is_made_up_for(writer: Caller, engine: Engine) -> None:
    first = make(writer, {"name": "a"})
    with writing(engine) as connection:  # as if the server had died between the two
        connection.execute(update(first_answers).values(body=None))
    assert make(writer, {"name": "a"}).get_json() == first.get_json()
    assert writer.get("/projects")["meta"]["total"] == 1


def test_what_is_no_key_is_refused(writer: Caller) -> None:
    for text in ("", " ", "x" * 256, "a b", "ü"):
        answer = writer.ask("POST", "/projects", 400, json={"name": "a"}, headers={"Idempotency-Key": text})
        assert_error(answer, "invalid_parameter")


def test_of_many_at_once_one_makes_it(writer: Caller, app: Flask) -> None:
    answers: list[bytes] = []

    def ask() -> None:
        caller = Caller(app.test_client(), writer.key)
        answers.append(make(caller, {"name": "a"}).data)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(answers)) == 1
    assert writer.get("/projects")["meta"]["total"] == 1


def test_a_file_sent_twice_is_taken_in_once(writer: Caller) -> None:
    project = writer.project()
    path = f"/projects/{project}/data-sources"
    sent: dict[str, Any] = {"data": SPEND, "content_type": "text/csv", "query_string": {"name": "spend.csv"}}
    first = writer.ask("POST", path, 201, headers=KEY, **sent)
    assert writer.ask("POST", path, 201, headers=KEY, **sent).data == first.data
    assert writer.get(path)["meta"]["total"] == 1
    writer.ask("POST", path, 409, headers=KEY, **(sent | {"data": SPEND + b"2026-02-01,1,1,\n"}))


UNREADABLE = b"a,b\n"


@pytest.fixture
def upload(writer: Caller, app: Flask) -> Callable[..., Any]:
    """Sends a file to a project of its own, each time with the same key."""
    path = f"/projects/{writer.project()}/data-sources"

    def send(content: bytes, status: int) -> Any:
        caller = Caller(app.test_client(), writer.key)
        return caller.ask("POST", path, status, data=content, content_type="text/csv", headers=KEY)

    return send


def at_work(monkeypatch: pytest.MonkeyPatch, before: Callable[[], Any], after: Callable[[], Any]) -> None:
    """Does something while the first request reads its file, and once it has, before it answers."""
    do = work.do

    def interrupted(*job: Any) -> None:
        monkeypatch.setattr(work, "do", do)
        before()
        do(*job)
        after()

    monkeypatch.setattr(work, "do", interrupted)


def test_a_file_sent_again_while_the_first_is_read_waits_for_its_answer(
    upload: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    early: list[Any] = []
    at_work(monkeypatch, lambda: early.append(upload(SPEND, 503)), lambda: None)
    first = upload(SPEND, 201)
    error = assert_error(early[0], "unavailable")
    assert "still at work" in error["message"] and error["details"] == {"parameter": "Idempotency-Key"}
    assert int(early[0].headers["Retry-After"]) > 0
    assert upload(SPEND, 201).data == first.data


def test_a_file_that_fails_is_never_told_as_taken_in(
    upload: Callable[..., Any], writer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(monkeypatch, lambda: upload(UNREADABLE, 503), lambda: upload(UNREADABLE, 422))
    assert_error(upload(UNREADABLE, 422), "unreadable_file")
    upload(SPEND, 201)  # the key is free
    project = writer.get("/projects")["data"][0]["id"]
    assert writer.get(f"/projects/{project}/data-sources")["meta"]["total"] == 1


def test_what_a_dead_server_left_is_made_up_for(
    upload: Callable[..., Any], writer: Caller, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise SystemExit

    path = f"/projects/{writer.get('/projects')['data'][0]['id']}/data-sources"
    at_work(monkeypatch, lambda: None, die)  # after the file was read, before the answer
    with pytest.raises(SystemExit):
        upload(UNREADABLE, 422)
    left = writer.get(path)["data"]
    assert [source["status"] for source in left] == ["failed"]
    assert_error(upload(UNREADABLE, 422), "unreadable_file")
    assert_error(upload(UNREADABLE, 422), "unreadable_file")
    assert writer.get(path)["data"] == left
    taken = upload(SPEND, 201).get_json()["data"]
    with writing(engine) as connection:
        connection.execute(update(first_answers).values(body=None))
    writer.ask("DELETE", f"{path}/{taken['id']}", 204)  # as a server may do that dies before the key is free
    assert_error(upload(SPEND, 503), "unavailable")
    assert upload(SPEND, 201).get_json()["data"]["id"] != taken["id"]


def test_a_key_that_was_freed_meanwhile_is_no_fault(
    upload: Callable[..., Any], engine: Engine, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flux.api import once

    upload(SPEND, 201)
    monkeypatch.setattr(once, "find_answer", lambda *_: None)  # as it was before the first, and is after it
    assert_error(upload(SPEND, 503), "unavailable")


def test_freeing_a_key_spares_what_it_stands_for_by_now(writer: Caller, engine: Engine, ada: Tenant) -> None:
    first = make(writer, {"name": "a"})
    forget(engine, ada.account_id, KEY["Idempotency-Key"], "proj_00000000001")
    assert make(writer, {"name": "a"}).data == first.data
