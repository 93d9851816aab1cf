"""Programs in JavaScript and TypeScript that use the client, run as their writer would run them."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests import node

IMPORTS = """
import * as client from "flux-client";
import { DirectoryCache } from "flux-client/directory";
const { Flux, MemoryCache } = client;
const collect = async (items) => {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
};
const caught = async (act) => {
  try {
    await act();
  } catch (e) {
    return { ...e, name: e.name, is: e instanceof client.FluxError, message: e.message };
  }
  throw new Error("nothing was thrown");
};
const tell = (value) => console.log(JSON.stringify(value));
"""


def run(project: Path, program: str, address: str, *keys: str) -> Any:
    """What a program prints, line by line, each a JSON value."""
    (project / "program.mjs").write_text(IMPORTS + program)
    return [json.loads(line) for line in start(project, "program.mjs", address, *keys)]


def start(project: Path, file: str, address: str, *keys: str) -> list[str]:
    """The lines that a file prints under Node, with the address and the keys in the environment."""
    env = node.environment() | {"FLUX_URL": address, "FLUX_KEYS": " ".join(keys)}
    done = subprocess.run(
        [node.node(), file], cwd=project, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def mistakes(project: Path, *files: str) -> list[str]:
    """The mistakes that the strict compiler finds: `file:line`."""
    modules = project.parent / "client" / "node_modules"
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"]
    options += ["--skipLibCheck", "--typeRoots", str(modules / "@types")]
    done = subprocess.run(
        [node.node(), modules / "typescript" / "bin" / "tsc", *options, *files],
        cwd=project, env=node.environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return [":".join(found) for found in re.findall(r"^(.+)\((\d+),\d+\): error", done.stdout, re.MULTILINE)]
