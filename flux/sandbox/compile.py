"""compile_query: a user's SQL with `@{name}` bound as values and nested reads spelled out."""

import json
import math
from collections.abc import Mapping
from typing import Any

from flux.mistakes import InvalidQuery
from flux.sandbox.lexer import VARIABLE, Token, tokens
from flux.sandbox.names import chain, check_tables, nested, spell
from flux.sandbox.statement import Piece, Scalar, Statement

MOST_VALUES = 500
MOST_TEXT = 10_000  # bytes of one value
_READS = ("select", "with", "values")
_SCALARS = (str, int, float, bool, type(None))


def compile_query(text: str, variables: Mapping[str, Any]) -> Statement:
    """The statement to run. The SQL depends on the text, and on which variables are lists and how long.

    A variable is a text, number, boolean, null or a list of those, for IN. Quoted with nothing beside it it
    keeps its type; within a longer text it becomes part of that text.
    Raises InvalidQuery with line and column: not SQL at all, a missing or unused variable, a value that
    cannot be bound, or a table that is called like a column of JSON.
    """
    written = tokens(text)
    _check_first(written)
    values = _Values(variables)
    check_tables(written)
    pieces: list[Piece] = []
    at = 0
    while at < len(written):
        dotted = chain(written, at)
        if len(dotted) > 1:
            pieces += nested(dotted)
            at += len(dotted)
        else:
            pieces.append(_piece(written[at], values, pieces))
            at += 1
    values.check_used()
    return Statement(tuple(pieces), tuple(values.bound))


def _check_first(written: list[Token]) -> None:
    if not written:
        raise InvalidQuery("the query is empty: write a SELECT", constraint="a SELECT statement")
    first = next((t for t in written if t.text != "("), written[0])
    if first.text.lower() not in _READS:
        problem = f"'{first.text[:40]}' cannot be run: a query reads, and begins with SELECT, WITH or VALUES"
        raise InvalidQuery(problem, first.place, first.text[:40], "SELECT, WITH or VALUES")


# --- values -------------------------------------------------------------------------------------------


class _Values:
    """The variables given, the values bound so far, and which were used."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.given, self.used, self.bound = variables, set[str](), list[Scalar]()

    def read(self, name: str, token: Token) -> Any:
        """A variable's value. Raises InvalidQuery."""
        if name not in self.given:
            known = ", ".join(sorted(map(str, self.given)))[:200] or "none"
            problem = f"'@{{{name}}}' has no value. Give it in 'variables'; given are: {known}"
            raise InvalidQuery(problem, token.place, name, "a variable that is given")
        self.used.add(name)
        return _checked(name, self.given[name], token)

    def bind(self, value: Scalar, token: Token) -> str:
        """The mark of one bound value."""
        self.check_number(len(self.bound) + 1, token)
        self.bound.append(value)
        return f"?{len(self.bound)}"

    def check_number(self, number: int, token: Token) -> None:
        """Raises InvalidQuery for too many values, of the query or of one of its texts."""
        if number > MOST_VALUES:
            raise InvalidQuery(f"at most {MOST_VALUES} values fit in one query", token.place)

    def check_used(self) -> None:
        """Raises InvalidQuery for a variable that stands nowhere in the query."""
        unused = [str(name)[:64] for name in self.given if name not in self.used]
        if unused:
            problem = f"the variable '{unused[0]}' is given, but the query nowhere says @{{{unused[0]}}}"
            raise InvalidQuery(problem, value=unused[0], constraint="a variable that the query uses")


def _piece(token: Token, values: _Values, before: list[Piece]) -> Piece:
    sql = token.text
    if token.kind == "quoted":
        sql = spell(token)
    elif token.kind == "variable" or (token.kind == "string" and VARIABLE.search(token.text)):
        sql = _value(token, values, before)
    elif token.kind == "string" and "@{" in token.text:
        raise InvalidQuery("'@{' must be followed by a variable's name and '}'", token.place, token.text[:40])
    return Piece(sql, token.text, token.place, token.apart)


def _value(token: Token, values: _Values, before: list[Piece]) -> str:
    text = token.text if token.kind == "variable" else token.text[1:-1].replace("''", "'")
    whole = VARIABLE.fullmatch(text)
    if whole is None:
        values.check_number(len(VARIABLE.findall(text)), token)
        filled = VARIABLE.sub(lambda found: _as_text(found[1], values.read(found[1], token), token), text)
        return values.bind(_short("", filled, token), token)
    value = values.read(whole[1], token)
    if not isinstance(value, list):
        return values.bind(value, token)
    marks = ", ".join(values.bind(each, token) for each in value)
    return marks if before and before[-1].sql in ("(", ",") else f"({marks})"


def _checked(name: str, value: Any, token: Token) -> Any:
    if isinstance(value, list):
        return [_scalar(name, each, token) for each in value]
    return _scalar(name, value, token)


def _scalar(name: str, value: Any, token: Token) -> Scalar:
    wrong = f"the variable '{name}' must be"
    if type(value) not in _SCALARS:
        problem = f"{wrong} a text, number, boolean, null, or a list of those"
        raise InvalidQuery(problem, token.place, name)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidQuery(f"{wrong} from -2^63 to 2^63 - 1", token.place, name)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidQuery(f"{wrong} a finite number", token.place, name)
    return _short(name, value, token) if isinstance(value, str) else value


def _short(name: str, value: str, token: Token) -> str:
    whose = f"the variable '{name}'" if name else "this text with its variables"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidQuery(f"{whose} holds half of a surrogate pair", token.place, name) from None
    if size > MOST_TEXT:
        raise InvalidQuery(f"{whose} has {size:,} bytes: at most {MOST_TEXT:,} are taken", token.place, name)
    return value


def _as_text(name: str, value: Any, token: Token) -> str:
    """A value within a longer text, numbers and booleans as JSON spells them."""
    if value is None or isinstance(value, list):
        kind = "null" if value is None else "a list"
        problem = f"the variable '{name}' is {kind}, which cannot be part of a text"
        raise InvalidQuery(problem, token.place, name)
    return value if isinstance(value, str) else json.dumps(value)
