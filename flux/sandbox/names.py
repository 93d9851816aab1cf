"""Names in a statement: `properties.a.b` as a read of JSON, the others as the engine takes them for names."""

from collections.abc import Iterator

from flux.mistakes import InvalidQuery
from flux.sandbox.lexer import VARIABLE, Token
from flux.sandbox.statement import Piece

NESTED = {"properties", "ufproperties"}  # columns that hold JSON
# Words that begin something; after the first two stand tables.
_CLAUSES = {
    *("from", "join", "select", "on", "using", "where", "group", "having", "window", "order", "limit"),
    *("union", "except", "intersect", "values"),
}


def check_tables(written: list[Token]) -> None:
    """Raises InvalidQuery for a table that is called like a column of JSON: `properties.a` reads that."""
    clauses = [""]  # of each open parenthesis
    before = ""
    for token in written:
        word = token.text.lower()
        if word == "(":
            clauses.append("")
        elif word == ")" and len(clauses) > 1:
            clauses.pop()
        elif word in _CLAUSES and before != "distinct":  # IS DISTINCT FROM compares
            clauses[-1] = word
        elif clauses[-1] in ("from", "join") and is_name(token) and bare(token).lower() in NESTED:
            problem = f"no table can be called '{bare(token)}', by which JSON is read: choose another name"
            raise InvalidQuery(problem, token.place, token.text)
        before = word


def chain(written: list[Token], at: int) -> list[Token]:
    """The tokens of `a.b."c"` from `at` on; `[0]` right after a name belongs to it."""
    if not is_name(written[at]):
        return []
    end = at + 1
    while end < len(written):
        if written[end].text == "." and end + 1 < len(written) and is_name(written[end + 1]):
            end += 2
        elif _is_index(written[end]) and end > at + 1:
            end += 1
        else:
            break
    return written[at:end]


def is_name(token: Token) -> bool:
    """Whether it is a name, quoted or not, or a word of SQL."""
    return token.kind in ("name", "quoted")


def _is_index(token: Token) -> bool:
    return token.text[0] == "[" and token.text[1:-1].isdecimal()


def nested(dotted: list[Token]) -> Iterator[Piece]:
    """`alias.properties.a.b` as one read of JSON; other chains as they are."""
    names = [token for token in dotted if token.text != "."]
    depth = next((n for n in (1, 2) if bare(names[n - 1]).lower() in NESTED and len(names) > n), None)
    if depth is None:
        for token in dotted:
            yield Piece(spell(token) if is_name(token) else ".", token.text, token.place, token.apart)
        return
    path = "$" + "".join(t.text if _is_index(t) else f".{_key(t)}" for t in names[depth:])
    owner = ".".join(spell(token) for token in names[:depth])
    quoted = path.replace("'", "''")
    written = "".join(token.text for token in dotted)
    yield Piece(f"({owner} ->> '{quoted}')", written, dotted[0].place, dotted[0].apart)


def _key(token: Token) -> str:
    key = bare(token)
    if '"' in key or "\\" in key:
        raise InvalidQuery("a nested name can hold neither a quotation mark nor a backslash", token.place)
    return f'"{key}"'


def bare(token: Token) -> str:
    """A name without its quotes."""
    if token.kind != "quoted":
        return token.text
    quote = token.text[-1]
    return token.text[1:-1].replace(quote * 2, quote)


def spell(token: Token) -> str:
    """A name as it goes to the engine, which takes an unknown "name" for a text, but never a `name`."""
    if token.kind != "quoted":
        return token.text
    if VARIABLE.search(token.text):
        raise InvalidQuery("a variable is a value and cannot stand within a name", token.place, token.text)
    return "`" + bare(token).replace("`", "``") + "`"
