"""Schemathesis, all its checks, over the whole OpenAPI document, against the real server."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import requests
from sqlalchemy import Engine

from flux.schemas.metrics import DOORS, MetricIn
from flux.store.accounts import move_account
from flux.store.events import list_events
from flux.store.metrics import create_metric
from flux.store.projects import create_project
from tests.api.caller import make_pair
from tests.services import ROOT, Server
from tests.tenants import Tenant, make_days, make_key, make_posts, post

# What a schema cannot say: parameters that exclude each other (`range` with `from`), days that come in the
# wrong order, a file that is none, a text that is no SQL, a moment long ago. Such requests fit the schema,
# and 400 or 422 is the right answer to them.
# Any bytes may be a file, whatever they are called. See schemathesis_hooks.py, too.
CONFIG = """
[parameters]
key = "{feed}"

[[operations]]
include-tag = "Feeds"
headers = {{ Authorization = "Bearer {feed}" }}
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "429"]

[[operations]]
include-tag = "Metrics"
headers = {{ Authorization = "Bearer {token}" }}
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "429"]

[[operations]]
include-operation-id = "ingest_events"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "429"]

[[operations]]
include-operation-id = "create_data_source"
parameters = {{ profile_id = "{profile}" }}
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422", "429"]
checks.negative_data_rejection.enabled = false

[[operations]]
include-operation-id = "create_analysis"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "429"]
"""
PHASES = "examples,coverage,fuzzing,stateful"
EXAMPLES = int(os.environ.get("FLUX_SCHEMATHESIS_EXAMPLES", "15"))  # for each route and phase
SEED = os.environ.get("FLUX_SCHEMATHESIS_SEED", "1")  # the same requests each time; try others by hand
SECONDS = 240


def test_no_fault_no_undescribed_status_no_breach_of_a_schema(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, tmp_path: Path
) -> None:
    move_account(engine, ada.account_id, "enterprise", 1_000_000, 1_000_000)
    make_posts(engine, ada.profile, ada.account_id, [post(f"2026-11-{d:02d}", likes=d) for d in range(1, 20)])
    make_days(engine, ada.profile, ada.account_id, {"day": "2026-11-01", "impressions": 5})
    project = create_project(engine, ada.account_id, {"name": "There from the start"})
    draft = MetricIn(name="Sevens", query="SELECT 7 AS seven", open_to=list(DOORS))
    metric = create_metric(engine, ada.account_id, draft, (("seven", "integer"),))
    server = serve(env={"FLUX_BURST_PER_MINUTE": "1000000"})
    config = tmp_path / "schemathesis.toml"
    key, pair = make_key(engine, ada.account_id, kind="api"), make_pair(engine, ada.account_id)
    token = requests.post(f"{server.url}/metrics/auth/token", json=pair, timeout=10).json()["accessToken"]
    settled = CONFIG.format(feed=ada.key, token=token, profile=ada.profile.public_id)
    for known in (None, project.public_id):  # ids made up, then one that is there
        named = f'project_id = "{known}"\nmetric_id = "{metric.public_id}"\n' if known else ""
        config.write_text(settled.replace("[parameters]\n", f"[parameters]\n{named}"))
        # A message's method decides on its params and on what is right: tests/mcp sends odd ones.
        spared = ["--exclude-operation-id", "send_agent_message"]
        spared += ["--exclude-operation-id", "delete_project"] if known else []
        command = [Path(sys.executable).parent / "st", "--config-file", config, "run"]
        command += [f"{server.url}/api/v1/openapi.json", "--url", server.url, "--checks", "all"]
        command += ["--header", f"Authorization: Bearer {key}", "--phases", PHASES]
        command += ["--max-examples", str(EXAMPLES), "--no-color", "--seed", SEED, *spared]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={
                **os.environ,
                **pair,
                "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        told = "\n".join(line[:300] for line in (done.stdout + done.stderr).splitlines())
        assert done.returncode == 0, told[-8_000:]
    assert " 500 " not in server.told() and "Traceback" not in server.told()
    taken = rf'"POST /(api/)?v1/projects/{project.public_id}/data-sources[^"]*" 201'
    assert re.search(taken, server.told()), "no upload was ever taken: the run tried too little"
    assert list_events(engine, ada.account_id), "no event was ever taken"
    assert server.told().count('"POST /metrics/auth/token" 200') > 1, "no token was ever given"
