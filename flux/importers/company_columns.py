"""The columns of a company page's sheets, by their headers in any language, else by their place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flux.importers.file import Cell, Sheet, words
from flux.importers.moments import dates_in
from flux.importers.urns import find_urn

_HEADER_ROWS = 6
_WIDTH = 20
# Beginnings of the words that the headers use in English, Spanish, Portuguese, German, Italian and French.
_LIKES = (
    "likes",
    "recomendaciones",
    "gostaram",
    "gefällt",
    "consigliato",
    "j’aime",
    "j'aime",
    "reactions",
    "reacciones",
)
_REPOSTS = (
    "reposts",
    "shares",
    "veces compartido",
    "compartilhamentos",
    "compartidos",
    "geteilte",
    "diffusioni",
    "partages",
)
_COMMENTS = ("comments", "comentarios", "comentários", "kommentare", "commenti", "commentaires")
_IMPRESSIONS = ("impressions", "impresiones", "impressões", "impressionen", "impressioni")
_REACTIONS = ("reactions", "reacciones", "reações", "reaktionen", "reazioni", "réactions")
_DATE = ("date", "fecha", "data", "datum")
POSTS: Mapping[str, tuple[str, ...]] = {
    "text": (
        "post title",
        "update title",
        "título de la publicación",
        "título da publicação",
        "beitragstitel",
        "titolo",
    ),
    "url": (
        "post link",
        "update link",
        "enlace de la publicación",
        "link da publicação",
        "beitragslink",
        "link del post",
    ),
    "type": (
        "post type",
        "update type",
        "tipo de publicación",
        "tipo de publicação",
        "beitragstyp",
        "tipo di post",
    ),
    "date": (
        "created date",
        "fecha de creación",
        "criação",
        "data de criação",
        "erstellungsdatum",
        "erstellt",
        "data di creazione",
    ),
    "impressions": _IMPRESSIONS,
    "likes": _LIKES,
    "comments": _COMMENTS,
    "reposts": _REPOSTS,
    "format": ("content type", "tipo de contenido", "tipo de conteúdo", "inhaltstyp", "tipo di contenuto"),
}
_POSTS_AT = {
    "text": 0,
    "url": 1,
    "type": 2,
    "date": 5,
    "impressions": 9,
    "likes": 14,
    "comments": 15,
    "reposts": 16,
    "format": 19,
}
METRICS: Mapping[str, tuple[str, ...]] = {
    "impressions": _IMPRESSIONS,
    "reactions": _REACTIONS + _LIKES,
    "comments": _COMMENTS,
    "reposts": _REPOSTS,
}
_METRICS_AT = {"date": 0, "impressions": 3, "reactions": 10, "comments": 13, "reposts": 16}
_TOTAL = re.compile(r"\((total|gesamt|insgesamt)\w*\)|^(total|gesamt|insgesamt)", re.IGNORECASE)
_PARENTHESIS = re.compile(r"\(([^)]*)\)\s*$")
_FOLLOWER = re.compile(r"follower|seguidor|abonn", re.IGNORECASE)
_ROW_KINDS = {
    "total": ("tot", "ges", "insg"),
    "organic": ("org",),
    "sponsored": ("spon", "patroc", "gespon", "anúnc"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose columns are known."""

    kind: str  # posts, metrics, followers
    sheet: Sheet
    header: int
    columns: Mapping[str, int]

    def rows(self) -> Iterator[tuple[str, dict[str, Cell]]]:
        """Place and fields of each row below the header; a column that the sheet lacks gives None."""
        fields = {
            "posts": POSTS,
            "metrics": {"date": (), **METRICS},
            "followers": {"date": (), "followers": ()},
        }
        for row in range(self.header + 1, len(self.sheet.rows)):
            yield self.sheet.where(row), {field: self._cell(row, field) for field in fields[self.kind]}

    def _cell(self, row: int, field: str) -> Cell:
        return self.sheet.cell(row, self.columns[field]) if field in self.columns else None


def find_table(sheet: Sheet) -> Table | None:
    """The table in a sheet, its header found by scoring the first rows; None where it is none of these."""
    tables = [table for row in range(min(_HEADER_ROWS, len(sheet.rows))) if (table := _by_titles(sheet, row))]
    return max(tables, key=lambda table: len(table.columns), default=None) or _by_place(sheet)


def _by_titles(sheet: Sheet, row: int) -> Table | None:
    titles = [" ".join(words(cell).casefold().split()) for cell in sheet.rows[row]]
    for kind, columns in (
        ("posts", _posts(titles)),
        ("metrics", _metrics(titles)),
        ("followers", _followers(titles)),
    ):
        if columns:
            return Table(kind, sheet, row, columns)
    return None


def _posts(titles: Sequence[str]) -> dict[str, int] | None:
    """Titles and links alone are any tool's; the kind of row (Organic, Total) is LinkedIn's own."""
    found = {field: at for field, names in POSTS.items() if (at := _named(titles, names)) is not None}
    return found if {"url", "type", "impressions"} <= found.keys() and len(found) > 5 else None


def _named(titles: Sequence[str], names: tuple[str, ...]) -> int | None:
    return next((titles.index(name) for name in names if name in titles), None)


def _metrics(titles: Sequence[str]) -> dict[str, int] | None:
    if not titles or not titles[0].startswith(_DATE):
        return None
    found = {field: at for field, names in METRICS.items() if (at := _total(titles, names)) is not None}
    return {"date": 0, **found} if len(found) == len(METRICS) else None


def _total(titles: Sequence[str], names: tuple[str, ...]) -> int | None:
    """The column of all: (total), else the only one there is."""
    same = [at for at, title in enumerate(titles) if title.startswith(names) and _PARENTHESIS.search(title)]
    return next((at for at in same if _TOTAL.search(titles[at])), same[0] if len(same) == 1 else None)


def _followers(titles: Sequence[str]) -> dict[str, int] | None:
    named = [at for at, title in enumerate(titles) if _FOLLOWER.search(title)]
    total = next((at for at in named if _TOTAL.search(titles[at])), None)
    if len(named) < 3 or total is None or not titles[0].startswith(_DATE):
        return None
    return {"date": 0, "followers": total}


def _by_place(sheet: Sheet) -> Table | None:
    """In every language the columns stand in the same order."""
    for row in range(1, min(_HEADER_ROWS, len(sheet.rows))):
        if len(sheet.rows[row]) != _WIDTH:
            continue
        if find_urn(words(sheet.cell(row, 1))):
            return Table("posts", sheet, row - 1, _POSTS_AT)
        if dates_in(words(sheet.cell(row, 0))) and words(sheet.cell(row, 1)).isdigit():
            return Table("metrics", sheet, row - 1, _METRICS_AT)
    return None


def row_kind(word: str) -> str:
    """total, organic or sponsored, whatever the language; "" for a word that is none of them."""
    word = word.casefold()
    return next((kind for kind, heads in _ROW_KINDS.items() if word.startswith(heads)), "")
