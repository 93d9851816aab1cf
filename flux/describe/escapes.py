"""How each language writes a text: quotes included, so that no value can end it early."""

import json
from collections.abc import Callable


def _doubled(text: str) -> str:
    """As it stands between double quotes in spreadsheets and in M."""
    return text.replace('"', '""')


def _m(text: str) -> str:
    # `#(` begins an escape in M
    return '"' + _doubled(text).replace("#(", "#(#)(") + '"'


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
    "shell": _shell,
    "sql": _sql,
    "python": repr,
    "json": _json,
    "pretty": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
}
