"""Data sources over HTTP: how a file may come, what is said of it, and what is refused."""

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from flux.store.profiles import create_profile
from flux.store.tables import data_sources, jobs, posts
from tests.api.caller import SPEND, Caller
from tests.api.test_datasets import assert_error
from tests.tenants import Tenant

DATA = Path(__file__).parent.parent / "data"
EXPORT = DATA / "personal_Content_2023-08-07_2024-08-05_en_resorted.xlsx"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send(caller: Caller, project: str, status: int = 201, **more: Any) -> Any:
    return caller.ask("POST", f"/projects/{project}/data-sources", status, **more)


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_table_is_kept_with_its_columns(writer: Caller) -> None:
    project = writer.project()
    source = writer.send(project, SPEND)["data"]
    assert (source["status"], source["type"], source["rows"], source["columns"]) == ("completed", "csv", 3, 4)
    assert source["fields"] == [
        {"name": "day", "type": "date"},
        {"name": "spend", "type": "number"},
        {"name": "hours", "type": "integer"},
        {"name": "note", "type": "string"},
    ]
    assert source["importer"] is None and source["profile_id"] is None and source["error"] is None
    assert writer.get(f"/projects/{project}/data-sources")["data"] == [source]
    assert writer.get(f"/projects/{project}/data-sources/{source['id']}")["data"] == source


def test_an_export_goes_into_the_only_profile(writer: Caller, engine: Engine, ada: Tenant) -> None:
    project = writer.project()
    body = {"file": (io.BytesIO(EXPORT.read_bytes()), EXPORT.name)}
    source = send(writer, project, data=body).get_json()["data"]
    assert source["importer"] == "linkedin_personal" and source["type"] == "xlsx"
    assert source["profile_id"] == ada.profile.public_id
    assert source["rows"] > 365 and source["columns"] == len(source["fields"]) > 3
    assert any("365 days" in what for what in source["recognised"]), source["recognised"]
    known = count(engine, posts)
    assert known > 0
    again = send(writer, project, data=EXPORT.read_bytes(), content_type=XLSX).get_json()["data"]
    assert again["id"] != source["id"] and count(engine, posts) == known
    writer.ask("DELETE", f"/projects/{project}/data-sources/{source['id']}", 204)
    assert count(engine, posts) == known, "what was imported stays in its profile"


def test_of_several_profiles_one_must_be_named(writer: Caller, engine: Engine, ada: Tenant) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    project, content = writer.project(), EXPORT.read_bytes()
    answer = send(writer, project, 400, data=content, content_type=XLSX)
    error = assert_error(answer, "invalid_parameter")
    assert error["details"]["parameter"] == "profile_id" and other.public_id in error["message"]
    assert count(engine, data_sources) == count(engine, jobs) == count(engine, posts) == 0
    named = {"file": (io.BytesIO(content), "x.xlsx"), "profile_id": other.public_id}
    assert send(writer, project, data=named).get_json()["data"]["profile_id"] == other.public_id


def test_another_accounts_profile_takes_nothing_in(writer: Caller, engine: Engine, bob: Tenant) -> None:
    query = {"profile_id": bob.profile.public_id}
    sent = {"data": EXPORT.read_bytes(), "content_type": XLSX, "query_string": query}
    assert_error(send(writer, writer.project(), 404, **sent), "profile_not_found")
    assert count(engine, posts) == count(engine, data_sources) == 0


def test_what_it_is_may_be_said(writer: Caller) -> None:
    project, content = writer.project(), b"date,text,likes\n2026-01-05,Hello,3\n"
    assert writer.send(project, content)["data"]["importer"] == "mapper"
    table = writer.send(project, content, kind="table")["data"]
    assert table["importer"] is None and table["rows"] == 1


def test_days_whose_order_nobody_knows_are_asked_for(writer: Caller) -> None:
    project, content = writer.project(), b"date,text,likes\n6/1/2026,Hello,3\n"
    assert_error(send(writer, project, 422, data=content, content_type="text/csv"), "unreadable_file")
    assert writer.send(project, content, dates="day_first")["data"]["rows"] == 1


REFUSED: list[tuple[bytes, str, dict[str, str], int, str]] = [
    (b"", "text/csv", {}, 400, "invalid_parameter"),
    (b"--x\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x", {}, 400, "invalid_parameter"),
    (b"a=b", "application/x-www-form-urlencoded", {}, 422, "unreadable_file"),
    (b"GIF89a", "image/gif", {}, 422, "unreadable_file"),
    (b"%PDF-1.4 ...", "application/octet-stream", {}, 422, "unreadable_file"),
    (b'[{"a":', "application/json", {}, 422, "unreadable_file"),
    (SPEND, "text/csv", {"kind": "feed"}, 400, "invalid_parameter"),
    (SPEND, "text/csv", {"kin": "table"}, 400, "unknown_parameter"),
]


@pytest.mark.parametrize(("content", "type", "query", "status", "code"), REFUSED)
def test_what_will_not_do_is_refused_and_leaves_nothing(
    writer: Caller, app: Flask, content: bytes, type: str, query: dict[str, str], status: int, code: str
) -> None:
    engine: Engine = app.extensions["flux_engine"]
    project, once = writer.project(), {"Idempotency-Key": "again"}
    sent = {"data": content, "content_type": type, "query_string": query}
    answer = send(writer, project, status, headers=once, **sent)
    assert_error(answer, code)
    assert count(engine, data_sources) == count(engine, jobs) == 0
    assert kept_files(app) == []
    send(writer, project, data=SPEND, content_type="text/csv", headers=once)


def kept_files(app: Flask) -> list[Path]:
    """Uploads on the disk."""
    return list(Path(app.config["FLUX_INSTANCE_PATH"]).glob("uploads/*/*/file"))


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_deleted_is_off_the_disk(writer: Caller, app: Flask, whole: bool) -> None:
    app.config["FLUX_INLINE_UPLOAD_MB"] = "0"
    project = writer.project()
    source = writer.send(project, SPEND)["data"]["id"]
    assert len(kept_files(app)) == 1, "the worker needs it"
    path = f"/projects/{project}" if whole else f"/projects/{project}/data-sources/{source}"
    writer.ask("DELETE", path, 204)
    assert kept_files(app) == []


TYPES = ("", "application/x-www-form-urlencoded", "application/jsonl", "text/json", "text/plain", "x/y")


@pytest.mark.parametrize("type", TYPES)
def test_a_body_is_read_whatever_its_type(writer: Caller, type: str) -> None:
    query = {"name": "spend.csv"}
    sent = send(writer, writer.project(), data=SPEND, content_type=type, query_string=query)
    assert sent.get_json()["data"]["rows"] == 3


def test_a_large_body_of_a_forms_type_is_a_file_too(writer: Caller) -> None:
    rows = b"".join(b"2026-01-%02d,%d,1,%s\n" % (n % 28 + 1, n, b"x" * 100) for n in range(6_000))
    sent = {"data": SPEND + rows, "content_type": "application/x-www-form-urlencoded"}
    assert send(writer, writer.project(), **sent).get_json()["data"]["rows"] == 6_003


def test_of_two_files_in_a_form_none_is_taken(writer: Caller) -> None:
    files = [(io.BytesIO(SPEND), "a.csv"), (io.BytesIO(SPEND), "b.csv")]
    error = assert_error(send(writer, writer.project(), 400, data={"file": files}), "invalid_parameter")
    assert error["details"]["parameter"] == "file" and error["details"]["value"] == "a.csv and b.csv"
    assert "given once" in error["message"]


def test_a_file_beyond_the_limit_is_refused(writer: Caller, app: Flask) -> None:
    project = writer.project()
    app.config |= {"MAX_CONTENT_LENGTH": 2**18, "MAX_FORM_MEMORY_SIZE": 9_000}
    ways: list[dict[str, Any]] = [
        {"data": b"x" * 2**18 + b"x", "content_type": "text/csv"},
        {"data": {"file": (io.BytesIO(b"x" * 2**18), "a.csv")}},
        {"data": {"file": "x" * 9_001}, "content_type": "multipart/form-data"},  # as of `-F file=<a.csv`
    ]
    for sent in ways:
        error = assert_error(send(writer, project, 413, **sent), "too_large")
        assert "at most 0.25 MiB" in error["message"]
        assert ("; in a form 1,000 fields, with 9 kB beside the files" in error["message"]) == (
            sent.get("content_type") != "text/csv"
        )
        assert error["details"]["parameter"] == "body" and "0.25 MiB" in error["details"]["constraint"]


def test_a_large_file_waits_for_the_worker(writer: Caller, app: Flask) -> None:
    app.config["FLUX_INLINE_UPLOAD_MB"] = "0"
    project = writer.project()
    source = writer.send(project, SPEND)["data"]
    assert (source["status"], source["rows"], source["columns"]) == ("queued", None, None)
    assert source["type"] == "unknown"
    from flux import work
    from flux.ids import internal_id

    work.do(app.extensions["flux_engine"], app.config, internal_id("ds", source["id"]) or 0)
    done = writer.get(f"/projects/{project}/data-sources/{source['id']}")["data"]
    assert (done["status"], done["rows"]) == ("completed", 3)
