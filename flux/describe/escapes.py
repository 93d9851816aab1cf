"""How each language writes a text: quotes included, so that no value can end it early."""

import json
import re
from collections.abc import Callable

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_M_WORD = re.compile(
    "and|as|each|else|error|false|if|in|is|let|meta|not|null|or|otherwise|section|shared|then|true|try|type"
)


def _doubled(text: str) -> str:
    """As it stands between double quotes in spreadsheets and in M."""
    return text.replace('"', '""')


def _m(text: str) -> str:
    # `#(` begins an escape in M
    return '"' + _doubled(text).replace("#(", "#(#)(") + '"'


def _m_name(name: str) -> str:
    """A field's name in M: as it stands where it is a plain word and none of the language's own."""
    return name if _PLAIN.fullmatch(name) and not _M_WORD.fullmatch(name) else "#" + _m(name)


def _shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# Each language's way to write a text, quotes included. JSON's is JavaScript's and, for plain text, R's.
ESCAPES: dict[str, Callable[..., str]] = {
    "sheet": lambda text: '"' + _doubled(text) + '"',
    "m": _m,
    "m_name": _m_name,
    "shell": _shell,
    "sql": _sql,
    "python": repr,
    "json": _json,
    "pretty": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
}
