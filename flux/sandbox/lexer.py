"""SQL text in tokens, each with the place where it stands. It finds variables; it guards nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flux.mistakes import InvalidQuery
from flux.sandbox.statement import Place

MOST_BYTES = 40_000  # of a statement
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
VARIABLE = re.compile(rf"@\{{\s*({NAME})\s*\}}")

_TOKENS = re.compile(
    rf"""
      (?P<space>      [ \t\r\n\f]+ )
    | (?P<comment>    --[^\n]* | /\*.*?\*/ )
    | (?P<variable>   @\{{\s*{NAME}\s*\}} )
    | (?P<string>     '(?:[^']|'')*+' )
    | (?P<quoted>     "(?:[^"]|"")*+" | `(?:[^`]|``)*+` | \[[^\]]*+\] )
    | (?P<number>     (?:0[xX][0-9A-Fa-f]+ | (?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?) (?![\w$]) )
    | (?P<name>       [^\W\d][\w$]*+ )
    | (?P<end>        ; )
    | (?P<operator>   ->>? | \|\| | <[=><]? | >[=>]? | == | != | /(?!\*) | [-+*%=&|~(),.] )
    """,
    re.VERBOSE | re.DOTALL,
)
_UNCLOSED = {
    "'": "a text begins here and is never closed: end it with '",
    '"': 'a name begins here and is never closed: end it with "',
    "`": "a name begins here and is never closed: end it with `",
    "[": "a name begins here and is never closed: end it with ]",
    "/": "a comment begins here and is never closed: end it with */",
}
_PLACEHOLDERS = "values are written as @{name} and given in 'variables'"


@dataclass(frozen=True, slots=True)
class Token:
    """A token's kind (a group of the pattern), its text, its place, and whether space stands before it."""

    kind: str
    text: str
    place: Place
    apart: bool


def tokens(text: str) -> list[Token]:
    """The tokens of one statement without spaces, comments and the closing semicolon.

    Raises InvalidQuery: too long, not text, a token that is never closed or is none, a second statement.
    """
    _check(text)
    found = list(_scan(text))
    while found and found[-1].kind == "end":
        found.pop()
    for token in found:
        if token.kind == "end":
            raise InvalidQuery("one statement is run at a time: remove what follows ';'", token.place, ";")
    return found


def _check(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        place = _place(text, error.start)
        raise InvalidQuery("half of a surrogate pair is no character", place) from None
    if size > MOST_BYTES:
        raise InvalidQuery(
            f"the query has {size:,} bytes: at most {MOST_BYTES:,} are taken",
            value=f"{size}",
            constraint=f"at most {MOST_BYTES} bytes",
        )
    if "\0" in text:
        raise InvalidQuery("a NUL character cannot stand in a query", _place(text, text.index("\0")))


def _scan(text: str) -> Iterator[Token]:
    at, line, begin, apart = 0, 1, 0, False
    while at < len(text):
        place = (line, at - begin + 1)
        match = _TOKENS.match(text, at)
        if match is None:
            raise _no_token(text[at : at + 80], place)
        blank = match.lastgroup in ("space", "comment")
        if not blank:
            yield Token(str(match.lastgroup), match[0], place, apart)
        apart = blank
        if breaks := match[0].count("\n"):
            line, begin = line + breaks, at + match[0].rindex("\n") + 1
        at = match.end()


def _no_token(rest: str, place: Place) -> InvalidQuery:
    sign = rest[0]
    if rest.startswith("@{"):
        problem = "'@{' must be followed by a variable's name (letters, digits, _) and '}'"
    elif sign in "?:@$#":
        problem = f"'{sign}' cannot be used: {_PLACEHOLDERS}"
    elif sign.isdigit() or sign == ".":
        problem = f"'{rest.split(maxsplit=1)[0][:20]}' is no number"
    else:
        problem = _UNCLOSED.get(sign) or f"'{sign}' (U+{ord(sign):04X}) is no part of SQL"
    return InvalidQuery(problem, place, sign)


def _place(text: str, at: int) -> Place:
    before = text[:at]
    return before.count("\n") + 1, at - before.rfind("\n")
