"""`$filter`, `$orderby` and keys: from their texts, by the grammar in filter.lark, to expressions."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeVar

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from flux.catalog.kinds import shown
from flux.describe.edm import EntitySet
from flux.mistakes import Mistake, NotOffered
from flux.odata.expressions import (
    Expression,
    Unfit,
    called,
    check_function,
    column,
    compared,
    joined,
    literal,
    negated,
)
from flux.odata.expressions import condition as checked

T = TypeVar("T")
Node = Tree[Token]

MAX_DEPTH = 50
_NOT_SERVED = re.compile(r"(add|sub|mul|div|divby|mod|has|any|all)\b|[/@$]|-(?=\s*[A-Za-z_(])")


@lru_cache
def _parser() -> Lark:
    """Made when it is first needed: that costs as much as a thousand filters."""
    return Lark.open("filter.lark", rel_to=__file__, parser="lalr", start=["filter", "orderby", "key"])


def read_filter(of: EntitySet, text: str) -> Expression:
    """The condition in `$filter`. Raises Mistake or NotOffered."""
    node = _tree("filter", "$filter", text).children[0]
    return _fitting("$filter", lambda: checked(_read(of, node)))


def read_order(of: EntitySet, text: str) -> list[tuple[Expression, bool]]:
    """What `$orderby` sorts by, the strongest first, and whether each falls. Raises the same."""
    items: list[Any] = _tree("orderby", "$orderby", text).children
    parts = [item.children for item in items]
    return _fitting("$orderby", lambda: [(_read(of, node), way == "desc") for node, way in parts])


def read_select(of: EntitySet, text: str) -> tuple[int, ...]:
    """The places of the columns in `$select`, each once, in its order; `*`: all. Raises Mistake."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if "*" in names:
        return tuple(range(len(of.columns)))
    return _fitting("$select", lambda: tuple(find_column(of, name) for name in names))


def read_key(of: EntitySet, text: str) -> Expression:
    """The condition that a key in parentheses is. Raises the same."""
    nodes: list[Any] = _tree("key", "key", text).children
    names = of.dataset.key
    pairs = [node.children if node.data == "pair" else (names[0], node) for node in nodes]
    if sorted(str(name) for name, _ in pairs) != sorted(names):
        raise _wrong("key", text, f"({','.join(f'{name}=…' for name in names)})")
    return _fitting(
        "key", lambda: joined("both", [compared(_column(of, n), "eq", _read(of, v)) for n, v in pairs])
    )


def _tree(start: str, option: str, text: str) -> Node:
    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        rest = "" if ended else text[error.pos_in_stream :].lstrip()
    if part := _NOT_SERVED.match(rest):
        raise NotOffered(
            f"'{part[0]}' is not served in '{option}'. Columns, values, comparisons, and, or, not, in and "
            f"functions are.",
            parameter=option,
            value=part[0],
        )
    where = f"at '{shown(rest[:30])}'" if rest else "at its end"
    raise _wrong(option, text, f"written as in OData 4.0; it cannot be understood {where}")


def _wrong(option: str, value: str, constraint: str) -> Mistake:
    value = shown(value)
    told = f"In '{option}', '{value}' must be {constraint}."
    return Mistake(told, parameter=option, value=value, constraint=constraint)


def _fitting(option: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except Unfit as unfit:
        raise _wrong(option, unfit.value, unfit.constraint) from None


def _read(of: EntitySet, node: Any, depth: int = 0) -> Expression:
    if depth > MAX_DEPTH:
        raise Unfit("nested too deeply", f"nested at most {MAX_DEPTH} deep")
    parts = node.children
    match node.data:
        case "column":
            return _column(of, str(parts[0]))
        case "literal":
            return literal(parts[0].type, str(parts[0]))
    if node.data == "call":
        check_function(str(parts[0]))  # before what it is called with: a type is no column
    inner = [_read(of, part, depth + 1) for part in parts if isinstance(part, Tree)]
    match node.data:
        case "negation":
            return negated(inner[0])
        case "comparison":
            return compared(inner[0], str(parts[1]), inner[1])
        case "membership":
            return joined("either", [compared(inner[0], "eq", one) for one in inner[1:]])
        case "call":
            return called(str(parts[0]), inner)
    return joined(node.data, inner)


def _column(of: EntitySet, name: str) -> Expression:
    return column(of.columns[find_column(of, name)], find_column(of, name))


def find_column(of: EntitySet, name: str) -> int:
    """The place of a column. Raises Unfit, which names them all, the nearest first."""
    names = [column.name for column in of.columns]
    if name in names:
        return names.index(name)
    near = get_close_matches(name.lower(), names, 1, cutoff=0.6)
    meant = f" (perhaps '{near[0]}')" if near else ""
    raise Unfit(name, f"one of the columns of {of.name}{meant}: {', '.join(names)}")
