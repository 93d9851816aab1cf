"""What somebody looks for, in words: read from their text, written in the language of either database.

`launch "big data" strat* -hiring` is: posts with `launch`, with `big` followed by `data`, with a word that
begins with `strat`, and without `hiring`. Nothing else in the text has a meaning: its words are data.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flux.mistakes import InvalidParameter
from flux.store.search_words import words

MAX_TERMS = 32
MAX_LENGTH = 500  # characters
_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"*]+))(?P<star>\*?)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand in a row; `prefix`: the last one may go on."""

    words: tuple[str, ...]
    prefix: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """All of `wanted`, none of `left_out`."""

    wanted: tuple[Term, ...]
    left_out: tuple[Term, ...]


def read_terms(text: str) -> Terms:
    """What `text` asks for. Raises InvalidParameter where it has no word to look for, or too many."""
    if len(text) > MAX_LENGTH:
        raise InvalidParameter("query", f"{text[:50]}…", f"at most {MAX_LENGTH} characters long")
    wanted: list[Term] = []
    left_out: list[Term] = []
    for found in _TERM.finditer(text.translate(_QUOTES)):
        term = Term(tuple(words(found["phrase"] or found["bare"] or "")), bool(found["star"]))
        if term.words:
            (left_out if found["minus"] else wanted).append(term)
    if not wanted:
        right = 'words to look for, as in: launch "big data" strat* -hiring'
        raise InvalidParameter("query", text[:50], right)
    if len(wanted) + len(left_out) > MAX_TERMS:
        raise InvalidParameter("query", f"{text[:50]}…", f"at most {MAX_TERMS} words and phrases")
    return Terms(tuple(wanted), tuple(left_out))


def as_fts5(terms: Terms, scope: Sequence[str]) -> str:
    """For SQLite's index: posts that have one of the words of `scope` in the column of that name."""
    inside = " OR ".join(f'"{word}"' for word in scope)
    wanted = " AND ".join(map(_fts5, terms.wanted))
    left_out = " OR ".join(map(_fts5, terms.left_out))
    return f"scope : ({inside}) AND (words : ({wanted}){f' NOT words : ({left_out})' if left_out else ''})"


def as_tsquery(terms: Terms, scope: Sequence[str] = ()) -> str:
    """For PostgreSQL's index: as `as_fts5`; a word of the scope is spelt as no word of a text can be."""
    parts = [_tsquery(term) for term in terms.wanted] + [f"!{_tsquery(term)}" for term in terms.left_out]
    inside = [" | ".join(f"'/{word}'" for word in scope)] if scope else []
    return " & ".join(f"({part})" for part in inside + parts)


def _fts5(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def _tsquery(term: Term) -> str:
    row = " <-> ".join(f"'{word}'" for word in term.words)
    return f"({row}{':*' if term.prefix else ''})"
