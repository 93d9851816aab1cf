"""Node and what npm installs: of the tests' own environment, else of the system."""

import os
import shutil
import subprocess
import sys
from fcntl import LOCK_EX, flock
from pathlib import Path

from tests.services import need

INSTALL_SECONDS = 180


def node() -> str:
    """The node program. Skips the test where there is none."""
    return need(_find("node"), "Node")


def environment() -> dict[str, str]:
    """The process's environment in which programs of npm find this node; without Flux's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLUX_")}
    return kept | {"PATH": f"{Path(node()).parent}{os.pathsep}{os.environ['PATH']}"}


def npm(folder: Path, *words: str) -> None:
    """Lets npm install something in a folder. Skips the test where it gets no packages."""
    command = [need(_find("npm"), "npm"), *words, "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(
        [*command, "--fetch-retries=1"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    told = " ".join(line for line in done.stderr.splitlines() if "npm error" in line)[:1_000]
    if done.returncode != 0 and not any(
        sign in told for sign in ("ENOTFOUND", "EAI_AGAIN", "ECONN", "ETIMEDOUT")
    ):
        raise RuntimeError(f"npm {' '.join(words)} in {folder}: {told}")
    need("installed" if done.returncode == 0 else None, f"npm's registry, or what it has ({told}),")


def install(folder: Path) -> Path:
    """The `node_modules` of a folder, as its lock file wants it. Skips the test where npm gets none."""
    modules, lock = folder / "node_modules", folder / "package-lock.json"
    mark = modules / ".package-lock.json"
    with lock.open() as held:
        flock(held, LOCK_EX)  # another process of the tests may be at it
        if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
            npm(folder, "ci", "--ignore-scripts")
    return modules


def _find(program: str) -> str | None:
    """Beside the tests' own Python first: there a package brings it."""
    return shutil.which(program, path=str(Path(sys.executable).parent)) or shutil.which(program)
