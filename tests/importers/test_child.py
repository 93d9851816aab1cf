"""Hostile and damaged files, each in the real throw-away process: a clear sentence, no harm, no wait."""

import os
import resource
from collections.abc import Mapping
from pathlib import Path

import pytest

from flux.importers.child import read_file
from flux.importers.opening import Limits
from flux.importers.records import Extract, Options, UnreadableFile
from tests.importers.making import COMPANY, DATA, PERSONAL, SHARES, activity, archive, feed

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CELL = '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
LAUGHS = (
    "<!DOCTYPE l ["
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)).replace(
        "<!ENTITY b", '<!ENTITY a "lol"><!ENTITY b', 1
    )
    + "]>"
)


def bare_xlsx(rows: str, doctype: str = "", more: Mapping[str, str] | None = None) -> bytes:
    """The least that is a workbook, written by hand: libraries refuse to write what these tests need."""
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{doctype}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>'
        "</worksheet>",
        **(more or {}),
    }
    return archive({name: text.encode() for name, text in files.items()})


def run(tmp_path: Path, content: bytes, limits: Limits | None = None) -> Extract:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return read_file(path, "mine", Options(), limits or Limits())


def head(name: str, size: int) -> bytes:
    return (DATA / name).read_bytes()[:size]


HOSTILE = {
    "a cell at the far corner": (
        bare_xlsx(CELL + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "1,024 MiB of memory",
    ),
    "a text of 101 MiB": (
        bare_xlsx(CELL, more={"xl/sharedStrings.xml": f"<sst><si><t>{'A' * (101 << 20)}</t></si></sst>"}),
        "unpacks to 101 MiB",
    ),
    "a zip bomb": (archive({"Shares.csv": bytes(50 << 20)}), "times its size"),
    "a thousand files": (
        archive({"[Content_Types].xml": b"x"} | {f"{n}.txt": b"x" for n in range(1000)}),
        "1,001 files",
    ),
    "a billion laughs": (
        bare_xlsx('<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>', LAUGHS),
        "sheet S, is damaged",
    ),
    "a workbook cut off": (head(PERSONAL, 9_000), "damaged or cut off"),
    "a BIFF8 file cut off": (head(COMPANY, 9_000), "damaged or cut off"),
    "a BIFF8 file short of 5 bytes": (head(COMPANY, -5), "its parts point to nowhere"),
    "a CSV cut off": (head(SHARES, 9_000), "line 132: a quoted text begins here and never ends"),
    "NULs": (b"\x00\x01\x02" * 500, "is not text"),
    "nothing": (b"", "is empty"),
    "blanks": (b" \n\n", "is empty"),
    "a PDF": (b"%PDF-1.4", "is a PDF"),
    "nested arrays": (b"[" * 200_000, "nested too deeply"),
    "nested objects": (b'{"a":' * 200_000, "nested too deeply"),
    "a number of 10,000 digits": (b'[{"a":' + b"9" * 10_000 + b"}]", "4,300 digits"),
    "a cell of 3 MiB": (b'url,text\n"' + b"x" * (3 << 20) + b'",a\n', "line 2: not valid CSV"),
    "broken JSON": (b'[{"a": 1},\n{"b": }]', "line 2, column 7"),
    "UTF-16 cut off": ("a\tb\n".encode("utf-16")[:-1], "cut off"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_clear_sentence(name: str, tmp_path: Path) -> None:
    content, said = HOSTILE[name]
    with pytest.raises(UnreadableFile) as refused:
        run(tmp_path, content)
    assert said in refused.value.message
    assert refused.value.message.startswith("mine")
    assert "Traceback" not in refused.value.message


def test_an_archive_may_hold_much_else(tmp_path: Path) -> None:
    others = {f"Rich_Media/{n}.jpg": bytes(200_000) for n in range(1_100)}
    found = run(tmp_path, archive(others | {"Shares.csv": (DATA / SHARES).read_bytes()}))
    assert len(found.posts) == 202


def test_what_no_database_takes_is_removed_and_told(tmp_path: Path) -> None:
    text = f'[{{"url": "{feed(activity(1_741_931_947_000))}", "text": "a\\ud800b\\u0000c", "likes": 3}}]'
    found = run(tmp_path, text.encode())
    assert found.posts[0].text == "a\ufffdbc"
    assert "removed" in found.left_out[0].why
    found = run(tmp_path, f"url,text,likes\n{feed(activity(1_741_931_947_000))},a\x00b,3\n".encode())
    assert found.posts[0].text == "ab"
    assert "NUL characters removed: 1" in found.recognised


def big(rows: int) -> bytes:
    lines = [f"{feed(activity(1_600_000_000_000 + n * 1000))},{'word ' * 60},{n % 90}\n" for n in range(rows)]
    return ("url,text,likes\n" + "".join(lines)).encode()


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="more than 1 seconds"):
        run(tmp_path, big(200_000), Limits(seconds=1))


def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="more than 128 MiB of memory"):
        run(tmp_path, big(150_000), Limits(memory_mb=128))


def test_a_file_over_the_limit_of_uploads_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="at most 1 MiB"):
        run(tmp_path, b"x" * (2 << 20), Limits(upload_mb=1))


def test_reading_leaves_this_process_and_its_limits_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUX_SECRET_KEY", "do not hand on")
    before = (resource.getrlimit(resource.RLIMIT_AS), os.getcwd())  # noqa: PTH109
    assert run(tmp_path, head(SHARES, 10**9)).importer == "linkedin_archive"
    assert (resource.getrlimit(resource.RLIMIT_AS), os.getcwd()) == before  # noqa: PTH109
