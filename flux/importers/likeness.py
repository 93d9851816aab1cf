"""Whether a table that the column mapper could read is one of posts or days, or one of something else.

The mapper takes what it can; that is right where somebody says that a file holds posts. Here nobody did: a
table wrongly taken into a profile spoils its figures, while one wrongly kept beside it can be sent again.
"""

import re
from collections.abc import Sequence

from flux.importers.file import Cell, File, words
from flux.importers.guesses import guess
from flux.importers.mapper import header_of, one_sheet
from flux.importers.urns import find_urn

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[€$£¥]")
# What was put in or taken: columns for which a table is held against posts, not taken for them.
_EFFORT = frozenset({
    "spend", "spent", "spending", "cost", "costs", "budget", "amount", "price", "fee", "fees",
    "invoice", "invoiced", "revenue", "sales", "income", "cpc", "cpm", "cpa", "roas", "eur", "usd", "gbp",
    "chf", "€", "$", "£", "¥", "hours", "hrs", "effort", "kosten", "ausgaben", "betrag", "umsatz",
    "preis", "stunden", "aufwand",
})  # fmt: skip
_REACTIONS = ("likes", "comments", "shares", "engagement")


def tells_of_posts(file: File) -> bool:
    """Whether a table has a row for each post, or for each day of a profile, beyond reasonable doubt.

    Posts are told by LinkedIn's ids, or by a date, something written, and likes or two kinds of reactions;
    days by a date and figures that a profile has, and nothing else. Spend or hours tell of neither.
    """
    sheet = one_sheet(file)
    if sheet is None:
        return False
    header, columns = header_of(sheet)
    rows = sheet.rows[header + 1 :]
    cells = {name: filled for place, name in enumerate(columns) if (filled := _cells(rows, place))}
    if any(word.casefold() in _EFFORT for name in cells for word in _WORD.findall(name)):
        return False
    found = {field: name for field, name in guess(columns, rows).items() if name in cells}
    ids = [cell for field in ("url", "id") if field in found for cell in cells[found[field]]]
    if any(map(find_urn, ids)):
        return True
    if "published_at" not in found:
        return False
    if not found.keys() & {"url", "id", "text"}:
        return len(found) > 1 and set(cells) == set(found.values())
    reactions = [field for field in _REACTIONS if field in found]
    return "likes" in reactions or len(reactions) > 1


def _cells(rows: Sequence[Sequence[Cell]], place: int) -> list[str]:
    """What stands in a column, as text, of the rows that may tell."""
    return [text for row in rows[:50] if place < len(row) and (text := words(row[place]))]
