"""Random filters, each with what it says of a row in plain Python: null for what is not known, as in SQL."""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

from hypothesis import strategies as st

from flux.catalog.declare import Column
from tests.odata.reader import Row

OPERATORS = {name: getattr(operator, name) for name in ("eq", "ne", "gt", "ge", "lt", "le")}
MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
PARTS = ("a", "#b", "one", "image", "", "o'", "10", "=", "E", " ", "🚀", "urn:")
ZONES = [timezone(timedelta(hours=hours)) for hours in (0, 14, -5)]
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "number": st.integers(-30, 60) | st.floats(-9, 40).map(lambda number: round(number, 2)),
    "string": st.sampled_from(PARTS),
    "date": st.dates(date(2025, 9, 20), date(2026, 2, 10)).map(str),
    "datetime": st.builds(
        datetime.fromtimestamp, st.integers(1_759_000_000, 1_768_000_000), st.sampled_from(ZONES)
    ),
    "boolean": st.booleans(),
}


class Term(NamedTuple):
    """What a row has: as OData writes it, and as Python reads it."""

    text: str
    type: str
    of: Callable[[Row], Any]


class Case(NamedTuple):
    """A condition, and what it says of a row."""

    text: str
    says: Callable[[Row], bool | None]


def quoted(text: str) -> str:
    """As OData writes a text."""
    return "'" + text.replace("'", "''") + "'"


def filters(columns: Iterable[Column], rows: list[Row], disputed: bool = True) -> st.SearchStrategy[Case]:
    """Conditions on these columns, and conditions of conditions; most with values that are in the rows.

    `disputed`: with what implementations differ in, which is `not` and null in a list.
    """
    terms = [term for column in columns for term in _terms(column)]
    conditions = {term.text: _condition(term, _values(term, rows), disputed) for term in terms}
    leaves = st.sampled_from(terms).flatmap(lambda term: conditions[term.text])
    return st.recursive(leaves, lambda inner: _grown(inner, disputed), max_leaves=4)


def _terms(column: Column) -> list[Term]:
    """The column, and what functions make of it."""
    name, type = column.name, {"list": "string", "integer": "number"}.get(column.type, column.type)
    own = Term(name, type, lambda row: row[name])

    def of(text: str, type: str, make: Callable[[Any], Any]) -> Term:
        return Term(text.format(name), type, lambda row: None if own.of(row) is None else make(own.of(row)))

    if type == "string":
        return [
            own,
            of("tolower({})", "string", str.lower),
            of("toupper(trim({}))", "string", lambda cell: cell.strip().upper()),
            of("concat({},'x')", "string", lambda cell: f"{cell}x"),
            of("length({})", "number", len),
            of("indexof({},'a')", "number", lambda cell: cell.find("a")),
        ]
    if type == "date":
        parts = [("year", 0, 4), ("month", 5, 7), ("day", 8, 10)]
        return [
            own,
            own,
            *(of(f"{p}({{}})", "number", lambda cell, a=a, b=b: int(cell[a:b])) for p, a, b in parts),
        ]
    if type == "datetime":
        moment = of("{}", "datetime", datetime.fromisoformat)
        return [moment, of("hour({})", "number", lambda cell: int(cell[11:13]))]
    return [own]


def _values(term: Term, rows: list[Row]) -> st.SearchStrategy[tuple[str, Any]]:
    """Values to compare with, each as OData writes it and as Python has it."""
    there = sorted({value for row in rows if (value := term.of(row)) is not None})
    own = st.sampled_from(there) if there else OTHERS[term.type]
    return (own | own | own | OTHERS[term.type] | st.none()).map(lambda value: (_written(value), value))


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, datetime):
        return value.isoformat()
    is_day = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    return quoted(value) if isinstance(value, str) and not is_day else str(value)


def _condition(
    term: Term, own: st.SearchStrategy[tuple[str, Any]], disputed: bool
) -> st.SearchStrategy[Case]:
    listed = own if disputed else own.filter(lambda value: value[1] is not None)
    op = st.sampled_from(["eq", "ne"] if term.type == "boolean" else list(OPERATORS))
    found = [
        st.builds(lambda op, value: _compared(term, op, *value), op, own),
        st.builds(lambda op, value: _compared(term, op, *value, mirrored=True), op, own),
        st.lists(listed, min_size=1, max_size=4).map(lambda some: _listed(term, some)),
    ]
    if term.type == "string":
        names, parts = st.sampled_from(["contains", "startswith", "endswith"]), st.sampled_from(PARTS)
        value = own | parts.map(lambda part: (quoted(part), part))
        found.append(st.builds(lambda name, value: _called(name, term, *value), names, value))
    if term.type == "boolean":
        found.append(st.just(Case(term.text, term.of)))
    return st.one_of(found)


def _compared(term: Term, op: str, text: str, value: Any, mirrored: bool = False) -> Case:
    """Null equals null alone, and stands neither before nor after anything."""

    def says(row: Row) -> bool:
        cell = term.of(row)
        if op not in ("eq", "ne") and (cell is None or value is None):
            return False
        return bool(OPERATORS[op](cell, value))

    written = f"{text} {MIRRORED[op]} {term.text}" if mirrored else f"{term.text} {op} {text}"
    return Case(written, says)


def _listed(term: Term, some: list[tuple[str, Any]]) -> Case:
    values = [value for _, value in some]
    return Case(f"{term.text} in ({','.join(text for text, _ in some)})", lambda row: term.of(row) in values)


def _called(name: str, term: Term, text: str, part: str | None) -> Case:
    def says(row: Row) -> bool | None:
        cell = term.of(row)
        if cell is None or part is None:
            return None
        if name == "contains":
            return part in cell
        return bool(cell.startswith(part) if name == "startswith" else cell.endswith(part))

    return Case(f"{name}({term.text}, {text})", says)


def _grown(inner: st.SearchStrategy[Case], disputed: bool) -> st.SearchStrategy[Case]:
    """Conditions of conditions, by Kleene's rules."""
    both, either = st.builds(_both, inner, inner), st.builds(_either, inner, inner)
    return st.one_of(both, either, inner.map(_not)) if disputed else both | either


def _both(one: Case, other: Case) -> Case:
    return Case(f"({one.text}) and ({other.text})", lambda row: _least(one.says(row), other.says(row)))


def _either(one: Case, other: Case) -> Case:
    return Case(f"{one.text} or {other.text}", lambda row: _most(one.says(row), other.says(row)))


def _not(of: Case) -> Case:
    return Case(f"not ({of.text})", lambda row: None if of.says(row) is None else not of.says(row))


def _least(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True


def _most(one: bool | None, other: bool | None) -> bool | None:
    return True if True in (one, other) else None if None in (one, other) else False
