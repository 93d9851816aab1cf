"""Files made for tests: workbooks, archives and CSVs in the layouts and languages that LinkedIn writes."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from flux.importers import extract
from flux.importers.opening import open_file
from flux.importers.records import Extract, Options

DATA = Path(__file__).parents[1] / "data"
PERSONAL = "personal_Content_2023-08-07_2024-08-05_en_resorted.xlsx"
COMPANY = "company_content_2025-02-14_2025-03-15_rebuilt.xls"
SHARES = "archive_Shares_2025_en.csv"
FACEBOOK = "facebook_onepage_2018.csv"


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """An .xlsx with these sheets of rows."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(files: Mapping[str, bytes]) -> bytes:
    """A .zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def read(content: bytes | str, name: str = "file", options: Options | None = None) -> Extract:
    """What the importers make of `content`, in this process."""
    raw = content.encode() if isinstance(content, str) else content
    return extract(open_file(raw, name), options or Options())


def activity(ms: int, low: int = 7) -> str:
    """An activity's URN whose id tells these Unix milliseconds."""
    return f"urn:li:activity:{ms << 22 | low}"


def share(ms: int, low: int = 9) -> str:
    """A share's URN whose id tells these Unix milliseconds."""
    return f"urn:li:share:{ms << 22 | low}"


def feed(urn: str) -> str:
    """LinkedIn's page of a post."""
    return f"https://www.linkedin.com/feed/update/{urn}"
