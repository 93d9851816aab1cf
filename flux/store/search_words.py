"""Text as words to be searched: one folding for both databases, so that both find the same posts.

A word is a run of letters and digits in lower case, without accents: `Café`, `CAFE` and `𝗖𝗮𝗳é` are `cafe`.
All other characters only part words, so `#data` is `data`, and `e-mail` is `e` followed by `mail`. An emoji
is a word of its own, whatever its skin tone. Scripts that put no space between words (Chinese, Japanese, Thai
and their neighbours) are taken character by character: a word of theirs is found by its characters in a row.
There is no stemming, for languages are mixed: `post*` finds `posts`, `post` does not.
"""

import re
import unicodedata
from collections.abc import Iterator

MOST_WORDS = 10_000  # of one post: PostgreSQL counts places up to 16,383
LONGEST = 100  # characters of a word

# Vowel signs and accents that stand behind their letter: Python's `\w` leaves them out.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u0900-\u0963\u0966-\u0dff"
)
# One character, one word: Thai, Lao, Tibetan, Burmese, Khmer, kana and ideographs. The half-width kana keep
# their voicing marks.
_UNSPACED = (
    "\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_EMOJI = (
    "\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001f0ff\U0001f18e-\U0001f3fa\U0001f400-\U0001faff"
)
_HALF_WIDTH = "[\uff66-\uff9d][\uff9e\uff9f]?"
_RUN = f"(?:[a-zA-Z0-9]+|[^\\W_{_UNSPACED}\uff66-\uff9f]|[{_MARKS}])+"
_PIECE = re.compile(f"{_RUN}|[{_EMOJI}{_UNSPACED}]|{_HALF_WIDTH}")
_ASCII = re.compile("[a-z0-9]+")
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"}
_ACCENT = re.compile(f"[\u0300-\u036f{''.join(_LETTERS)}]")


def words(text: str) -> list[str]:
    """The words of a text, in order; at most MOST_WORDS."""
    if text.isascii():
        found = _ASCII.findall(text.lower())
    else:
        found = _PIECE.findall(_fold(" ".join(_PIECE.findall(text))))
    return [word[:LONGEST] for word in found[:MOST_WORDS]]


def places(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word of a text with the first character of the piece that it comes from, and the one after it."""
    for piece in _PIECE.finditer(text):
        for word in words(piece[0]):
            yield word, piece.start(), piece.end()


def _fold(text: str) -> str:
    lower = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", _ACCENT.sub(lambda found: _LETTERS.get(found[0], ""), lower))
