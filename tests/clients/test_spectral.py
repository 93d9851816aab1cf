"""Spectral's default rules over the OpenAPI document."""

import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

from flux.describe.openapi import describe_api
from flux.errors import ERRORS
from tests.node import environment, install, node

HERE = Path(__file__).parent / "spectral"


def lint(document: dict[str, Any], folder: Path) -> list[str]:
    """What Spectral finds, warnings too."""
    program = install(HERE) / "@stoplight" / "spectral-cli" / "dist" / "index.js"
    (folder / "openapi.json").write_text(json.dumps(document))
    command = [node(), program, "lint", folder / "openapi.json", "--ruleset", HERE / "ruleset.yaml"]
    done = subprocess.run(
        [*command, "--format", "json", "--quiet"],
        cwd=HERE,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return [
        f"{found['code']} at {'.'.join(map(str, found['path']))}: {found['message']}"
        for found in json.loads(done.stdout)
    ]


def test_the_document_breaks_no_rule(tmp_path: Path) -> None:
    assert lint(describe_api("https://flux.example.org", tuple(ERRORS.items())), tmp_path) == []


def test_a_breach_is_found(tmp_path: Path) -> None:
    document = deepcopy(describe_api("https://flux.example.org", tuple(ERRORS.items())))
    document["paths"]["/healthz"]["get"]["operationId"] = "get_status"
    assert any(line.startswith("operation-operationId-unique ") for line in lint(document, tmp_path))
