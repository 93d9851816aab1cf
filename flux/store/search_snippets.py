"""The passage of a text that shows why it was found."""

import re
from collections.abc import Iterator, Sequence

from flux.store.search_terms import Term
from flux.store.search_words import places

LENGTH = 240  # characters, without the marks
LEAD = 60  # characters before the first word that was looked for
MARK = "**"
_SPACE = re.compile(r"\s+")

_Place = tuple[int, int, int]
"""Where a term stands in a text: its first character, the one after its last, and which term it is."""


def snippet(text: str, terms: Sequence[Term]) -> str:
    """At most about LENGTH characters of `text`, in one line, with the terms between marks.

    The first of those passages that hold the most different terms; the beginning if it holds none.
    """
    text = _SPACE.sub(" ", text.replace(MARK, "")).strip()
    found = sorted(_find(text, terms))
    start = _start(found)
    start, end = _whole_words(text, start, start + LENGTH)
    inside = [(first, after) for first, after, _ in found if first >= start and after <= end]
    shown = _marked(text, start, end, inside).strip()
    return f"{'… ' if start else ''}{shown}{' …' if end < len(text) else ''}"


def _find(text: str, terms: Sequence[Term]) -> Iterator[_Place]:
    row = list(places(text))
    for number, term in enumerate(terms):
        length = len(term.words)
        for place in range(len(row) - length + 1):
            if row[place][0].startswith(term.words[0]) and _stands(
                term, [w for w, _, _ in row[place:][:length]]
            ):
                yield row[place][1], row[place + length - 1][2], number


def _stands(term: Term, there: list[str]) -> bool:
    *before, last = term.words
    same = there[-1].startswith(last) if term.prefix else there[-1] == last
    return same and there[:-1] == before


def _start(found: Sequence[_Place]) -> int:
    """Where the passage begins: LEAD before the first of the terms that stand closest together."""
    best, start = 0, 0
    for first, _, _ in found:
        begin = max(0, first - LEAD)
        held = len({number for at, after, number in found if at >= begin and after <= begin + LENGTH})
        if held > best:
            best, start = held, begin
    return start


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The passage without the halves of words at its ends, where there are spaces to part it at."""
    if start:
        space = text.find(" ", start, start + LEAD // 2)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", end - LEAD // 2, end)
        end = space if space >= 0 else end
    return start, min(end, len(text))


def _marked(text: str, start: int, end: int, inside: Sequence[tuple[int, int]]) -> str:
    parts, done = [], start
    for first, after in inside:
        if first >= done:
            parts += [text[done:first], MARK, text[first:after], MARK]
            done = after
    return "".join([*parts, text[done:end]])
