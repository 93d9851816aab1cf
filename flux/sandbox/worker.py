"""The throw-away process that runs one user's statement: limits first, then the file, then JSON on stdout.

`python -I -S worker.py`, the request as JSON on standard input: file (a URI), texts (the statement's pieces),
parameters, tables, functions, explain, seconds, rows, bytes, memory_mb. It knows the standard library only,
holds no secret, and has no file open but the account's own. What it prints is one object: `{"columns",
"rows", "truncated", "tables", "plan"}`, or `{"kind": what is wrong, "name": of what, "message": the engine's
words, "piece": where}`.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import sqlite3
import sys
import time

TYPE_CHECKING = False  # each query pays for what is imported here: `typing` alone is a tenth of its time
if TYPE_CHECKING:
    from typing import Any

MEBIBYTE = 2**20
HEAP_MB = 128
PATIENCE = 10  # lets whoever serves a page or a feed go first
FILES = 4  # standard input, output and error, and the account's file: none can be opened any more
MOST_STEPS, MOST_OF_STEP = 200, 300  # of a plan that is told; characters
MOST_OF_NAME = 4_000  # characters of a column's name as the engine has it; longer ones are refused later
TABLES_OF_JSON = ("json_each", "json_tree")
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 200_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 500,
}
_STOP = "\x01"  # ends a parse where it stands
_NEAR = re.compile(r'near "(.*)": syntax error', re.DOTALL)
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_SET_UP = f"""
    PRAGMA hard_heap_limit={HEAP_MB * MEBIBYTE}; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;
    PRAGMA cell_size_check=ON; PRAGMA query_only=ON
"""


class Gate:
    """The authorizer: reads of the account's tables and a list of functions, nothing else."""

    def __init__(self, database: sqlite3.Connection, tables: list[str], functions: list[str]) -> None:
        self.spelled = {name.lower(): name for name in tables}
        self.tables = {*self.spelled, *TABLES_OF_JSON}
        self.functions = set(functions)
        self.read: set[str] = set()  # the account's tables that the statement reads
        self.denied: tuple[str, str] | None = None  # the first thing refused: its kind and name
        present = "SELECT name FROM sqlite_master UNION ALL SELECT name FROM pragma_module_list"
        self.hidden = {name.lower() for (name,) in database.execute(present)} - self.tables

    def __call__(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """What SQLite asks while it compiles: SQLITE_OK or SQLITE_DENY."""
        kind, name = "other", ""
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            kind, name = "table", first or ""
            if self._readable(name.lower(), second or ""):
                self.read.add(name.lower())
                return sqlite3.SQLITE_OK
        elif action == sqlite3.SQLITE_FUNCTION:
            kind, name = "function", second or ""
            if name.lower() in self.functions:
                return sqlite3.SQLITE_OK
        self.denied = self.denied or (kind, name)
        return sqlite3.SQLITE_DENY

    def _readable(self, table: str, column: str) -> bool:
        """No column: a table or a WITH of that name of which no column is read."""
        if table in self.tables:
            return True
        return not column and table not in self.hidden and not table.startswith(("sqlite_", "pragma_"))


def main() -> None:
    """Reads the request and answers it."""
    request = json.load(sys.stdin.buffer)
    try:
        answer = json.dumps(_answer(request), ensure_ascii=False, allow_nan=False)
    except MemoryError:
        answer = '{"kind": "memory"}'
    sys.stdout.buffer.write(answer.encode("utf-8", "replace"))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + request["seconds"]
    os.nice(PATIENCE)
    _limit(request)
    try:
        database = _open(request["file"])
    except sqlite3.Error:
        return {"kind": "file"}
    gate = Gate(database, request["tables"], request["functions"])
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    for limit, value in LIMITS.items():
        database.setlimit(limit, value)
    database.set_progress_handler(lambda: time.monotonic() > deadline, 5_000)
    database.set_authorizer(gate)
    try:
        plan = _plan(database, request) if request["explain"] else []
        found = _run(database, request)
        tables = [name for lower, name in gate.spelled.items() if lower in gate.read]
        return found | {"tables": tables, "plan": plan}
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return _fault(database, request, gate, error)


def _limit(request: dict[str, Any]) -> None:
    memory, seconds = request["memory_mb"] * MEBIBYTE, math.ceil(request["seconds"]) + 1
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _open(file: str) -> sqlite3.Connection:
    database = sqlite3.connect(f"{file}?mode=ro&immutable=1", uri=True, isolation_level=None)
    database.executescript(_SET_UP)
    database.text_factory = lambda found: found.decode("utf-8", "replace")
    for name in TABLES_OF_JSON:  # SQLite lays these out when they are first named: before the gate is shut
        database.execute(f"SELECT 1 FROM {name}('[]')").fetchall()
    return database


def _run(database: sqlite3.Connection, request: dict[str, Any]) -> dict[str, Any]:
    cursor = database.execute("".join(request["texts"]), request["parameters"])
    rows: list[list[Any]] = []
    size, truncated = 0, False
    for found in cursor:
        row = [_plain(value) for value in found]
        size += len(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
        size += len('"":') * len(row)  # a name before each: the caller, who knows them, counts them whole
        if len(rows) == request["rows"] or size > request["bytes"]:
            truncated = True
            break
        rows.append(row)
    columns = [column[0][:MOST_OF_NAME] for column in cursor.description]
    return {"columns": columns, "rows": rows, "truncated": truncated}


def _plan(database: sqlite3.Connection, request: dict[str, Any]) -> list[str]:
    """The engine's steps; what belongs to a step is indented below it."""
    steps: list[str] = []
    depths = {0: 0}
    sql = "EXPLAIN QUERY PLAN " + "".join(request["texts"])
    for step, above, _, told in database.execute(sql, request["parameters"]).fetchmany(MOST_STEPS):
        depths[step] = depths[above] + 1
        steps.append("  " * depths[above] + told[:MOST_OF_STEP])
    return steps


def _plain(value: Any) -> Any:
    """A value as JSON has it: bytes in hexadecimal digits, no infinity."""
    if isinstance(value, bytes):
        return value.hex()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _fault(
    database: sqlite3.Connection, request: dict[str, Any], gate: Gate, error: Exception
) -> dict[str, Any]:
    if gate.denied:
        kind, name = gate.denied
        return {"kind": kind, "name": name}
    message, code = str(error), getattr(error, "sqlite_errorname", "")
    if code.startswith(_BROKEN):
        return {"kind": "file"}
    if code == "SQLITE_INTERRUPT":
        return {"kind": "time"}
    if near := _NEAR.fullmatch(message):
        return {"kind": "syntax", "name": near[1], "piece": _find(database, request["texts"], near[1])}
    return {"kind": "engine", "message": message}


def _find(database: sqlite3.Connection, texts: list[str], token: str) -> int:
    """The piece with the token at which the statement stops being SQL, found by halves.

    What ends before it is sound, or fails at another token: some words are names where nothing follows them.
    """
    sound, wrong = -1, len(texts) - 1
    while wrong - sound > 1:
        middle = (sound + wrong) // 2
        try:
            database.execute("".join(texts[: middle + 1]) + _STOP)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            near = _NEAR.fullmatch(str(error))
            sound, wrong = (sound, middle) if near and near[1] == token else (middle, wrong)
    return wrong


if __name__ == "__main__":
    main()
