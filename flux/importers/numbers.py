"""Numbers as spreadsheets write them: 1234.5, 1.234,5, 1,234, 1 234, € 12, -3, 1.2E+05."""

import re
from typing import NamedTuple

MARKS = (".", ",")  # what may stand before decimals
_SIGN = "([€$£¥]|EUR|USD|GBP|CHF)?"
_PARTS = re.compile(rf"{_SIGN}\s?([-\u2212]?)\s?{_SIGN}\s?([0-9].*?)\s?{_SIGN}")
_EXPONENT = re.compile(r"[0-9](\.[0-9]+)?[eE][+-][0-9]{1,2}")
_BLANKS = " '’\u00a0\u202f\u2009"  # that part groups of three digits, whatever stands before decimals
# No leading zero, and fifteen digits at most: 007 and a post's id are names.
_DIGITS = {
    mark: re.compile(
        rf"(0|[1-9][0-9]{{0,14}}|[1-9][0-9]{{0,2}}([{other}{_BLANKS}])[0-9]{{3}}(?:\2[0-9]{{3}}){{0,3}})"
        rf"(?:\{mark}([0-9]+))?"
    )
    for mark, other in ((".", ","), (",", "."))
}


class Number(NamedTuple):
    """What a cell says."""

    value: int | float
    money: str = ""  # the sign of its currency


def read_number(text: str, mark: str) -> Number | None:
    """The number with `mark`, one of MARKS, before its decimals; None for what is none."""
    parts = _PARTS.fullmatch(text.strip())
    if not parts:
        return None
    before, minus, after, digits, behind = parts.groups()
    sign = -1 if minus else 1
    money = {each for each in (before, after, behind) if each}
    if len(money) > 1:
        return None
    if _EXPONENT.fullmatch(digits):
        return Number(sign * float(digits), *money)
    found = _DIGITS[mark].fullmatch(digits)
    if not found:
        return None
    whole = re.sub(r"[^0-9]", "", found[1])
    value: int | float = int(whole) if found[3] is None else float(f"{whole}.{found[3]}")
    return Number(sign * value, *money)
