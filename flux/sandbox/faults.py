"""What went wrong in the worker, told so that it can be put right: where, what, and what would be right."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from flux.mistakes import InvalidQuery
from flux.sandbox.functions import FUNCTIONS
from flux.sandbox.statement import Piece, Place, Statement
from flux.sandbox.worker import TABLES_OF_JSON
from flux.store.exports import Export

_UNKNOWN = re.compile(r"no such (table|column|function): (.+)", re.DOTALL)
_NAMED = re.compile(
    r"(?:ambiguous column name:|misuse of (?:window|aggregate)(?: function)?:?"
    r"|wrong number of arguments to function) (.+?)(?:\(\))?"
)
_MOST_KNOWN = 500  # names that are compared with an unknown one: an account may have thousands of columns
_WRITTEN_FOR = {
    "incomplete input": "the query ends too early",
    "datatype mismatch": "LIMIT and OFFSET need whole numbers",
    "integer overflow": "a number is larger than 2^63 - 1",
    "string or blob too big": "a text, or a row on its way, grows longer than 200,000 bytes",
    "LIKE or GLOB pattern too complex": "a pattern of LIKE or GLOB is longer than 200 bytes",
}


def told(fault: Mapping[str, Any], statement: Statement, exports: Sequence[Export]) -> InvalidQuery:
    """The mistake behind a worker's fault of the kinds table, function, other, syntax and engine."""
    kind, name, message = (str(fault.get(key) or "") for key in ("kind", "name", "message"))
    if unknown := _UNKNOWN.fullmatch(message):
        kind, name = unknown.groups()
    if kind == "table":
        return _unknown("table", name, statement, [e.name for e in exports] + list(TABLES_OF_JSON))
    if kind == "column":
        return _unknown("column", name, statement, _columns(statement, exports))
    if kind == "function":
        return _unknown("function", name, statement, list(FUNCTIONS))
    if kind == "syntax":
        return _syntax(fault.get("piece"), name, statement)
    if kind == "other":
        return InvalidQuery("a query may read the account's tables, and nothing else", constraint="a SELECT")
    return _engine(message, statement)


def _unknown(kind: str, name: str, statement: Statement, known: list[str]) -> InvalidQuery:
    bare = name.rsplit(".", maxsplit=1)[-1]
    spelled = {each.lower(): each for each in known[:_MOST_KNOWN] if each.lower() != name.lower()}
    near = get_close_matches(bare.lower(), spelled, 1, 0.6)
    meant = f" Did you mean '{spelled[near[0]]}'?" if near else ""
    every = _short(", ".join(known), 2_000)
    listed = " All are listed in /docs#sql-functions" if kind == "function" else f" There are: {every}"
    problem = f"there is no {kind} '{_short(name)}'.{meant}{listed}"
    return InvalidQuery(problem, _place_of(name, statement), _short(name), every)


def _columns(statement: Statement, exports: Sequence[Export]) -> list[str]:
    """Those of the tables that the query names; of all where it names none."""
    words = {piece.written.lower().strip('"`[]') for piece in statement.pieces}
    named = [export for export in exports if export.name.lower() in words] or exports
    return list(dict.fromkeys(column for export in named for column in export.columns))


def _syntax(piece: object, name: str, statement: Statement) -> InvalidQuery:
    if not isinstance(piece, int) or not 0 <= piece < len(statement.pieces):
        return InvalidQuery(f"'{_short(name)}' cannot stand where it does", value=_short(name))
    found = _short(statement.pieces[piece].written)
    return InvalidQuery(f"'{found}' cannot stand here", statement.pieces[piece].place, found)


def _engine(message: str, statement: Statement) -> InvalidQuery:
    problem = _WRITTEN_FOR.get(message)
    if problem is None:
        named = _NAMED.fullmatch(message)
        place = _place_of(named[1], statement) if named else None
        return InvalidQuery(_short(message[:1].lower() + message[1:], 300), place)
    last = statement.pieces[-1].place if message == "incomplete input" else None
    return InvalidQuery(problem, last)


def _place_of(name: str, statement: Statement) -> Place | None:
    """Where a name, or a dotted one, first stands."""
    wanted = [part.lower() for part in re.split(r"(\.)", name)]
    texts = [_bare(piece) for piece in statement.pieces]
    for at in range(len(texts)):
        if texts[at : at + len(wanted)] == wanted:
            return statement.pieces[at].place
    last = wanted[-1]
    return next(
        (p.place for p in statement.pieces if _bare(p) == last or f"({last} ->>" in p.sql.lower()), None
    )


def _bare(piece: Piece) -> str:
    return piece.sql.lower().strip("`")


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
