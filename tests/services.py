"""The real servers that the tests run against, each private, on a free port, gone afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
import requests

ROOT = Path(__file__).parent.parent
START_SECONDS = 30
STOP_SECONDS = 15


def need(found: str | None, what: str) -> str:
    """`found`, or: skips the test, or fails it where FLUX_REQUIRE_SERVICES=1 says that all must be there."""
    if found:
        return found
    if os.environ.get("FLUX_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is not installed, and FLUX_REQUIRE_SERVICES=1 asks for it", pytrace=False)
    pytest.skip(f"{what} is not installed")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], told: Callable[[], str]) -> None:
    """Returns once `port` answers; raises with what the process `told` if it ends first or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}:\n{told()}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    stop(process)
    raise RuntimeError(f"{process.args!r} did not answer within {START_SECONDS} s:\n{told()}")


def stop(process: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> None:
    """Asks the process to end, and kills it if it does not."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


# --- PostgreSQL -----------------------------------------------------------------------------------


def postgres_programs() -> Path | None:
    """The folder that holds `initdb` and `postgres`: Debian keeps them out of the PATH."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    folders += [Path(found).parent for found in [shutil.which("initdb")] if found]
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def as_postgres(command: Sequence[str | Path]) -> list[str]:
    """`command`, run as another user where this is root: PostgreSQL refuses root."""
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return words
    user = _postgres_user()
    groups = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [need(shutil.which("setpriv"), "setpriv"), *groups, *words]


def _postgres_user() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _wait_for_postgres(url: str) -> None:
    """It listens before it serves: connects until it is let in."""
    for attempt in range(START_SECONDS * 10):
        try:
            psycopg2.connect(url).close()
            return
        except psycopg2.OperationalError:
            if attempt == START_SECONDS * 10 - 1:
                raise
            time.sleep(0.1)


@contextmanager
def postgres(folder: Path, programs: Path) -> Iterator[str]:
    """A private PostgreSQL cluster in `folder`; gives its URL without a database's name.

    It listens on 127.0.0.1 with no password and does not wait for the disk.
    """
    port, data, log = free_port(), folder / "data", folder / "log"
    if os.geteuid() == 0:
        shutil.chown(folder, _postgres_user().pw_uid)
    init = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    ]
    subprocess.run(as_postgres(init), check=True, capture_output=True, cwd="/")
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "max_connections": 200,
    }
    options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    serve = [programs / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())]
    with log.open("wb") as output:
        process = subprocess.Popen(as_postgres(serve), stdout=output, stderr=output, cwd="/")
    try:
        wait_for_port(port, process, log.read_text)
        _wait_for_postgres(f"postgresql://postgres@127.0.0.1:{port}/postgres")
        yield f"postgresql+psycopg2://postgres@127.0.0.1:{port}"
    finally:
        stop(process, signal.SIGINT)  # the fast shutdown: it drops whoever is still connected


# --- Redis ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Redis:
    """A private redis-server: its URL, and its process for tests that freeze or end it."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def redis_server(program: str, folder: Path, port: int | None = None) -> Iterator[Redis]:
    """A redis-server that keeps nothing on disk."""
    port, log = port or free_port(), folder / "redis.log"
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        wait_for_port(port, process, log.read_text)
        yield Redis(f"redis://127.0.0.1:{port}/0", process)
    finally:
        process.send_signal(signal.SIGCONT)  # a frozen one would not hear that it is to stop
        stop(process)


# --- gunicorn -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Server:
    """A running gunicorn: its address, its process and the file that takes its output and its errors."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str] = field(repr=False)

    def told(self) -> str:
        """All that it has written to standard output and standard error so far."""
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """Ends it, its workers too."""
        stop(self.process)


def gunicorn(
    folder: Path, environment: dict[str, str], arguments: Sequence[str] = (), app: str = "wsgi:app"
) -> Server:
    """Starts the real server, set up by the project's own gunicorn.conf.py, and waits until it listens."""
    port = free_port()
    log = folder / f"gunicorn-{port}.log"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *arguments, app]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FLUX_", "GUNICORN_", "WEB_"))
    }
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=kept | environment, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", process, log, environment)
    wait_for_port(port, process, server.told)
    _wait_for_worker(server)
    return server


def _wait_for_worker(server: Server) -> None:
    """The master listens before a worker serves: asks until something answers."""
    for _ in range(START_SECONDS * 10):
        with suppress(requests.ConnectionError, requests.Timeout):
            requests.get(f"{server.url}/healthz", timeout=1)
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.1)
    server.stop()
    raise RuntimeError(f"gunicorn serves nothing:\n{server.told()}")
