"""The Python client as a user gets it: installed from the checkout, its README's examples run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.caller import SPEND
from tests.clients.conftest import House
from tests.clients.readme import examples
from tests.services import ROOT, need
from tests.workers import working

CLIENT = ROOT / "clients" / "python"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installs it into; what it stands on comes from the tests' own environment."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--target", str(folder), str(CLIENT)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if "No matching distribution found for setuptools" in done.stderr:
        need(None, "setuptools, which pip wants from a package index,")
    assert done.returncode == 0, done.stderr
    return folder


def run(folder: Path, installed: Path, program: str, house: House) -> str:
    """What a program prints that finds the client where it was installed."""
    keys = ",".join((house.tenant.key, house.api_key, *house.pair))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "FLUX_URL": house.url, "FLUX_KEYS": keys}
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_of_the_readme_runs(installed: Path, house: House, tmp_path: Path) -> None:
    blocks = examples(CLIENT / "README.md", "python")
    assert len(blocks) == 8
    (tmp_path / "spend.csv").write_bytes(SPEND)
    with working(tmp_path, house.settings):
        told = run(tmp_path, installed, "\n".join(blocks), house)
    lines = told.splitlines()
    assert (
        sum(line.startswith(house.tenant.profile.name) for line in lines) == 13
    )  # this week and twelve before
    assert "3 ['day', 'spend', 'hours', 'note']" in lines
    assert "[{'format': None, 'posts': 4}] False" in lines
    assert any(line.startswith(house.tenant.profile.public_id) for line in lines)
    assert any(line.startswith("invalid_parameter {'parameter': 'from'") for line in lines)
    assert lines[-1] == "1"
    assert list((tmp_path / ".flux-answers").iterdir())


def test_its_examples_have_the_types_that_they_need(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "readme.py").write_text("\n".join(examples(CLIENT / "README.md", "python")))
    (tmp_path / "wrong.py").write_text(
        "from flux_client import Flux\n"
        'Flux().datasets.posts(frm="-90d")\n'
        'Flux().datasets.engagement_trends(granularity="yearly")\n'
        "for row in Flux().datasets.overview():\n"
        "    row['likes'] + 1\n"
        'Flux().analyses.start("proj_", {"kind": "roi", "parameters": {}})\n'
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "MYPYPATH": ""}
    command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", "--no-error-summary"]
    command += ["--cache-dir", str(tmp_path / "cache"), "--python-executable", sys.executable]
    good, bad = (
        subprocess.run(
            [*command, name], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
        ).stdout
        for name in ("readme.py", "wrong.py")
    )
    assert good == ""
    assert {line.split(":")[1] for line in bad.splitlines() if ": error:" in line} == {"2", "3", "5", "6"}
