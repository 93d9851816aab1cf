"""TypeScript checks the scripts as they are handed out, strictly, against Google's own types."""

import re
import subprocess
from pathlib import Path

import pytest

from flux.catalog import CATALOG
from flux.snippets import Feed, render
from tests import node
from tests.connectors.conftest import BY_ID, PROGRAMS

SCRIPTS = ("apps_script", "data_studio")


def mistakes(folder: Path, code: str) -> list[str]:
    """What the compiler says of a script."""
    modules = node.install(PROGRAMS)
    (folder / "Code.js").write_text(code, encoding="utf-8")
    config = folder / "tsconfig.json"
    config.write_text(f'{{"extends": "{PROGRAMS / "tsconfig.json"}", "files": ["Code.js"]}}')
    done = subprocess.run(
        [node.node(), modules / "typescript" / "bin" / "tsc", "--pretty", "false", "-p", config],
        cwd=folder, env=node.environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 2), done.stderr
    return [line for line in done.stdout.splitlines() if "error TS" in line]


def script(id: str, name: str = "posts") -> str:
    return render(BY_ID[id], Feed("https://flux.example.org", CATALOG[name], (("range", "all"),)))


@pytest.mark.parametrize("id", SCRIPTS)
def test_no_mistake_is_in_it(tmp_path: Path, id: str) -> None:
    assert mistakes(tmp_path, script(id)) == []


@pytest.mark.parametrize(
    ("id", "right", "wrong"),
    [
        ("apps_script", ".everyHours(1)", ".everyHour(1)"),
        ("apps_script", "sheet.getMaxRows()", "sheet.maxRows()"),
        ("data_studio", ".setFiltersApplied(false)", ".setFiltersApplied('no')"),
        ("data_studio", "asked.map((field) => cell(", "asked.map((field) => Number("),
        ("data_studio", "field.setId(column.id)", "field.setID(column.id)"),
        ("data_studio", '"type": "YEAR_MONTH_DAY"', '"type": "YEAR_MONTH_DATE"'),
        ("data_studio", "followRedirects: false", "followRedirect: false"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_found(tmp_path: Path, id: str, right: str, wrong: str) -> None:
    code = script(id)
    assert right in code
    assert mistakes(tmp_path, code.replace(right, wrong))


@pytest.mark.parametrize("id", SCRIPTS)
def test_the_source_is_handed_out_as_it_is_written(id: str) -> None:
    sources = {"apps_script": "google_sheets.js", "data_studio": "data_studio.js"}
    source = (PROGRAMS.parents[2] / "static" / "connectors" / sources[id]).read_text()
    head = script(id).removesuffix(source)
    assert head != script(id)
    assert len(re.findall(r"^const \w+ = ", head, re.MULTILINE)) == 2, "an address and a list, nothing else"
