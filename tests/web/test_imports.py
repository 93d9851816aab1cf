"""/import: a real file through the form, its report, its columns corrected, its failures, its crash."""

import io
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from flask import Flask
from sqlalchemy import Engine

from flux.store.profiles import find_profile, find_profiles
from flux.web import jobs
from tests.services import Server
from tests.tenants import PASSWORD, Tenant
from tests.web.visitor import Visitor

DATA = Path(__file__).parents[1] / "data"
OWN = "When,What,Hearts,Said\n2026-01-05 08:00,First,10,2\n2026-01-06 09:30,Second,3,\nnever,Third,1,1\n"


def send(visitor: Visitor, content: bytes, file_name: str, **data: str) -> str:
    """Uploads a file; the address of its import."""
    response = visitor.post("/import", {"file": (io.BytesIO(content), file_name), **data})
    assert response.status_code == 303, response.text
    return str(response.location)


def finished(visitor: Visitor, path: str) -> str:
    """The import's page, once it has ended."""
    for _ in range(300):
        page = visitor.text(path)
        if "data-poll" not in page:
            return page
        assert '<meta http-equiv="refresh"' in page
        time.sleep(0.1)
    raise AssertionError("the import did not end")


def figures(page: str) -> dict[str, str]:
    return dict(re.findall(r'<div class="figure"><dt>([^<]+)</dt><dd>([^<]+)</dd>', page))


def test_linkedins_file_through_the_form(visitor: Visitor, ada: Tenant) -> None:
    name = "personal_Content_2023-08-07_2024-08-05_en_resorted.xlsx"
    content = (DATA / name).read_bytes()
    page = finished(visitor, send(visitor, content, name, profile=ada.profile.public_id))
    assert figures(page)["Days added"] == "365"
    assert figures(page)["Posts added"] == "45"
    assert "sheet DEMOGRAPHICS" in page
    again = finished(visitor, send(visitor, content, "renamed.bin", profile=ada.profile.public_id))
    assert "Nothing changed" in again
    assert figures(again)["Days unchanged"] == "365"
    history = visitor.text("/import")
    assert name in history
    link = re.search(rf'href="(/import/imp_\w+)">{re.escape(name)}', history)
    assert link
    assert figures(visitor.text(link[1]))["Days added"] == "365"


def test_a_new_profile_is_made_with_the_file(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    content = b"date,likes,comments,shares\n2026-01-05,1,2,3\n"
    page = finished(visitor, send(visitor, content, "own.csv", profile="new", name="Acme", kind="company"))
    assert "Acme" in page
    assert [(p.name, p.kind) for p in find_profiles(engine, ada.account_id)][1] == ("Acme", "company")


def test_columns_can_be_named_and_the_file_taken_in_again(visitor: Visitor, ada: Tenant) -> None:
    path = send(visitor, OWN.encode(), "own.csv", profile=ada.profile.public_id)
    page = finished(visitor, path)
    assert 'class="note bad"' in page
    named = {"map_published_at": "When", "map_text": "What", "map_likes": "Hearts", "map_comments": "Said"}
    if "Import once more" in page:
        response = visitor.post(f"{path}/again", named, form=path)
        assert response.status_code == 303
        page = finished(visitor, str(response.location))
    assert figures(page)["Posts added"] == "2"
    assert "line 4" in page


def test_a_guess_can_be_corrected(visitor: Visitor, ada: Tenant) -> None:
    content = b"date,text,likes,shares\n2026-01-05,First,10,2\n2026-01-06,Second,3,1\n"
    path = send(visitor, content, "own.csv", profile=ada.profile.public_id)
    page = finished(visitor, path)
    assert re.search(r'name="map_likes" value="likes"', page)
    corrected = {"map_published_at": "date", "map_text": "text", "map_likes": "shares", "map_shares": ""}
    response = visitor.post(f"{path}/again", corrected, form=path)
    page = finished(visitor, str(response.location))
    assert re.search(r'name="map_likes" value="shares"', page)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"%PDF-1.4 x", "is a PDF"),
        (b"PK\x03\x04broken", "damaged"),
        (b"a,b\n1,2\n", "not a file that Flux knows"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    visitor: Visitor, ada: Tenant, content: bytes, told: str
) -> None:
    page = finished(visitor, send(visitor, content, "odd.xlsx", profile=ada.profile.public_id))
    assert told in page
    assert "Nothing was changed" in page
    assert "failed" in visitor.text("/import")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"profile": "prof_x"}, "Choose a file first"),
        ({"file": "x.csv", "profile": "new", "name": " "}, "Give the new profile a name"),
        ({"file": "x.csv", "profile": "new", "name": "ada"}, "already"),
        ({"file": "x.csv", "profile": "prof_x"}, "no profile"),
    ],
)
def test_a_form_that_lacks_something_says_what(visitor: Visitor, data: dict[str, Any], told: str) -> None:
    files = {"file": (io.BytesIO(b"x"), data["file"])} if "file" in data else {}
    response = visitor.post("/import", {**data, **files})
    assert response.status_code == 400
    assert told in response.text


def test_a_files_name_is_never_a_path(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    path = send(visitor, b"x", "../../../evil<script>.csv", profile=ada.profile.public_id)
    finished(visitor, path)
    page = visitor.get(path).text
    assert "<h1>evil&lt;script&gt;.csv</h1>" in page
    uploads = Path(app.config["FLUX_INSTANCE_PATH"]) / "uploads"
    names = {p.name for p in uploads.rglob("*") if p.is_file()}
    assert names == {"file", "state"}
    assert ((uploads / str(ada.account_id) / path.rpartition("/")[2]).stat().st_mode & 0o077) == 0


def test_an_import_whose_worker_died_counts_as_failed(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    path = send(visitor, b"x", "x.csv", profile=ada.profile.public_id)
    finished(visitor, path)
    state = (
        Path(app.config["FLUX_INSTANCE_PATH"])
        / "uploads"
        / str(ada.account_id)
        / path.rpartition("/")[2]
        / "state"
    )
    told = orjson.loads(state.read_bytes())
    state.write_bytes(orjson.dumps({**told, "status": "running", "stage": "reading"}))
    assert "data-poll" in visitor.text(path)
    os.utime(state, (time.time() - 31,) * 2)
    assert "was interrupted, so nothing was changed" in visitor.text(path)


def test_a_worker_that_lives_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.01)
    state, ended = tmp_path / "state", threading.Event()
    state.touch()
    os.utime(state, (1, 1))
    thread = threading.Thread(target=jobs._beat, args=(state, ended))
    thread.start()
    time.sleep(0.2)
    ended.set()
    thread.join()
    assert time.time() - state.stat().st_mtime < 10


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_import_that_is_killed_leaves_nothing_and_can_be_repeated(
    serve: Callable[..., Server], app: Flask, visitor: Visitor, engine: Engine, ada: Tenant
) -> None:
    server = serve()
    with requests.Session() as browser:
        token = _token(browser.get(f"{server.url}/login", timeout=10).text)
        form = {"email": ada.user.email, "password": PASSWORD, "csrf_token": token}
        assert browser.post(f"{server.url}/login", form, timeout=10).ok
        token = _token(browser.get(f"{server.url}/import", timeout=10).text)
        rows = b"date,text,likes\n" + b"".join(
            b"2026-01-05T08:%02d:%02d,%d,1\n" % (n // 60 % 60, n % 60, n) for n in range(60_000)
        )
        form = {"profile": ada.profile.public_id, "csrf_token": token}
        sent = browser.post(f"{server.url}/import", form, files={"file": ("big.csv", rows)}, timeout=60)
        path = sent.url.removeprefix(server.url)
        assert "data-poll" in sent.text, "it ended too soon to be killed"
    for child in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    server.process.kill()
    server.process.wait()
    assert find_profile(engine, ada.account_id, ada.profile.public_id).version == ada.profile.version
    state = (
        Path(app.config["FLUX_INSTANCE_PATH"])
        / "uploads"
        / str(ada.account_id)
        / path.rpartition("/")[2]
        / "state"
    )
    os.utime(state, (time.time() - 31,) * 2)
    assert "was interrupted, so nothing was changed" in visitor.text(path)
    assert "Taken in" in finished(
        visitor, send(visitor, rows[:2_000], "big.csv", profile=ada.profile.public_id)
    )


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_imports_wait_for_their_turn(
    app: Flask, visitor: Visitor, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Semaphore(0)
    monkeypatch.setattr(jobs, "_turn", free)
    path = send(visitor, b"date,likes\n2026-01-05,1\n", "x.csv", profile=ada.profile.public_id)
    waiting, listed = visitor.get(path).text, visitor.get("/import").text
    free.release()  # before anything can fail: the test would wait for the import's thread for ever
    assert "Waiting for its turn" in waiting
    assert "waiting" in listed
    assert "Taken in" in finished(visitor, path)


def test_what_is_kept_is_swept_after_a_day(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    path = send(visitor, b"x", "x.csv", profile=ada.profile.public_id)
    finished(visitor, path)
    folder = (
        Path(app.config["FLUX_INSTANCE_PATH"]) / "uploads" / str(ada.account_id) / path.rpartition("/")[2]
    )
    os.utime(folder, (1, 1))
    finished(visitor, send(visitor, b"x", "y.csv", profile=ada.profile.public_id))
    assert not folder.exists()
    assert visitor.post(f"{path}/again", form="/import").status_code == 404
