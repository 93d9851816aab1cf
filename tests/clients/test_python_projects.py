"""The Python client's projects, files and analyses, with a server that is busy, away or breaks off."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flux_client import (
    AnalysisFailed,
    ConnectionFailed,
    Flux,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerError,
)
from sqlalchemy import Engine

from flux.key_limits import Limits
from flux.store.accounts import move_account
from flux.store.projects import create_project
from tests import services
from tests.api.caller import SPEND
from tests.clients.conftest import House
from tests.proxy import BROKEN, LOST_ANSWER, Proxy, Trouble, proxy
from tests.services import Server
from tests.tenants import NOON, Tenant, make_key, make_posts
from tests.workers import working

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BUSY = Trouble(status=429, headers={"Retry-After": "1"})


@pytest.fixture
def between(house: House) -> Iterator[Proxy]:
    """The way to the server, where troubles are made."""
    with proxy(house.url) as between:
        yield between


@pytest.fixture
def flux(between: Proxy, house: House) -> Iterator[Flux]:
    with Flux(between.url, house.api_key) as flux:
        yield flux


@pytest.fixture
def writer(engine: Engine, ada: Tenant) -> str:
    """A key that may write, of an account with requests enough, where the test has a server of its own."""
    move_account(engine, ada.account_id, "enterprise", None, 1_000)
    return make_key(engine, ada.account_id, Limits(permissions=("read", "write")), "api")


def test_projects_are_made_changed_and_removed(flux: Flux, house: House) -> None:
    made = flux.projects.create(
        name="Spring", industry="retail", profile_ids=[house.tenant.profile.public_id]
    )
    assert [profile["id"] for profile in flux.profiles()] == [house.tenant.profile.public_id]
    assert flux.projects.get(made["id"])["industry"] == "retail"
    assert flux.projects.update(made["id"], description="Of 2026")["name"] == "Spring"
    assert [project["description"] for project in flux.projects.list()] == ["Of 2026"]
    flux.projects.delete(made["id"])
    with pytest.raises(NotFound) as gone:
        flux.projects.get(made["id"])
    assert gone.value.code == "project_not_found"


def test_a_list_of_many_is_read_to_its_end(flux: Flux, between: Proxy, house: House) -> None:
    for number in range(203):
        create_project(house.engine, house.tenant.account_id, {"name": f"Project {number:03}"}, None)
    names = [project["name"] for project in flux.projects.list(sort="name", order="asc")]
    assert names == [f"Project {number:03}" for number in range(203)]
    assert len(between.seen) == 3
    next(flux.projects.list())
    assert len(between.seen) == 4


def test_a_busy_server_is_asked_again_when_it_says(flux: Flux, between: Proxy) -> None:
    between.troubles += [Trouble(status=503), BROKEN]
    assert list(flux.projects.list()) == []
    assert between.statuses() == [503, 0, 200]
    between.troubles.append(BUSY)
    start = time.monotonic()
    list(flux.projects.list())
    assert time.monotonic() - start >= 1  # left to itself it would have waited half a second at most


def test_what_is_sent_again_is_made_once(flux: Flux, between: Proxy, tmp_path: Path) -> None:
    between.troubles.append(LOST_ANSWER)
    made = flux.projects.create(name="Spring")
    assert len(between.keys) == 2 and len(set(between.keys)) == 1
    assert [project["id"] for project in flux.projects.list()] == [made["id"]]
    (tmp_path / "spend.csv").write_bytes(SPEND)
    between.troubles.append(LOST_ANSWER)
    source = flux.data_sources.upload(made["id"], tmp_path / "spend.csv")
    assert (source["rows"], source["columns"]) == (3, 4)
    assert [s["id"] for s in flux.data_sources.list(made["id"])] == [source["id"]]
    assert len(set(between.keys)) == 2
    between.troubles.append(LOST_ANSWER)
    flux.projects.delete(made["id"])
    assert between.statuses("DELETE") == [0, 404]


def test_the_last_attempt_tells_what_is_wrong(between: Proxy, house: House) -> None:
    flux = Flux(between.url, house.api_key, attempts=2, max_wait=2)
    between.troubles += [Trouble(status=503)] * 2
    with pytest.raises(ServerError) as away:
        list(flux.projects.list())
    assert away.value.status == 503
    between.troubles += [BROKEN] * 2
    with pytest.raises(ConnectionFailed, match="/api/v1/projects"):
        list(flux.projects.list())
    between.troubles.append(Trouble(status=429, headers={"Retry-After": "1800"}))
    with pytest.raises(RateLimited) as limited:
        list(flux.projects.list())
    assert limited.value.retry_after == 1_800
    between.troubles.append(Trouble(status=302, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(InvalidRequest, match="elsewhere"):
        list(flux.projects.list())
    assert between.statuses() == [503, 503, 0, 0, 429, 302]


@SQLITE
def test_a_restart_is_sat_out(serve: Callable[..., Server], writer: str, tmp_path: Path) -> None:
    server = serve()
    flux = Flux(server.url, writer)
    made = flux.projects.create(name="Spring")
    flux.close()
    server.stop()
    address = ("--bind", server.url.removeprefix("http://"))
    again: list[Server] = []
    start = threading.Timer(
        0.5, lambda: again.append(services.gunicorn(tmp_path, server.environment, address))
    )
    start.start()
    try:
        assert flux.projects.get(made["id"])["name"] == "Spring"
    finally:
        start.join()
        again[0].stop()


@SQLITE
def test_an_analysis_is_waited_for(
    serve: Callable[..., Server],
    writer: str,
    ada: Tenant,
    engine: Engine,
    settings: dict[str, str],
    tmp_path: Path,
) -> None:
    settings["FLUX_INLINE_UPLOAD_MB"] = "0"  # every file is for the worker
    flux = Flux(serve().url, writer)
    rows = [
        {"published_at": NOON + 7 * 86_400 * week, "likes": week, "comments": 0, "shares": 0}
        for week in range(20)
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    project = flux.projects.create(name="Spring")["id"]
    spend = flux.data_sources.upload(project, io.BytesIO(SPEND), name="spend.csv", kind="table")
    noise = flux.data_sources.upload(project, io.BytesIO(b"PK no workbook"), name="noise.xlsx")
    summary = flux.analyses.start(
        project, {"kind": "summary", "parameters": {"from": "2026-01-01", "to": "2026-06-30"}}
    )
    with pytest.raises(TimeoutError, match="queued"):
        flux.analyses.wait(project, summary["id"], timeout=0.1)
    with working(tmp_path, settings):
        assert flux.data_sources.wait(project, spend["id"], timeout=30)["rows"] == 3
        with pytest.raises(AnalysisFailed) as failed:
            flux.data_sources.wait(project, noise["id"], timeout=30)
        done = flux.analyses.wait(project, summary["id"], timeout=30)
    assert failed.value.code == "unreadable_file"
    assert done["kind"] == "summary" and done["result"] is not None
    assert done["result"]["sample"]["posts"] == 20
    assert [a["id"] for a in flux.analyses.list(project)] == [summary["id"]]
    flux.analyses.delete(project, summary["id"])
    assert list(flux.analyses.list(project)) == []
    flux.data_sources.delete(project, spend["id"])
    assert [s["id"] for s in flux.data_sources.list(project)] == [noise["id"]]
    flux.close()
