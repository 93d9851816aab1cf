"""LibreOffice Calc opens the feeds' addresses: numbers are numbers, days are days, text stays text."""

import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests

from tests.clients.conftest import POSTS, Feed

US = "44,34,76,1,,1033,false,true"  # comma, double quotes, UTF-8, from line 1, English (US), special numbers
GERMAN = "59,34,76,1,,1031,false,true"  # semicolon, German

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def open_in_calc(soffice: str, url: str, folder: Path, options: str = US) -> list[dict[str, Any]]:
    """The rows of the sheet that Calc makes of the address, by their heading."""
    command = [
        soffice,
        "--headless",
        f"-env:UserInstallation=file://{folder / 'profile'}",
        f"--infilter=Text - txt - csv (StarCalc):{options}",
        *("--convert-to", "xlsx", "--outdir", str(folder / "out"), url),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    made = list((folder / "out").glob("*.xlsx"))
    assert made, f"Calc made no sheet: {done.stdout} {done.stderr}"
    book = openpyxl.load_workbook(made[0])
    heading, *rows = book.active.iter_rows(values_only=True)
    book.close()
    return [dict(zip(heading, row, strict=True)) for row in rows]


def test_posts_open_as_rows(soffice: str, feed: Feed, tmp_path: Path) -> None:
    rows = open_in_calc(soffice, feed.url("posts", "&order=asc"), tmp_path)
    assert [row["likes"] for row in rows] == [likes for _, likes, *_ in POSTS]
    assert [row["impressions"] for row in rows] == [impressions for *_, impressions in POSTS]
    assert [row["shares"] for row in rows] == [2, 0, None, 1]
    assert [row["date"] for row in rows] == [datetime(2026, 1, day) for day in (1, 2, 3, 4)]  # noqa: DTZ001 - a sheet's
    assert [row["text"] for row in rows][:3] == [POSTS[0][0], "'" + POSTS[1][0], POSTS[2][0]]
    assert all(row["post_id"].startswith("urn:li:share:") for row in rows)
    assert rows[0]["profile_id"] == feed.tenant.profile.public_id


def test_a_german_sheet_reads_decimal_commas(soffice: str, feed: Feed, tmp_path: Path) -> None:
    five_days = replace(feed, window="from=2026-01-01&to=2026-01-05")
    address = five_days.url("overview", "&delimiter=semicolon&decimal=comma")
    rows = open_in_calc(soffice, address, tmp_path, GERMAN)
    # 4 posts in 5 days; 18 interactions of the 3 whose parts are known
    assert (rows[0]["posts_per_week"], rows[0]["engagement_per_post"]) == (5.6, 6)


def test_what_calc_asks_beforehand_is_free(soffice: str, feed: Feed, tmp_path: Path) -> None:
    open_in_calc(soffice, feed.url("posts"), tmp_path)
    told = feed.server.told()
    assert '"HEAD /api/v1/datasets/posts.csv" 200' in told, "Calc asked no HEAD: the test proves nothing"
    status = requests.get(f"{feed.server.url}/api/v1/status", headers=feed.tenant.header, timeout=5).json()
    limits = status["data"]["rate_limit"]
    assert limits["limit"] - limits["remaining"] == told.count('"GET /api/v1/datasets/posts.csv" 200')
