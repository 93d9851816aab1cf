"""The throw-away process that reads one untrusted file: limits first, then the file, then JSON on stdout.

`python -m flux.importers.worker`, the request as JSON on standard input. What it prints is one object:
`{"type": …, "extract": …}`, `{"type": …, "table": …}`, or `{"unreadable": message, "details": …}`.
"""

import gc
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from flux.importers import take
from flux.importers.cleaning import clean
from flux.importers.opening import open_file
from flux.importers.records import Extract, Options, UnreadableFile
from flux.importers.table import TableExtract

MEBIBYTE = 2**20
MAX_ANSWER = 512 * MEBIBYTE  # bytes that this process may write
TABLE_FIELDS = ("columns", "rows", "recognised")
OUT_OF_MEMORY = 77  # exit status


def main() -> None:
    """Reads the request, answers it, and exits; with OUT_OF_MEMORY where the file asks for too much."""
    gc.disable()  # all that is made is kept to the end
    request: dict[str, Any] = orjson.loads(sys.stdin.buffer.read())
    _limit(request["memory_mb"], request["seconds"])
    try:
        answer = orjson.dumps(_answer(request))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    sys.stdout.buffer.write(answer)


def _limit(memory_mb: int, seconds: int) -> None:
    for what, limit in (
        (resource.RLIMIT_AS, memory_mb * MEBIBYTE),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, MAX_ANSWER),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        file = open_file(Path(request["path"]).read_bytes(), request["name"])
        found = take(file, Options(**request["options"]), request["as_table"])
    except UnreadableFile as problem:
        return {"unreadable": _sayable(problem.message), "details": problem.details}
    except RecursionError:
        return {"unreadable": f"{request['name']} is nested too deeply to be read.", "details": {}}
    if isinstance(found, TableExtract):
        return {"type": file.kind, "table": {name: getattr(found, name) for name in TABLE_FIELDS}}
    return {"type": file.kind, "extract": pack(clean(found))}


def pack(found: Extract) -> dict[str, Any]:
    """An Extract as JSON types: records become lists."""
    packed = {
        name: getattr(found, name)
        for name in ("importer", "window_start", "read_at", "mapping", "recognised")
    }
    packed["posts"] = list(map(list, found.posts))
    packed["days"] = list(map(list, found.days))
    packed["left_out"] = list(map(list, found.left_out))
    return packed


def _sayable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def options_as_json(options: Options) -> dict[str, Any]:
    """Options as JSON types."""
    return {**asdict(options), "mapping": dict(options.mapping)}


if __name__ == "__main__":
    main()
