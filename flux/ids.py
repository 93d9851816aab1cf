"""Identifiers: 63-bit integers inside, in order of time; prefixed base62 text outside."""

import secrets
import string
import threading
import time

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_BITS = 22
_WIDTH = 11  # 62**11 > 2**63

_lock = threading.Lock()
_next = 0


def base62(number: int, width: int) -> str:
    """`number` in base 62, padded with zeros to `width` characters."""
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def new_ids(count: int) -> range:
    """`count` fresh ids in a row: 41 bits of Unix milliseconds, then a random start; always above the last.

    Made by the application, not by a sequence, so that a distributed database needs no coordinator for
    them. A row's key is `(account_id, id)`: ids need to be unique within an account only.
    """
    global _next  # noqa: PLW0603 - one counter a process, so that ids of one millisecond never meet
    drawn = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    with _lock:
        start = max(drawn, _next)
        _next = start + count
    return range(start, start + count)


def new_id() -> int:
    """One fresh id."""
    return new_ids(1)[0]


def public_id(prefix: str, number: int) -> str:
    """The id that users see: `public_id("prof", 7)` is `prof_00000000007`."""
    return f"{prefix}_{base62(number, _WIDTH)}"


def internal_id(prefix: str, text: str) -> int | None:
    """The number behind a public id, or None if `text` is not one with this prefix."""
    head, _, body = text.partition("_")
    if head != prefix or len(body) != _WIDTH or not set(body) <= set(ALPHABET):
        return None
    number = 0
    for character in body:
        number = number * 62 + ALPHABET.index(character)
    return number if number < 2**63 else None
