"""From bytes to a File: what it is by its first bytes, never by its name. Runs in the throw-away process."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from python_calamine import CalamineError, CalamineWorkbook

from flux.importers.file import File, Sheet
from flux.importers.plain import read_plain
from flux.importers.records import UnreadableFile

MAX_UNPACKED = 100 * 2**20  # bytes that an archive may declare
MAX_MEMBERS = 1_000
MAX_RATIO = 200  # unpacked against packed; LinkedIn's own files stay below 20
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = {b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture"}
_SHARES = "shares.csv"


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost."""

    memory_mb: int = 1024
    seconds: int = 120
    upload_mb: int = 100

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "Limits":
        """The limits that the settings name."""
        names = ("FLUX_IMPORT_MEMORY_MB", "FLUX_IMPORT_SECONDS", "FLUX_MAX_UPLOAD_MB")
        return cls(*(int(settings[name]) for name in names))


def open_file(content: bytes, name: str) -> File:
    """The tables in `content`. Raises UnreadableFile that says what is wrong with it and where."""
    if not content.strip(b"\x00\t\r\n "):
        raise UnreadableFile(f"{name} is empty.")
    if content.startswith(b"PK"):
        return _open_zip(content, name)
    if content.startswith(_OLE2):
        return File(name, "xls", _sheets(content, name))
    for magic, what in _FOREIGN.items():
        if content.startswith(magic):
            raise UnreadableFile(f"{name} is {what}, not a spreadsheet, CSV or JSON file.")
    return read_plain(content, name)


def _open_zip(content: bytes, name: str) -> File:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.filename == "[Content_Types].xml" for member in members):
                _refuse_bomb(members, len(content), name)
                return File(name, "xlsx", _sheets(content, name))
            return _open_archive(archive, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadableFile(
            f"{name} is damaged or cut off: it cannot be unpacked. Export it again."
        ) from error


def _refuse_bomb(members: list[zipfile.ZipInfo], size: int, name: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise UnreadableFile(f"{name} holds {len(members):,} files: at most {MAX_MEMBERS:,} are unpacked.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED:
        raise UnreadableFile(
            f"{name} unpacks to {unpacked / 2**20:,.0f} MiB: at most {MAX_UNPACKED // 2**20} are unpacked."
        )
    if unpacked > MAX_RATIO * size:
        raise UnreadableFile(
            f"{name} unpacks to {unpacked // size} times its size: at most {MAX_RATIO} times."
        )


def _open_archive(archive: zipfile.ZipFile, name: str) -> File:
    files = [member for member in archive.infolist() if not member.is_dir()]
    shares = [member for member in files if PurePath(member.filename).name.casefold() == _SHARES]
    if len(shares) != 1:
        held = ", ".join(member.filename for member in files[:5]) or "nothing"
        raise UnreadableFile(f"{name} holds {len(shares) or 'no'} Shares.csv ({held} …): one is needed.")
    _refuse_bomb(shares, shares[0].compress_size, name)  # the rest of an archive, however large, stays packed
    taken = read_plain(archive.read(shares[0]), shares[0].filename)
    others = tuple(member.filename for member in files if member is not shares[0])
    return File(name, "zip", taken.sheets, others, taken.notes)


def _sheets(content: bytes, name: str) -> tuple[Sheet, ...]:
    sheet = ""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        tables = []
        for sheet in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            tables.append(Sheet(sheet, rows))
    except (CalamineError, ValueError, OSError) as error:
        place = f", sheet {sheet}," if sheet else ""
        raise UnreadableFile(f"{name}{place} is damaged or cut off: {error}. Export it again.") from error
    except BaseException as error:  # what the reader's Rust code raises at its wits' end is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile(f"{name} is damaged: its parts point to nowhere. Export it again.") from None
    return tuple(tables)
