"""Whether the same question of the same data may have another answer a second later."""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from flux.sandbox.compile import compile_query

# What reads the clock by itself.
_WORDS = {"current_date", "current_time", "current_timestamp"}
_PRESENT = re.compile(r"\b(?:now|subsec|subsecond)\b", re.IGNORECASE)  # what a text may tell this moment by
# The functions of time, with the places of their time values: what is left out is this moment.
_TIMES = {**dict.fromkeys(("date", "time", "datetime", "julianday", "unixepoch"), 0), "strftime": 1}
_HAND_ON = {"max", "min", "coalesce", "ifnull"}  # they answer with one of their arguments as it is
_DEEPEST = 20  # brackets within brackets that are looked through
_NO_TEXT = re.compile(r"[.+*/%-]|[\w`.].*|\(.+", re.DOTALL)  # a column, a nested one, a number, arithmetic


def reads_clock(query: str, variables: Mapping[str, Any]) -> bool:
    """Whether the answer may depend on the time at which it is asked, or on chance. Raises InvalidQuery.

    When in doubt it may: a time value that is not simply given could turn out to be the text 'now'.
    """
    statement = compile_query(query, variables)
    pieces = [piece.sql for piece in statement.pieces]
    texts = [piece[1:-1] for piece in pieces if piece[:1] == "'"]
    texts += [value for value in statement.parameters if isinstance(value, str)]
    timed = any(_bare(piece) in _TIMES for piece in pieces)
    return (
        (timed and any(map(_PRESENT.search, texts)))
        or not all(0 <= depth <= _DEEPEST for depth in accumulate(map(_brackets, pieces)))
        or any(_is_momentary(pieces, at) for at in range(len(pieces)))
    )


def _is_momentary(pieces: Sequence[str], at: int) -> bool:
    name = _bare(pieces[at])
    if name in _WORDS:
        return True
    if pieces[at + 1 : at + 2] != ["("]:
        return False
    if name not in _TIMES:
        return name == "random"
    (values, _), place = _arguments(pieces, at + 1), _TIMES[name]
    return place >= len(values) or not _is_given(values[place])


def _is_given(value: Sequence[str]) -> bool:
    """Whether a value is one piece (a column, a text …), arithmetic, or what a call hands on of such."""
    if len(value) < 2:
        return any(value)  # a list of no values is nothing at all
    if value[1] == "(":
        name, (arguments, end) = _bare(value[0]), _arguments(value, 1)
        return end == len(value) and (name in _TIMES or (name in _HAND_ON and all(map(_is_given, arguments))))
    return all(map(_NO_TEXT.fullmatch, value))


def _arguments(pieces: Sequence[str], at: int) -> tuple[list[list[str]], int]:
    """The arguments of the call whose bracket opens at the place, and the place after its end."""
    found: list[list[str]] = [[]]
    depth = 0
    for place in range(at, len(pieces)):
        piece = pieces[place]
        depth += _brackets(piece)
        if depth == 0:
            return found, place + 1
        if depth == 1 and piece == ",":
            found.append([])
        elif place > at:
            found[-1].append(piece)
    return found, len(pieces)


def _brackets(piece: str) -> int:
    return (piece == "(") - (piece == ")")


def _bare(piece: str) -> str:
    """A name as the engine compares it."""
    return piece.strip("`").lower()
