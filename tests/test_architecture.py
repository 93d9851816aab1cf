"""Imports go down only, HTTP and SQL stay in their rooms, files and functions stay small."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES_OF_A_FILE = 220
LINES_OF_A_FUNCTION = 40

# From the ground up. A module imports from its own floor and from those below.
FLOORS = (
    ("ground", ("ids", "mistakes", "release", "plans", "config", "logs", "bridge")),
    ("catalog", ("catalog",)),
    ("retold", ("formats", "schemas", "analyses", "describe", "snippets", "detrend", "importers")),
    ("store", ("store",)),
    (
        "hall",
        (
            "serve",
            "keys",
            "tokens",
            "events",
            "doctor",
            "key_limits",
            "links",
            "accounts",
            "importers.load",
            "importers.plan",
            "demo",
            "demo_events",
            "demo_metrics",
            "metrics",
            "clock",
            "variables",
            "removal",
            "sources",
            "sandbox",
            "studies",
            "search",
            "scores",
            "uploads",
            "work",
        ),
    ),
    (
        "porch",
        (
            "memory",
            "extensions",
            "caller",
            "quotas",
            "errors",
            "queue",
            "answer_cache",
            "questions",
            "feeds",
            "conditional",
        ),
    ),
    ("doors", ("api", "web", "cli", "mcp", "odata")),
    ("house", ("",)),
)
HEIGHT = {floor: height for height, (floor, _) in enumerate(FLOORS)}
FLOOR_OF = {module: floor for floor, modules in FLOORS for module in modules}

# Whose libraries they are: others do not know them.
HTTP = {"flask", "werkzeug", "limits", "wtforms", "gunicorn"}
SQL = {"sqlalchemy", "alembic", "psycopg2", "sqlite3"}
HANDED_ROUND = {"sqlalchemy.Engine", "sqlalchemy.Connection"}  # held and passed on, not used
ALONE = {
    "sandbox.worker",
    "bridge",
}  # a script of its own: it starts fast and holds nothing but the standard library
TELL_ITS_FAULTS = {"errors", "cli"}  # they tell a user that the database does not answer

Breach = str


def breaches(path: Path, text: str) -> list[Breach]:
    """Every breach in a file of Flux, were this its text, as `file:line: what is wrong`."""
    tree = ast.parse(text)
    problems = [*_wrong_imports(path, tree), *_too_long(path, text, tree)]
    return [f"{path.relative_to(ROOT)}:{line}: {problem}" for line, problem in problems]


def _wrong_imports(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    name = _module_of(path)
    floor = _floor(name)
    if floor is None:
        yield 1, f"'{name}' is on no floor: add it to FLOORS"
        return
    for line, target in _imports(path, tree):
        package, _, inside = target.partition(".")
        if name in ALONE:
            problem = _wrong_company(name, target, package)
        elif package == "flux":
            problem = _wrong_way(name, floor, inside)
        else:
            problem = _wrong_room(name, floor, target, package)
        if problem:
            yield line, problem


def _wrong_company(name: str, target: str, package: str) -> str | None:
    if package not in sys.stdlib_module_names:
        return f"'{name}' imports '{target}': it runs alone, with the standard library only"
    return None


def _wrong_way(name: str, floor: str, target: str) -> str | None:
    theirs = _floor(target)
    if theirs is None:
        return f"imports '{target}', which is on no floor"
    if HEIGHT[theirs] > HEIGHT[floor]:
        return f"'{name}' ({floor}) imports upwards: '{target}' ({theirs})"
    if floor == theirs == "doors" and name.split(".", maxsplit=1)[0] != target.split(".", maxsplit=1)[0]:
        return f"the door '{name}' imports the door '{target}'"
    return None


def _wrong_room(name: str, floor: str, target: str, package: str) -> str | None:
    if floor == "catalog" and package not in sys.stdlib_module_names:
        return f"the catalog imports '{target}': it knows the standard library only"
    if (package in HTTP or package.startswith("flask_")) and HEIGHT[floor] < HEIGHT["porch"]:
        return f"'{name}' ({floor}) imports '{target}': only porch and doors know HTTP"
    harmless = target in HANDED_ROUND or (target.startswith("sqlalchemy.exc.") and name in TELL_ITS_FAULTS)
    if package in SQL and floor != "store" and not harmless:
        return f"'{name}' ({floor}) imports '{target}': only the store knows SQL"
    return None


def _imports(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a file imports, wherever in it; a module rather than the name in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                above = ["flux", *path.relative_to(ROOT / "flux").parts[: -node.level]]
                source = ".".join([*above, *([source] if source else [])])
            for alias in node.names:
                full = f"{source}.{alias.name}"
                yield node.lineno, full if not full.startswith("flux.") or _is_module(full) else source


def _is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or place.is_dir()


def _module_of(path: Path) -> str:
    """`flux/store/engine.py` is `store.engine`, `flux/__init__.py` is the empty name."""
    parts = path.relative_to(ROOT / "flux").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _floor(module: str) -> str | None:
    """The floor of a module, or of the nearest package around it."""
    parts = module.split(".")
    heads = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((FLOOR_OF[head] for head in heads if head in FLOOR_OF), None)


def _too_long(path: Path, text: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    if "versions" in path.parts:
        return  # a migration is a record of what was done, step after step
    lines = len(text.splitlines())
    if lines > LINES_OF_A_FILE:
        yield 1, f"{lines} lines: at most {LINES_OF_A_FILE}"
    if tree.body and not ast.get_docstring(tree):
        yield 1, "does not begin with a docstring: its promise"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LINES_OF_A_FUNCTION:
                yield node.lineno, f"{node.name} has {length} lines: at most {LINES_OF_A_FUNCTION}"


def test_the_house_stands() -> None:
    files = sorted((ROOT / "flux").rglob("*.py"))
    assert [breach for path in files for breach in breaches(path, path.read_text())] == []


def test_every_room_of_the_plan_is_there() -> None:
    planned = {module for _, modules in FLOORS for module in modules} - {""}
    missing = [m for m in sorted(planned) if not _is_module(f"flux.{m}")]
    assert missing == []


PLANTED = [
    ("catalog/query.py", "from flux.store import engine", "imports upwards"),
    ("caller.py", "from sqlalchemy.exc import OperationalError", "only the store knows SQL"),
    ("catalog/query.py", "import orjson", "standard library only"),
    ("formats.py", "import flux.serve", "imports upwards"),
    ("store/engine.py", "from flux import keys", "imports upwards"),
    ("store/engine.py", "from .. import serve", "imports upwards"),
    ("serve.py", "from flask import g", "only porch and doors know HTTP"),
    ("keys.py", "def late():\n    from flask_login import current_user", "only porch and doors know HTTP"),
    ("serve.py", "from sqlalchemy import select", "only the store knows SQL"),
    ("api/datasets.py", "import sqlite3", "only the store knows SQL"),
    ("api/datasets.py", "from flux.web import register", "the door 'api.datasets' imports the door 'web'"),
    ("cli/__init__.py", "from flux import api", "the door 'cli' imports the door 'api'"),
    ("sandbox/run.py", "import sqlite3", "only the store knows SQL"),
    ("sandbox/worker.py", "import orjson", "the standard library only"),
    ("sandbox/worker.py", "from flux import ids", "the standard library only"),
    ("bridge.py", "import requests", "the standard library only"),
    ("errors.py", "from flux.api import datasets", "imports upwards"),
    ("attic.py", '"""A new module."""', "is on no floor"),
    ("ids.py", "# more\n" * LINES_OF_A_FILE, "lines: at most"),
    ("ids.py", "def endless():\n" + "    pass\n" * LINES_OF_A_FUNCTION, "endless has 41 lines"),
    ("promise.py", "x = 1", "does not begin with a docstring"),
]


@pytest.mark.parametrize(("file", "planted", "told"), PLANTED)
def test_a_breach_is_seen(file: str, planted: str, told: str) -> None:
    path = ROOT / "flux" / file
    text, before = "", []
    if path.exists():
        text = path.read_text()
        before = breaches(path, text)
    new = [breach for breach in breaches(path, f"{text}\n{planted}\n") if breach not in before]
    assert any(breach.startswith(f"flux/{file}:") and told in breach for breach in new), new
