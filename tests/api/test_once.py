"""Idempotency-Key: the same key and body make one thing and get one answer."""

import threading
from typing import Any

from flask import Flask
from sqlalchemy import Engine, update

from flux.store.engine import writing
from flux.store.tables import first_answers
from tests.api.caller import SPEND, Caller
from tests.api.test_datasets import assert_error

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
