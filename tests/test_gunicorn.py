"""How the real server is set up: one process without Redis, the asked number with it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services import Server

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def workers(server: Server) -> int:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return len(children.read_text().split())


@SQLITE
def test_more_processes_without_redis_are_held_at_one(serve: Callable[..., Server]) -> None:
    server = serve(workers=4)
    assert workers(server) == 1
    assert "4 worker processes were asked for, but FLUX_REDIS_URL is not set" in server.told()


@SQLITE
def test_one_process_without_redis_is_served_silently(serve: Callable[..., Server]) -> None:
    server = serve(workers=1)
    assert workers(server) == 1
    assert "WARNING" not in server.told()


@SQLITE
def test_the_asked_number_is_served_with_redis(serve: Callable[..., Server], redis_url: str) -> None:
    server = serve(workers=4, env={"FLUX_REDIS_URL": redis_url})
    assert workers(server) == 4
    assert "WARNING" not in server.told()


@SQLITE
def test_the_access_log_names_the_request(serve: Callable[..., Server]) -> None:
    server = serve()
    server.stop()
    assert re.search(
        r'127\.0\.0\.1 \[.+\] "GET /healthz" 200 \d+ \d+ms req_\w{16} "python-requests', server.told()
    )
