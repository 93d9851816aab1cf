"""Data sources as tables: how they and their columns are called. Both names are a stranger's text."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from flux.store.export_declare import MOST_TEXT, Export, Field
from flux.store.export_state import Read, Source

MOST_COLUMNS = 150  # of a table: a query's answer has room for some more
MOST_NAME = 48  # characters of a table's name

# Names that the engine, the file itself, SQL or a nested read has for something else.
_TAKEN = re.compile(
    "sqlite_|pragma_|json_|fts[0-9]|ix_|(built_from|dbstat|bytecode|tables_used|main|temp|properties|ufproperties)$"
)
_WORDS = """
    add all alter and as autoincrement between case cast check collate commit constraint create cross
    current_date current_time current_timestamp default deferrable delete distinct drop else escape
    except exists foreign from full group having if in index indexed inner insert intersect into is
    isnull join left limit natural not nothing notnull null on or order outer primary raise references
    returning right select set table then to transaction union unique update using values when where
"""
_COLUMNS = "SELECT id, CAST(columns AS TEXT) FROM data_sources WHERE account_id = ? AND importer IS NULL"
_TYPES = {"boolean": "integer"}
_HELP = {
    "boolean": "1: true, 0: false; null: not told.",
    "datetime": "As in the file, ISO 8601.",
    "string": f"As in the file, of a long text the first {MOST_TEXT:,} characters.",
}


def name_tables(files: Sequence[str], taken: Iterable[str]) -> list[str]:
    """A table's name for each file: `Ad spend.csv` is `ad_spend`, the next of that name `ad_spend_2`.

    ASCII letters, digits and `_`, a letter first; none is a word of SQL or one of `taken`.
    """
    reserved = {name.lower() for name in taken}
    given: list[str] = []
    for file in files:
        base = _slug(file)
        if base in _WORDS.split() or base in reserved or _TAKEN.match(base) or not base[0].isalpha():
            base = f"table_{base}"
        name, number = base, 1
        while name in given:
            number += 1
            name = f"{base}_{number}"
        given.append(name)
    return given


def _slug(file: str) -> str:
    bare = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", file)
    plain = unicodedata.normalize("NFKD", bare.casefold()).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "_", plain)[:MOST_NAME].strip("_") or "data"


def name_columns(names: Iterable[str]) -> list[str]:
    """The names as they are, but for what no table takes: NULs, nothing at all, one that is there already."""
    given: list[str] = []
    taken: set[str] = set()
    for place, told in enumerate(names, 1):
        base = told.replace("\0", "").encode("utf-8", "replace").decode() or f"column {place}"
        name, number = base, 1
        while name.lower() in taken:
            number += 1
            name = f"{base} ({number})"
        given.append(name)
        taken.add(name.lower())
    return given


def source_exports(read: Read, account_id: int, sources: Mapping[str, Source]) -> list[Export]:
    """The tables of data sources, in their order; one statement, none where there are none."""
    if not sources:
        return []
    columns = {row[0]: row[1] for row in read(_COLUMNS, (account_id,))}
    return [
        _export(table, source, orjson.loads(columns.get(source.id) or "[]") or [])
        for table, source in sources.items()
    ]


def _export(table: str, source: Source, columns: Sequence[Mapping[str, Any]]) -> Export:
    columns = columns or [{"name": "", "type": "string"}]  # a table has one at least
    names = name_columns(str(column["name"]) for column in columns[:MOST_COLUMNS])
    more = f" Its first {MOST_COLUMNS} columns." if len(columns) > MOST_COLUMNS else ""
    fields = (_field(name, str(column["type"])) for name, column in zip(names, columns, strict=False))
    return Export(table, f"Your file `{source.told}`.{more}", tuple(fields))


def _field(name: str, type: str) -> Field:
    return Field(name, _TYPES.get(type, type), _HELP.get(type, "As in the file."))
