"""Reading an untrusted file in a process of its own, with a limit on memory, time and output."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import orjson

from flux.importers.collector import paused_collector
from flux.importers.column import TYPES
from flux.importers.opening import Limits
from flux.importers.records import DayRecord, Extract, LeftOut, Options, PostRecord, UnreadableFile
from flux.importers.table import TableExtract
from flux.importers.worker import OUT_OF_MEMORY, options_as_json

_ROOT = Path(__file__).parents[2]
_MEBIBYTE = 2**20
_POST_TYPES = (str, int, bool, *(str,) * 3, *(int,) * 5, str)
FILE_TYPES = {type: type for type in ("csv", "json", "xlsx", "xls", "zip")}
_NO_ANSWER = "{} can't be read: the process that reads it gave no valid answer."
_DAY_TYPES = (str, *(int,) * 4)


def read_file(path: Path, name: str, options: Options, limits: Limits) -> Extract:
    """Everything the export at `path` says; `name` is what the user calls it.

    Raises UnreadableFile: not known, damaged, or asking for more than the limits.
    """
    _, found = read_any(path, name, options, limits, as_table=False)
    if not isinstance(found, Extract):
        raise UnreadableFile(_NO_ANSWER.format(name))
    return found


def read_any(
    path: Path, name: str, options: Options, limits: Limits, as_table: bool | None
) -> tuple[str, Extract | TableExtract]:
    """The type of a file (csv, json, xlsx, xls, zip), and what it says as an export or as a table.

    With `as_table` None it is taken for what it looks like. Raises UnreadableFile as `read_file`.
    """
    size = path.stat().st_size
    if size > limits.upload_mb * _MEBIBYTE:
        raise UnreadableFile(
            f"{name} is {size / _MEBIBYTE:,.0f} MiB: at most {limits.upload_mb} MiB are read."
        )
    request = {
        "path": str(path.absolute()),
        "name": name,
        "options": options_as_json(options),
        "memory_mb": limits.memory_mb,
        "seconds": limits.seconds,
        "as_table": as_table,
    }
    with tempfile.TemporaryFile() as answer:
        status = _run(orjson.dumps(request), answer, name, limits)
        _refuse_death(status, name, limits)
        answer.seek(0)
        with paused_collector():
            return _unpack(answer.read(), name)


def _run(request: bytes, answer: IO[bytes], name: str, limits: Limits) -> int:
    """The exit status of the process. Its environment is empty: no secret of the server is in it."""
    command = [sys.executable, "-E", "-s", "-m", "flux.importers.worker"]
    try:
        return subprocess.run(  # noqa: S603 - the command is constants only
            command,
            input=request,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
            timeout=limits.seconds,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        raise UnreadableFile(_too_slow(name, limits)) from None


def _refuse_death(status: int, name: str, limits: Limits) -> None:
    """A process that died says by its status what the file asked for."""
    if status == 0:
        return
    if status == -signal.SIGXCPU:
        raise UnreadableFile(_too_slow(name, limits))
    if status in (OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV):
        raise UnreadableFile(
            f"{name} asks for more than {limits.memory_mb:,} MiB of memory to be read. A cell far outside "
            "the table does that: copy the table into a new file, or save it as CSV."
        )
    raise UnreadableFile(f"{name} can't be read: the process that reads it ended with status {status}.")


def _too_slow(name: str, limits: Limits) -> str:
    return f"{name} takes more than {limits.seconds} seconds to be read. Split it into smaller files."


def _unpack(answer: bytes, name: str) -> tuple[str, Extract | TableExtract]:
    """The answer as records. It comes from a process that has read hostile bytes: its types are checked."""
    try:
        told: dict[str, Any] = orjson.loads(answer)
        if "unreadable" in told:
            raise UnreadableFile(told["unreadable"], **told["details"])
        return FILE_TYPES[told["type"]], _table(told["table"]) if "table" in told else _extract(
            told["extract"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(_NO_ANSWER.format(name)) from error


def _extract(found: dict[str, Any]) -> Extract:
    _check(found["posts"], _POST_TYPES)
    _check(found["days"], _DAY_TYPES)
    return Extract(
        importer=str(found["importer"]),
        recognised=tuple(found["recognised"]),
        posts=tuple(map(PostRecord._make, found["posts"])),
        days=tuple(map(DayRecord._make, found["days"])),
        left_out=tuple(map(LeftOut._make, found["left_out"])),
        window_start=int(found["window_start"]),
        read_at=found["read_at"] if found["read_at"] is None else int(found["read_at"]),
        mapping=found["mapping"],
    )


def _table(found: dict[str, Any]) -> TableExtract:
    columns = tuple((str(name), str(type)) for name, type in found["columns"])
    if set(map(len, found["rows"])) != {len(columns)}:
        raise ValueError("rows of another length")
    _check(found["rows"], tuple(TYPES[type] for _, type in columns))
    return TableExtract(columns, found["rows"], tuple(map(str, found["recognised"])))


def _check(rows: list[list[Any]], types: tuple[type, ...]) -> None:
    for column, kind in zip(zip(*rows, strict=True), types, strict=False):
        if not set(map(type, column)) <= {kind, type(None)}:
            raise TypeError(f"expected {kind.__name__}")
