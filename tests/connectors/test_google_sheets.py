"""Google Sheets: the formulas in a spreadsheet engine, the script with its menu and its timer in Node."""

import csv
import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from flux.snippets import render
from tests.connectors.conftest import AWKWARD, BY_ID, EVERY, ID, METRIC, House

ZONE = "Europe/Berlin"  # the document's; the script's own is another
REFRESH, HOURLY, STOP = "Refresh now", "Refresh every hour", "Stop refreshing"


@EVERY
@pytest.mark.parametrize(("id", "separator"), [("google_sheets", ","), ("google_sheets_semicolon", ";")])
def test_a_spreadsheet_reads_the_formula(house: House, name: str, id: str, separator: str) -> None:
    feed = house.feed(name)
    told = house.run("formula.cjs", render(BY_ID[id], feed), separator)
    assert told["value"] == "fetched"
    [[address, delimiter, locale]] = told["called"]
    assert (delimiter, locale) == (",", "en_US")
    answer = requests.get(address, timeout=10)
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == len(house.rows(feed))
    column = 'the "text"' if name == METRIC else "profile_name"
    guarded = [f"'{text}" if text[0] in "=+-@" else text for text in AWKWARD]
    told_texts = {row[column].replace("\n", " ") for row in rows}
    assert told_texts - {"Ada"} == {text.replace("\n", " ") for text in guarded}


@pytest.mark.parametrize(("id", "separator"), [("google_sheets", ";"), ("google_sheets_semicolon", ",")])
def test_the_other_locales_formula_is_none(house: House, id: str, separator: str) -> None:
    told = house.run("formula.cjs", render(BY_ID[id], house.feed("posts")), separator)
    assert told["called"] == []
    assert told["value"]["type"] == "ERROR"


def run(house: House, name: str, *steps: str, **plan: Any) -> Any:
    """What the document holds after these steps."""
    code = house.write("apps_script", house.feed(name), "Code.js")
    assert house.tenant.key not in code.read_text(), "whoever may edit the document can read the script"
    told = house.run("google_sheets.cjs", code, house.plan(zone=ZONE, steps=steps, **plan))
    assert not any(house.tenant.key in address for address in told["asked"])
    return told


@EVERY
def test_the_table_is_typed_and_has_no_formula(house: House, name: str) -> None:
    feed = house.feed(name)
    told = run(house, name, REFRESH, kept={"FLUX_KEY": house.tenant.key})
    assert told["errors"] == []
    sheet = told["sheets"][f"flux {feed.dataset.name}"]
    head, *rows = sheet["cells"]
    columns = feed.columns()
    assert head == [column["name"] for column in columns]
    wanted = house.rows(feed)
    assert len(rows) == len(wanted)
    for row, right in zip(rows, wanted, strict=True):
        for cell, column in zip(row, columns, strict=True):
            assert cell == in_cell(right[column["name"]], column["type"]), column
    for at, column in enumerate(columns, 1):
        formats = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss"}
        assert sheet["formats"][str(at)] == formats.get(column["type"], "General")
    assert sheet["frozen"] == 1


def in_cell(value: Any, type: str) -> Any:
    """What a cell must hold: a day is midnight in the document's zone, a text what was written."""
    if value is None:
        return ""
    if type in ("date", "datetime"):
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(ZONE))
        return {"date": f"{moment.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%S}.000Z"}
    return " ".join(value) if isinstance(value, list) else value


def test_a_text_stays_what_it_is(house: House) -> None:
    told = run(house, METRIC, REFRESH, kept={"FLUX_KEY": house.tenant.key})
    [sheet] = told["sheets"].values()
    assert {row[2] for row in sheet["cells"][1:]} == set(AWKWARD)
    assert {row[3] for row in sheet["cells"][1:]} == {ID}


def test_the_menu_asks_for_the_key_once(house: House) -> None:
    told = run(house, "overview", REFRESH, REFRESH, typed=f" {house.tenant.key} ")
    assert (told["prompts"], told["errors"]) == (1, [])
    assert told["kept"] == {"FLUX_KEY": house.tenant.key}


def test_a_key_that_is_refused_is_not_kept(house: House) -> None:
    told = run(house, "overview", REFRESH, typed=house.tenant.key[:-1])
    assert told["kept"] == {}
    assert "key" in told["errors"][0]
    assert told["sheets"] == {}


def test_without_a_key_nothing_is_written(house: House) -> None:
    told = run(house, "overview", REFRESH)
    assert told["errors"] == ["There is no key yet: choose Flux, Set the key."]
    assert told["sheets"] == {}


def test_the_timer_refreshes_until_it_is_stopped(house: House) -> None:
    kept = {"FLUX_KEY": house.tenant.key}
    told = run(house, "overview", HOURLY, HOURLY, "tick", kept=kept)
    assert told["triggers"] == ["refresh"], "one timer, however often it was asked for"
    assert (len(told["asked"]), told["errors"], told["prompts"]) == (3, [], 0)
    stopped = run(house, "overview", HOURLY, STOP, "tick", kept=kept)
    assert (stopped["triggers"], len(stopped["asked"])) == ([], 1)


def test_a_shorter_table_leaves_nothing_of_the_longer_one_and_no_column_beside_it(house: House) -> None:
    width = len(house.feed("overview").columns())
    before = [["old"] * width + ["mine"] for _ in range(60)]
    told = run(
        house, "overview", REFRESH, kept={"FLUX_KEY": house.tenant.key}, sheets={"flux overview": before}
    )
    cells = told["sheets"]["flux overview"]["cells"]
    rows = len(house.rows(house.feed("overview"))) + 1
    assert {cell for row in cells[rows:] for cell in row[:width]} == {""}
    assert {row[width] for row in cells} == {"mine"}
    assert "old" not in {cell for row in cells for cell in row if isinstance(cell, str)}


def test_a_sheet_grows_with_its_table(house: House) -> None:
    kept = {"FLUX_KEY": house.tenant.key}
    told, small = (
        run(house, "posts", REFRESH, kept=kept, **size) for size in ({}, {"height": 5, "columns": 3})
    )
    assert told["errors"] == small["errors"] == []
    assert small["sheets"]["flux posts"]["cells"] == told["sheets"]["flux posts"]["cells"]


def test_what_is_not_flux_is_told(house: House) -> None:
    code = house.write("apps_script", house.feed("posts"), "Code.js")
    code.write_text(code.read_text().replace("/api/v1/datasets/posts?", "/login?"))
    plan = house.plan(zone=ZONE, steps=[REFRESH], kept={"FLUX_KEY": house.tenant.key})
    told = house.run("google_sheets.cjs", code, plan)
    assert told["errors"] == [f"What answers at {house.server.url} is not Flux (200)."]
    assert told["sheets"] == {}
