"""JSON files: a list of objects becomes a table, nested fields become dotted columns."""

import json
from collections.abc import Iterator
from typing import Any

from flux.importers.file import Cell, Sheet
from flux.importers.records import UnreadableFile

ENVELOPES = ("data", "items", "results", "posts", "elements")
_MAX_DEPTH = 6
_MAX_COLUMNS = 1_000


def read_json(text: str, name: str) -> Sheet:
    """The objects of a JSON array, of an envelope around one, or of one object a line.

    Raises UnreadableFile that names the line and column where it goes wrong.
    """
    objects, lines, unit = _objects(text, name)
    flat = [dict(_flatten(each)) for each in objects]
    columns = list(dict.fromkeys(column for row in flat for column in row))
    if len(columns) > _MAX_COLUMNS:
        raise UnreadableFile(
            f"{name} has {len(columns):,} different fields: at most {_MAX_COLUMNS:,} are read."
        )
    rows: list[list[Cell]] = [list(columns)]
    rows.extend([row.get(column) for column in columns] for row in flat)
    return Sheet("", rows, [0, *lines], unit)


def _objects(text: str, name: str) -> tuple[list[dict[str, Any]], list[int], str]:
    try:
        whole = json.loads(text)
    except RecursionError:
        raise UnreadableFile(f"{name} is nested too deeply to be a list of posts.") from None
    except json.JSONDecodeError as error:
        return _objects_by_line(text, name, error)
    except ValueError:
        raise UnreadableFile(f"{name} holds a number of more than 4,300 digits: that is no count.") from None
    objects = _unwrap(whole)
    if not objects or not all(isinstance(each, dict) for each in objects):
        raise UnreadableFile(
            f"{name} is not a list of objects: it must be [{{…}}, …], or under {', '.join(ENVELOPES)}."
        )
    return objects, list(range(1, len(objects) + 1)), "item"


def _unwrap(whole: Any) -> list[Any]:
    for _ in range(2):
        if isinstance(whole, dict):
            whole = next(
                (whole[key] for key in ENVELOPES if isinstance(whole.get(key), list | dict)), [whole]
            )
    return whole if isinstance(whole, list) else [whole]


def _objects_by_line(
    text: str, name: str, error: json.JSONDecodeError
) -> tuple[list[dict[str, Any]], list[int], str]:
    """NDJSON; where it is none either, the error of the whole file is the telling one."""
    objects: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            each = json.loads(line)
        except (ValueError, RecursionError):
            each = None
        if not isinstance(each, dict):
            at = f"line {error.lineno}, column {error.colno}: {error.msg}"
            at = f"line {number} is not an object" if objects else at
            raise UnreadableFile(f"{name} is not valid JSON: {at}.") from None
        objects.append(each)
        lines.append(number)
    return objects, lines, "line"


def _flatten(value: dict[str, Any], path: str = "", depth: int = 1) -> Iterator[tuple[str, Cell]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and depth < _MAX_DEPTH:
            yield from _flatten(inner, f"{path}{key}.", depth + 1)
        elif isinstance(inner, list | dict):
            yield path + key, json.dumps(inner, ensure_ascii=False) if inner else None
        else:
            yield path + key, inner
