"""Counts as spreadsheets write them: 1001, 1.001, 1,001, 1 001, -2, or nothing."""

import re

from flux.importers.file import Cell

MAX_COUNT = 700_000_000  # three of them together still fit in 31 bits
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,'’\s])\d{3})(?:\1\d{3})*", re.ASCII)
_GROUPED_BY_SPACE = re.compile(r"[+-]?\d{1,3}(?:[\s\u00a0\u202f\u2009]\d{3})+", re.ASCII)
_WHOLE = re.compile(r"([+-]?\d+)(?:[.,]0{1,2})?", re.ASCII)
UNKNOWN = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "none", "null", "#n/a", "unknown"})


def read_count(cell: Cell) -> int | None:
    """A count, or None for an empty cell.

    Raises ValueError with a sentence for what is no count: `0.12`, `1.2K`, `< 1%`, a word.
    """
    if isinstance(cell, str):
        return _bounded(int(cell), cell) if cell.isascii() and cell.isdigit() else _read_text(cell)
    if cell is None:
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell == cell // 1:
        return _bounded(int(cell), str(cell))
    raise _no_count(str(cell))


def _read_text(text: str) -> int | None:
    plain = text.strip().replace("\u2212", "-")
    if plain.casefold() in UNKNOWN:
        return None
    if whole := _WHOLE.fullmatch(plain):
        return _bounded(int(whole[1]), text)
    if _GROUPED.fullmatch(plain) or _GROUPED_BY_SPACE.fullmatch(plain):
        digits = re.sub(r"[^\d]", "", plain)
        return _bounded(-int(digits) if plain.startswith("-") else int(digits), text)
    raise _no_count(text)


def _bounded(number: int, text: str) -> int:
    if abs(number) > MAX_COUNT:
        raise ValueError(f"'{text[:40]}' is larger than any count: at most {MAX_COUNT:,}")
    return number


def _no_count(text: str) -> ValueError:
    return ValueError(f"'{text[:40]}' is no count: it must be a whole number, such as 1001 or 1,001")
