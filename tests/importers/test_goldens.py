"""Every sample: known by one importer, declined by all others, and its figures those of the file itself."""

import csv
import json
from datetime import UTC, datetime

import openpyxl
import pytest
import xlrd

from flux.importers import IMPORTERS, identify
from flux.importers.opening import open_file
from flux.importers.records import UnreadableFile
from tests.importers.making import COMPANY, DATA, FACEBOOK, PERSONAL, SHARES, read

GOLDENS = json.loads((DATA / "goldens.json").read_text())


def test_every_sample_has_a_golden() -> None:
    samples = {path.name for path in DATA.iterdir() if path.suffix in (".xlsx", ".xls", ".csv")}
    assert samples == GOLDENS.keys()


@pytest.mark.parametrize("name", GOLDENS)
@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.id)
def test_one_importer_knows_a_sample_and_every_other_declines(importer, name) -> None:
    file = open_file((DATA / name).read_bytes(), "renamed.bin")
    assert importer.identify(file) == (importer.id == GOLDENS[name]["importer"])


@pytest.mark.parametrize("name", GOLDENS)
def test_a_sample_gives_what_its_golden_says(name) -> None:
    golden, content = GOLDENS[name], (DATA / name).read_bytes()
    assert identify(open_file(content, name)).id == golden["importer"]
    if "refused" in golden:
        with pytest.raises(UnreadableFile, match=golden["refused"]):
            read(content, name)
        return
    found = read(content, name)
    assert (len(found.posts), len(found.days)) == (golden["posts"], golden["days"])


def test_the_personal_file_sums_to_its_own_discovery_sheet() -> None:
    book = openpyxl.load_workbook(DATA / PERSONAL)
    found = read((DATA / PERSONAL).read_bytes(), PERSONAL)
    assert sum(day.impressions for day in found.days) == book["DISCOVERY"]["B2"].value == 70416
    assert [day.day for day in found.days] == sorted(day.day for day in found.days)
    assert (found.days[0].day, found.days[-1].day) == ("2023-08-07", "2024-08-05")
    engagement = [row[2] for row in book["ENGAGEMENT"].iter_rows(min_row=2, values_only=True)]
    assert sum(day.engagements for day in found.days) == sum(engagement)
    followers = [row[1] for row in book["FOLLOWERS"].iter_rows(min_row=4, values_only=True)]
    assert sum(day.new_followers for day in found.days) == sum(followers)
    totals = {day.day: day.followers for day in found.days if day.followers is not None}
    assert totals == {"2024-08-05": book["FOLLOWERS"]["B1"].value}


def test_the_personal_top_posts_are_two_lists_and_what_one_lacks_is_unknown() -> None:
    rows = list(openpyxl.load_workbook(DATA / PERSONAL)["TOP POSTS"].iter_rows(min_row=4, values_only=True))
    engagement = {row[0]: row[2] for row in rows if row[0]}
    impressions = {row[4]: row[6] for row in rows if row[4] and isinstance(row[6], int | float)}
    found = read((DATA / PERSONAL).read_bytes(), PERSONAL)
    assert {post.url: post.engagement for post in found.posts if post.engagement is not None} == engagement
    assert {post.url: post.impressions for post in found.posts if post.impressions is not None} == impressions
    assert any(post.impressions is None for post in found.posts)
    assert all(post.likes is None for post in found.posts)
    window = (datetime.fromtimestamp(found.window_start, UTC), datetime.fromtimestamp(found.read_at, UTC))
    assert window == (datetime(2023, 8, 7, tzinfo=UTC), datetime(2024, 8, 6, tzinfo=UTC))


def test_the_company_file_gives_each_posts_own_figures() -> None:
    book = xlrd.open_workbook(DATA / COMPANY)
    rows = [book["All posts"].row_values(row) for row in range(2, book["All posts"].nrows)]
    expected = {row[1]: (row[0], row[14], row[15], row[16], row[9]) for row in rows}
    found = read((DATA / COMPANY).read_bytes(), COMPANY)
    told = {p.url: (p.text, p.likes, p.comments, p.shares, p.impressions) for p in found.posts}
    assert told == expected
    days = [book["Metrics"].row_values(row) for row in range(2, book["Metrics"].nrows)]
    assert sum(day.impressions for day in found.days) == sum(day[3] for day in days)
    assert sum(day.engagements for day in found.days) == sum(day[10] + day[13] + day[16] for day in days)
    assert found.read_at == datetime(2025, 3, 16, tzinfo=UTC).timestamp()
    assert "Admin 1" not in repr(found)


def test_the_archive_gives_full_texts_and_times_to_the_second() -> None:
    with (DATA / SHARES).open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = read((DATA / SHARES).read_bytes(), SHARES)
    told = [
        datetime.fromtimestamp(post.published_at, UTC).strftime("%Y-%m-%d %H:%M:%S") for post in found.posts
    ]
    assert told == [row["Date"] for row in rows]
    assert [post.text for post in found.posts] == [
        row["ShareCommentary"].replace('"\n"', "\n") for row in rows
    ]
    assert not any('"\n"' in post.text for post in found.posts)
    assert {post.likes for post in found.posts} == {None}
    assert len({post.urn for post in found.posts}) == len(rows)


def test_the_facebook_page_goes_through_the_guessed_columns() -> None:
    with (DATA / FACEBOOK).open(newline="") as file:
        rows = {f"urn:flux:{row['status_id']}": row for row in csv.DictReader(file)}
    found = read((DATA / FACEBOOK).read_bytes(), FACEBOOK)
    kinds = {"photo": "image", "video": "video", "link": "article", "status": "text"}
    for post in found.posts:
        row = rows[post.urn]
        counts = (str(post.likes), str(post.comments), str(post.shares))
        assert counts == (row["num_reactions"], row["num_comments"], row["num_shares"])
        assert post.format == kinds[row["status_type"]]
        moment = datetime.strptime(row["status_published"], "%m/%d/%Y %H:%M").replace(tzinfo=UTC)
        assert post.published_at == moment.timestamp()
