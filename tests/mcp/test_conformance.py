"""The official conformance suite, for both generations, but for what needs fixtures that only it has."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.node import environment, install, node
from tests.proxy import proxy
from tests.services import Server
from tests.tenants import Tenant, make_key

HERE = Path(__file__).parent
REVISIONS = ("2026-07-28", "2025-11-25")
PROGRAM = Path("@modelcontextprotocol") / "conformance" / "dist" / "index.js"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("revision", REVISIONS)
def test_what_a_revision_requires_is_kept(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, tmp_path: Path, revision: str
) -> None:
    program = install(HERE / "programs") / PROGRAM
    server, key = serve(), make_key(engine, ada.account_id, kind="mcp")
    expected = HERE / "conformance" / f"{revision}.yaml"
    # The suite knows no way to send a key: the proxy adds it, and leaves Host and Origin as they are.
    with proxy(server.url, {"Authorization": f"Bearer {key}"}) as between:
        asked = ["--requirements", revision, "--expected-failures", expected, "-o", tmp_path / "found"]
        done = subprocess.run(
            [node(), program, "server", "--url", f"{between.url}/mcp", *asked],
            env=environment(),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout[done.stdout.find("=== SUMMARY") :] + done.stderr
    assert "tools-list: " in done.stdout and "dns-rebinding-protection: 2 passed, 0 failed" in done.stdout


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_exception_has_its_reason(revision: str) -> None:
    lines = (HERE / "conformance" / f"{revision}.yaml").read_text().splitlines()
    named = [line for line in lines if line.startswith("  - ")]
    assert len(named) > 20
    assert [line for line in named if not re.fullmatch(r"  - [a-z0-9:-]+ # \w.{20,}", line)] == []
