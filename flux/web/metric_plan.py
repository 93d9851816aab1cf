"""The engine's steps in words that somebody who writes SQL, and no engine, can act on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# The first that fits is said; \1, \2 … are what it found.
_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"SCAN CONSTANT ROW", "makes a row of constants"),
        (r"SCAN (\S+) VIRTUAL TABLE INDEX.*", r"takes the values of `\1` one by one"),
        (
            r"SCAN (\S+) USING COVERING INDEX \S+.*",
            r"walks through all of `\1`, in an index that has the columns",
        ),
        (r"SCAN (\S+) USING INDEX \S+.*", r"walks through all of `\1`, in the order of an index"),
        (r"SCAN (\S+).*", r"walks through all of `\1`"),
        (r"SEARCH (\S+) USING AUTOMATIC .*\((.+)\).*", r"finds rows of `\1` by \2, in an index made for it"),
        (r"SEARCH (\S+) USING .*\((.+)\).*", r"finds rows of `\1` by \2, in an index"),
        (r"SEARCH (\S+).*", r"finds rows of `\1`"),
        (r"USE TEMP B-TREE FOR LAST.* OF ORDER BY", "sorts within what is in order already, for ORDER BY"),
        (r"USE TEMP B-TREE FOR (.+)", r"sorts for \1"),
        (r"MATERIALIZE (\S+)", r"works out `\1` once, and keeps it"),
        (r"CO-ROUTINE (\S+)", r"works out `\1` row by row"),
        (r"CORRELATED (SCALAR|LIST) SUBQUERY.*", "runs a subquery anew for each row"),
        (r"(SCALAR|LIST) SUBQUERY.*", "runs a subquery once"),
        (r"REUSE (SCALAR|LIST) SUBQUERY.*", "takes a subquery's answer again"),
        (r"USING .*FOR IN-OPERATOR", "looks each value of IN up in an index"),
        (r"COMPOUND QUERY", "puts answers together"),
        (r"LEFT-MOST SUBQUERY", "first the part that stands first"),
        (r"(UNION ALL|UNION|INTERSECT|EXCEPT)( USING TEMP B-TREE)?", r"then the part after \1"),
        (r"MERGE \((.+)\)", r"merges two sorted answers (\1)"),
        (r"MULTI-INDEX OR", "looks in an index for each side of OR"),
        (r"INDEX (\d+)", r"side \1 of OR"),
        (r"LEFT-JOIN (\S+)|RIGHT-JOIN (\S+)", "adds the rows that found no partner"),
        (r"BLOOM FILTER ON (\S+).*", r"first sorts out rows that `\1` cannot have"),
        (r"SETUP", "begins the recursion"),
        (r"RECURSIVE STEP", "repeats the recursion"),
    )
)
_NAMELESS = re.compile(r"`\(subquery-\d+\)`")
_TERMS = re.compile(r"\s*[<>=]+\s*\?|=\?")


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `depth` counts the steps that it is part of."""

    depth: int
    text: str


def steps_of(plan: Sequence[str]) -> list[Step]:
    """The plan's steps in words; one that is not known here as the engine says it."""
    return [Step((len(line) - len(line.lstrip())) // 2, _say(line.strip())) for line in plan]


def _say(step: str) -> str:
    for pattern, words in _WORDS:
        if found := pattern.fullmatch(step):
            told = _TERMS.sub("", _NAMELESS.sub("a subquery", found.expand(words))).replace(" AND ", " and ")
            return told[:1].upper() + told[1:]
    return step
