"""Texts that people wrote, as an agent may read them: without what hides or reorders what stands there."""

import re
from typing import Any

# Control characters but tab and line feed; line breaks that are none to most readers; and all that Unicode
# calls ignorable: marks that turn the direction of reading, invisible letters and selectors, in which a whole
# hidden text can be written. U+200C, U+200D and U+FE0F stay: scripts and emoji are written with them.
_HIDING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """`text` without the characters that no reader sees."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDING.sub("", text)


def clean_all(value: Any) -> Any:
    """A JSON value, every text in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: clean_all(one) for name, one in value.items()}
    return [clean_all(one) for one in value] if isinstance(value, list) else value
