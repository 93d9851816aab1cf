"""/import: a real file through the form, its report, its columns corrected, its failures, its crash."""

import io
import os
import random
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import Engine, delete, select

from flux import queue, uploads
from flux.ids import internal_id, new_id, public_id
from flux.store.engine import writing
from flux.store.history import find_import
from flux.store.jobs import Job, add_job, find_job, unfinished_jobs
from flux.store.profiles import create_profile, find_profiles
from flux.store.tables import jobs as job_rows
from tests.services import Server
from tests.tenants import PASSWORD, Tenant
from tests.web.visitor import Visitor, visit
from tests.workers import all_or_nothing, many_posts, until, working

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
    kept = uploads.path_of(app.config, ada.account_id, number(path))
    everything = Path(app.config["FLUX_INSTANCE_PATH"]) / "uploads"
    assert [p for p in everything.rglob("*") if p.is_file()] == [kept]
    assert (kept.parent.stat().st_mode & 0o077) == 0


def number(path: str) -> int:
    """The id of the import at that address."""
    found = internal_id("imp", path.rpartition("/")[2])
    assert found
    return found


def test_an_import_has_the_id_of_its_job_and_is_its_accounts_alone(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant, bob: Tenant
) -> None:
    path = send(visitor, b"date,likes\n2026-01-05,1\n", "own.csv", profile=ada.profile.public_id)
    assert find_job(engine, ada.account_id, number(path)).status == "completed"
    assert find_import(engine, ada.account_id, number(path)).status == "done"
    other = visit(app)
    other.sign_in(bob.user.email)
    assert other.get(path).status_code == 404
    assert other.post(f"{path}/again", form="/import").status_code == 404
    for nonsense in ("imp_0", "imp_00000000000", public_id("an", number(path))):
        assert visitor.get(f"/import/{nonsense}").status_code == 404


def test_another_kind_of_job_is_no_import(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    id = new_id()
    with writing(engine) as connection:
        add_job(connection, ada.account_id, id, "analysis", {})
    assert visitor.get(f"/import/{public_id('imp', id)}").status_code == 404


def test_a_large_file_waits_for_the_worker(
    settings: dict[str, str], request: pytest.FixtureRequest, ada: Tenant, tmp_path: Path
) -> None:
    settings["FLUX_INLINE_UPLOAD_MB"] = "0"
    visitor: Visitor = request.getfixturevalue("visitor")
    content = many_posts(10_000)
    path = send(visitor, content, "large.csv", profile=ada.profile.public_id)
    assert "Waiting for its turn" in visitor.text(path)
    assert re.search(r"large\.csv</a>.*queued", visitor.text("/import"))
    with working(tmp_path, settings):
        page = finished(visitor, path)
    assert figures(page)["Posts added"] == "10,000"
    assert re.search(r"large\.csv</a>.*done", visitor.text("/import"))


def test_a_small_file_waits_while_as_many_as_may_are_imported(visitor: Visitor, ada: Tenant) -> None:
    with ExitStack() as busy:
        for _ in range(queue.INLINE_AT_ONCE):
            assert queue._turn.acquire(blocking=False)
            busy.callback(queue._turn.release)
        path = send(visitor, b"date,likes\n2026-01-05,1\n", "x.csv", profile=ada.profile.public_id)
        assert "Waiting for its turn" in visitor.text(path)
    path = send(visitor, b"date,likes\n2026-01-05,1\n", "x.csv", profile=ada.profile.public_id)
    assert "Taken in" in visitor.text(path)


def test_an_import_that_is_forgotten_has_its_record_still(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant
) -> None:
    good = send(visitor, b"date,likes\n2026-01-05,1\n", "good.csv", profile=ada.profile.public_id)
    bad = send(visitor, b"a,b\n1,2\n", "bad.csv", profile=ada.profile.public_id)
    assert "Which column is what" in visitor.text(good)
    with writing(engine) as connection:
        connection.execute(delete(job_rows))
    for path in (good, bad):
        uploads.remove(app.config, ada.account_id, number(path))
    assert "Taken in" in visitor.text(good)
    assert "not a file that Flux knows" in visitor.text(bad)
    for path in (good, bad):
        assert "Which column is what" not in visitor.text(path)
        assert visitor.post(f"{path}/again", form="/import").status_code == 404


KILLS = 3  # on each database
ROWS = 30_000


def test_an_upload_whose_server_is_killed_is_there_whole_or_not_at_all(
    settings: dict[str, str], serve: Callable[..., Server], engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    settings["FLUX_JOB_PATIENCE"] = "1"
    content, chance = many_posts(ROWS), random.Random(4)
    profiles = [create_profile(engine, ada.account_id, f"Profile {n}") for n in range(KILLS)]
    for profile in profiles:
        server = serve()
        with requests.Session() as browser, ThreadPoolExecutor(1) as other:
            token = _sign_in(browser, server, ada)
            form = {"profile": profile.public_id, "csrf_token": token}
            sent = other.submit(_post, browser, f"{server.url}/import", form, content)
            time.sleep(chance.uniform(0, 1.5))
            _kill(server)
            sent.result()
    ended = _orders(engine, ada)
    for profile in profiles:
        all_or_nothing(engine, ended.get(profile.id), profile.id, ROWS)
    with working(tmp_path, settings):
        until(lambda: not unfinished_jobs(engine, ada.account_id, "import"))
    ended = _orders(engine, ada)
    assert ended, "none was killed at work"
    for profile in profiles:
        all_or_nothing(engine, ended.get(profile.id), profile.id, ROWS)
    assert {job.status for job in ended.values()} == {"completed"}


def _sign_in(browser: requests.Session, server: Server, ada: Tenant) -> str:
    """The token for the form of /import."""
    token = _token(browser.get(f"{server.url}/login", timeout=10).text)
    form = {"email": ada.user.email, "password": PASSWORD, "csrf_token": token}
    assert browser.post(f"{server.url}/login", form, timeout=10).ok
    return _token(browser.get(f"{server.url}/import", timeout=10).text)


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def _post(browser: requests.Session, address: str, form: dict[str, str], content: bytes) -> None:
    with suppress(requests.ConnectionError):
        browser.post(address, form, files={"file": ("big.csv", content)}, timeout=60)


def _kill(server: Server) -> None:
    """Kills gunicorn with all that it has started, before any of them can tell the others."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    for pid in (server.process.pid, *map(int, children.split())):
        os.kill(pid, signal.SIGKILL)
    server.process.wait()


def _orders(engine: Engine, ada: Tenant) -> dict[int, Job]:
    """The jobs that came about, by the profile that each is for."""
    with engine.connect() as connection:
        ids = connection.scalars(select(job_rows.c.id)).all()
    found = [find_job(engine, ada.account_id, id) for id in ids]
    return {job.options["profile_id"]: job for job in found}
