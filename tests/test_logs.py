"""Keys stay out of the logs: of every logger, of tracebacks, and of the real server's output."""

import base64
import io
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine

from flux import logs
from flux.key_limits import Limits
from tests.api.caller import make_pair
from tests.services import Server
from tests.tenants import Tenant, make_key

KEY = "flux_bi_0123456789ABCDEFGHIJabcdefghijXY8dKp2Q"
SECRETS = [
    KEY,
    "flux_0123456789ABCDEFGHIJabcdefghijXY8dKp2Q",
    "flux_api_0123456789ABCDEFGHIJabcdefghijXY8dKp2Q",
    "flux_env_0123456789ABCDEFGHIJabcdefghijXY8dKp2Q",
    "flux_cs_0123456789ABCDEFGHIJabcdefghijXY8dKp2Q",
    "flux_at_0123456789ABCDEFGHIJabcdefghijXY8dKp2Q",
    "flux_link_0123456789ABCDEFGHIJabcdefghijXY8dKp2Q",
    KEY.replace("_", "%5F"),
    KEY[:-7],  # pasted without its end: most of a key is as good as a key
    KEY.upper(),
]
BASIC = base64.b64encode(f"x:{KEY}".encode()).decode()
HIDDEN_PART = KEY[10:30]


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """What a handler on the root logger writes once `install` was called."""
    kept = logging.getLogRecordFactory(), threading.excepthook
    logs.install()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.setLogRecordFactory(kept[0])
    threading.excepthook = kept[1]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "line",
    [
        "GET /api/v1/status?key={}&x=1",
        "Bearer {}",
        "{{'key': '{}'}}",
        "<a href='?key={}'>",
        "{}",
        "a {}, b",
        "x={}",
    ],
)
def test_scrub_hides_a_key_wherever_it_stands(line: str, secret: str) -> None:
    cleaned = logs.scrub(line.format(secret))
    assert secret[12:] not in cleaned
    assert secret[16:30] not in cleaned


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("?client_secret=abc&page=2", "?client_secret=…&page=2"),
        ("/setup?token=s3cr3t HTTP", "/setup?token=… HTTP"),
        (f"Authorization: Basic {BASIC}", "Authorization: Basic …"),
        (f"'HTTP_AUTHORIZATION': 'Basic {BASIC}', 'a': 1", "'HTTP_AUTHORIZATION': 'Basic …', 'a': 1"),
        ("Authorization: abcdef, Host: x", "Authorization: …, Host: x"),
        ("postgresql://flux:hunter2@db/flux", "postgresql://flux:…@db/flux"),
        ("redis://:hunter2@cache:6379/0", "redis://:…@cache:6379/0"),
        ("GET /api/v1/feeds/0123456789ABCDEFGHIJ.csv?bom=1 HTTP", "GET /api/v1/feeds/…?bom=1 HTTP"),
        ("'/api/v1/feeds/fluxlink0123/x'", "'/api/v1/feeds/…'"),
    ],
)
def test_scrub_hides_what_is_called_a_secret(line: str, cleaned: str) -> None:
    assert logs.scrub(line) == cleaned


@pytest.mark.parametrize(
    "line",
    [
        'GET /api/v1/datasets/posts.csv?from=-90d&profile_id=prof_00000000007 200 "curl/8"',
        "flux_template flux_engine: 3 rows, http://127.0.0.1:8000/docs",
        "This key (flux_bi_…wLe2) was revoked",
    ],
)
def test_scrub_leaves_the_rest_alone(line: str) -> None:
    assert logs.scrub(line) == line


def test_install_cleans_messages_of_any_logger(heard: io.StringIO) -> None:
    logging.getLogger("somebody.elses").error("asked %s with %r", f"/x?key={KEY}", {"key": KEY})
    assert HIDDEN_PART not in heard.getvalue()
    assert "/x?key=…" in heard.getvalue()


def test_install_cleans_tracebacks(heard: io.StringIO) -> None:
    try:
        raise ValueError(f"no good: {KEY}")
    except ValueError:
        logging.getLogger("flux").exception("a fault")
    assert HIDDEN_PART not in heard.getvalue()
    assert "ValueError: no good: flux_bi_…" in heard.getvalue()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_install_cleans_what_ends_a_thread(heard: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(KEY)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "a thread ended" in heard.getvalue()
    assert HIDDEN_PART not in heard.getvalue() + "".join(capfd.readouterr())


def test_install_keeps_one_line_a_request(heard: io.StringIO) -> None:
    logging.getLogger("flux").error("no such page: %s", "/a\n[ERROR] forged")
    assert heard.getvalue() == "no such page: /a\\x0a[ERROR] forged\n"


def test_install_cleans_a_wrong_format_too(heard: io.StringIO) -> None:
    logging.getLogger("somebody.elses").error("%d apples", KEY)
    assert heard.getvalue() == "%d apples ('flux_bi_…',)\n"


def test_install_twice_is_once(heard: io.StringIO) -> None:
    logs.install()
    logging.getLogger("somebody.elses").error("100%% %s", "sure")
    assert heard.getvalue() == "100% sure\n"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_server_writes_no_key(serve: Callable[..., Server], ada: Tenant, tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    server = serve(app="faulty:app", arguments=("--pythonpath", str(tmp_path), "--log-level", "debug"))
    for path in ("/api/v1/status", "/api/v1/nowhere", "/fault", f"/api/v1/datasets/{ada.key}", f"/{ada.key}"):
        address = server.url + path
        for query in (f"?key={ada.key}", f"?key={ada.key[:-3]}", f"?key={ada.key}x", ""):
            requests.get(address + query, headers={"Referer": f"{address}?key={ada.key}"}, timeout=5)
        requests.get(address, headers=ada.header, timeout=5)
        requests.get(address, auth=("x", ada.key), timeout=5)
        requests.get(address, headers={"User-Agent": ada.key, "X-Api-Key": ada.key}, timeout=5)
    server.stop()
    told = server.told()
    assert "RuntimeError: asked with" in told, "the fault was not logged: the test proves nothing"
    assert told.count('"GET /api/v1/status" 200') == 3, "the access log is missing"
    assert ada.key[12:30] not in told
    assert base64.b64encode(f"x:{ada.key}".encode()).decode() not in told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_server_writes_neither_an_access_token_nor_what_it_was_given_for(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    server = serve(app="faulty:app", arguments=("--pythonpath", str(tmp_path), "--log-level", "debug"))
    pair = make_pair(engine, ada.account_id)
    door = f"{server.url}/metrics/auth/token"
    token = requests.post(door, json=pair, timeout=5).json()["accessToken"]
    for body in (
        {},
        [pair],
        pair | {"clientSecret": pair["environmentApiKey"]},
        {v: n for n, v in pair.items()},
    ):
        requests.post(door, json=body, timeout=5)
    for secret in (token, token[:-3], *pair.values()):
        for path in (
            "/metrics/query",
            f"/metrics/query/{secret}",
            "/fault",
            f"/fault?token={secret}",
            "/event/ingest",
        ):
            header = {"Authorization": f"Bearer {secret}", "Referer": f"{server.url}/?key={secret}"}
            for ask in (requests.get, requests.post):
                ask(f"{server.url}{path}", headers=header, timeout=5)
    server.stop()
    told = server.told()
    assert "RuntimeError: asked with" in told and '"POST /metrics/auth/token" 200' in told
    for secret in (token, *pair.values()):
        assert secret.rpartition("_")[2][4:30] not in told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_server_writes_no_link(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    server = serve(app="faulty:app", arguments=("--pythonpath", str(tmp_path), "--log-level", "debug"))
    link = make_key(engine, ada.account_id, Limits(feed="overview"), "link")
    bare = link.removeprefix("flux_link_")
    for secret in (link, link[:-3], f"{link}x", bare, link.replace("_", "%5F"), f"/{link}", f"{link}/x"):
        for path in (f"/api/v1/feeds/{secret}", f"/api/v1/feeds/{secret}.csv", f"/fault?a=/feeds/{secret}"):
            for ask in (requests.get, requests.head, requests.post):
                ask(server.url + path, headers={"Referer": server.url + path}, timeout=5)
        requests.get(f"{server.url}/api/v1/feeds/{secret}.csv?from=soon&delimiter=x", timeout=5)
    server.stop()
    told = server.told()
    assert "RuntimeError: asked with" in told
    assert told.count('"GET /api/v1/feeds/…" 200') >= 2, "the access log is missing"
    assert bare[4:30] not in told


FAULTY = """
from flask import request
from flux import create_app

app = create_app()

@app.get("/fault")
def fault():
    raise RuntimeError(f"asked with {request.url} {dict(request.headers)} {request.authorization}")
"""
