"""The servers under measurement: Flux and a bare Flask under one gunicorn.conf.py, and Datasette."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.data import PEPPER, WITHOUT_LIMIT, Filled
from tests.services import Server, free_port, gunicorn, stop, wait_for_port

COLD = {"FLUX_CACHE_BODY_KB": "0"}
CACHED = {"FLUX_CACHE_BODY_KB": "8192"}


class Servers(ExitStack):
    """Starts servers, and ends them all at its own end."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def flux(self, data: Filled, more: Mapping[str, str], workers: int = 1) -> Server:
        """Flux on a filled database, without limits that the bench would run into."""
        environment = {
            "FLUX_DATABASE_URL": data.url,
            "FLUX_INSTANCE_PATH": str(self.folder / "instance"),
            "FLUX_SECRET_KEY": PEPPER,
            "FLUX_BURST_PER_MINUTE": str(WITHOUT_LIMIT),
            **more,
        }
        return self._gunicorn(environment, workers, "wsgi:app")

    def bare(self, workers: int = 1, redis_url: str = "") -> Server:
        """A bare Flask app; the Redis is only named, so that it may have as many workers."""
        return self._gunicorn({"FLUX_REDIS_URL": redis_url}, workers, "bench.bare:app")

    def _gunicorn(self, environment: dict[str, str], workers: int, app: str) -> Server:
        server = gunicorn(self.folder, environment, ("--workers", str(workers)), app)
        self.callback(server.stop)
        return server

    def datasette(self, program: str, database: Path, queries: Mapping[str, str]) -> tuple[str, int]:
        """The address and process id of Datasette, with canned queries on the same SQLite file."""
        metadata = self.folder / "datasette.json"
        canned = {name: {"sql": sql} for name, sql in queries.items()}
        metadata.write_text(json.dumps({"databases": {database.stem: {"queries": canned}}}))
        return self.enter_context(_datasette(program, database, metadata, self.folder / "datasette.log"))


@contextmanager
def _datasette(program: str, database: Path, metadata: Path, log: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    limits = ["--setting", "max_returned_rows", "100000", "--setting", "sql_time_limit_ms", "60000"]
    limits += ["--setting", "max_csv_mb", "0"]
    command = [program, "serve", str(database), "--port", str(port), "--metadata", str(metadata), *limits]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_for_port(port, process, log.read_text)
        yield f"http://127.0.0.1:{port}/{database.stem}", process.pid
    finally:
        stop(process)
