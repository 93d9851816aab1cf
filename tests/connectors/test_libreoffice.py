"""LibreOffice Calc opens and links the snippets' addresses, in English (USA) and in German."""

import subprocess
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flux.snippets import render
from tests.connectors.conftest import BY_ID, EVERY, House

CSV = "Text - txt - csv (StarCalc)"
# delimiter, quotes, UTF-8, from line 1, the columns of text, language, special numbers
WRITTEN = {
    "libreoffice": "44,34,76,1,{text},1033,false,true",
    "libreoffice_decimal_comma": "59,34,76,1,{text},1031,false,true",
}
BASIC = """
Sub Link
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden"
  hidden(0).Value = True
  book = StarDesktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, hidden())
  Dim at As New com.sun.star.table.CellAddress
  book.AreaLinks.insertAtPosition(at, {url}, "CSV_all", {filter}, {options})
  Dim written(0) As New com.sun.star.beans.PropertyValue
  written(0).Name = "FilterName"
  written(0).Value = "Calc MS Excel 2007 XML"
  book.storeToURL({out}, written())
  book.close(True)
End Sub
"""
MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1"
 script:language="StarBasic">{basic}</script:module>"""


def run(soffice: str, folder: Path, *words: str) -> None:
    command = [soffice, "--headless", f"-env:UserInstallation=file://{folder / 'profile'}", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def rows_of(book: Path) -> list[dict[str, Any]]:
    assert book.exists(), "Calc made no sheet"
    told = openpyxl.load_workbook(book)
    heading, *rows = told.active.iter_rows(values_only=True)
    told.close()
    return [dict(zip(heading, row, strict=True)) for row in rows]


def opened(soffice: str, folder: Path, url: str, options: str) -> list[dict[str, Any]]:
    """The sheet of File → Open."""
    out = folder / "out"
    run(soffice, folder, f"--infilter={CSV}:{options}", "--convert-to", "xlsx", "--outdir", str(out), url)
    [made] = out.glob("*.xlsx")
    return rows_of(made)


def linked(soffice: str, folder: Path, url: str, options: str) -> list[dict[str, Any]]:
    """The sheet of Sheet → External links, by the same call."""
    told = {"url": url, "filter": CSV, "options": options, "out": f"file://{folder / 'linked.xlsx'}"}
    basic = BASIC.format(**{name: f'"{text}"' for name, text in told.items()})
    run(soffice, folder, "macro:///Standard.Module1.Main")  # makes the profile, with an empty module
    module = folder / "profile" / "user" / "basic" / "Standard" / "Module1.xba"
    module.write_text(MODULE.format(basic=escape(basic)))
    run(soffice, folder, "macro:///Standard.Module1.Link")
    return rows_of(folder / "linked.xlsx")


@EVERY
@pytest.mark.parametrize(("id", "how"), [("libreoffice", linked), ("libreoffice_decimal_comma", opened)])
def test_figures_are_figures_and_text_is_text(
    house: House, soffice: str, name: str, id: str, how: Any
) -> None:
    feed = house.feed(name)
    text = [at for at, c in enumerate(feed.columns(), 1) if c["type"] in ("string", "list")]
    options = WRITTEN[id].format(text="/".join(f"{at}/2" for at in text))  # as the note says
    rows = how(soffice, house.folder, render(BY_ID[id], feed), options)
    wanted = house.rows(feed)
    assert len(rows) == len(wanted)
    for row, right in zip(rows, wanted, strict=True):
        for column in feed.columns():
            check(row[column["name"]], right[column["name"]], column["type"])


def check(cell: Any, value: Any, type: str) -> None:
    """Asserts that a cell holds the value as its type; what could be a formula stands behind its guard."""
    if value in (None, "", []):
        assert cell is None
    elif type in ("integer", "number"):
        assert cell == pytest.approx(value, rel=1e-12)
    elif type == "date":
        assert cell == datetime.fromisoformat(value)
    elif type in ("string", "list"):
        text = " ".join(value) if isinstance(value, list) else value
        assert text_of(cell, text) == text
    assert not str(cell).startswith("=")


def text_of(cell: Any, text: str) -> str:
    return str(cell).removeprefix("'") if text[:1] in ("=", "+", "-", "@") else str(cell)
