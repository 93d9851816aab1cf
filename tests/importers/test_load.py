"""Imports into either database: figures as the file's, twice is once, everything or nothing."""

import csv
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, func

from flux import serve
from flux.importers.counts import MAX_COUNT
from flux.importers.load import Options, load
from flux.importers.records import DayRecord, Extract, PostRecord
from flux.serve import Rights
from flux.store.tables import daily_activity, post_snapshots, posts, profiles
from tests.importers.loading import add, bring, post_rows, rows, state
from tests.importers.making import COMPANY, DATA, PERSONAL, SHARES, activity, feed, share
from tests.tenants import Tenant

SAMPLES = (PERSONAL, COMPANY, SHARES)
MS = 1_700_000_000_000


def test_imported_figures_are_the_files(engine: Engine, ada: Tenant) -> None:
    report = bring(engine, ada, PERSONAL)
    assert (report.posts_added, report.days_added, report.changed) == (45, 365, True)
    days = rows(engine, func.count(), func.sum(daily_activity.c.impressions), func.min(daily_activity.c.day))
    assert tuple(days[0]) == (365, 70416, "2023-08-07")
    profile = rows(engine, profiles.c.version, profiles.c.first_day, profiles.c.first_post_at)[0]
    assert profile.version == ada.profile.version + 1
    assert profile.first_day == "2023-08-07"
    assert profile.first_post_at == rows(engine, func.min(posts.c.published_at))[0][0]


def test_company_posts_have_their_engagement(engine: Engine, ada: Tenant) -> None:
    bring(engine, ada, COMPANY)
    found = rows(
        engine,
        posts.c.likes,
        posts.c.comments,
        posts.c.shares,
        posts.c.engagement,
        posts.c.length,
        posts.c.text,
    )
    assert len(found) == 8
    assert all(row.engagement == row.likes + row.comments + row.shares for row in found)
    assert all(row.length == len(row.text) > 0 for row in found)


def test_texts_survive_to_the_character(engine: Engine, ada: Tenant) -> None:
    with (DATA / SHARES).open(newline="") as file:
        texts = sorted(row["ShareCommentary"].replace('"\n"', "\n") for row in csv.DictReader(file))
    bring(engine, ada, SHARES)
    assert sorted(row.text for row in rows(engine, posts.c.text)) == texts
    nasty = "tab\t back\\slash \\N \\. \r\n quote\" '; -- % {} é 𝗖 \u2028"
    add(engine, ada, post_rows([PostRecord(activity(MS), MS // 1000, text=nasty)]))
    assert nasty in {row.text for row in rows(engine, posts.c.text)}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_file_twice_changes_nothing(engine: Engine, ada: Tenant, name: str) -> None:
    first, before = bring(engine, ada, name), state(engine, ada)
    again = load(engine, ada.account_id, ada.profile.id, DATA / name, "under another name.bin")
    assert first.changed
    assert not again.changed
    assert (again.posts_added, again.posts_updated, again.days_added, again.days_updated) == (0, 0, 0, 0)
    assert (again.posts_unchanged, again.days_unchanged) == (first.posts_added, first.days_added)
    assert state(engine, ada) == before


def test_counts_without_a_reading_time_keep_that_of_their_first_import(
    engine: Engine, ada: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(f"url,likes,comments,shares\n{feed(activity(MS))},1,2,3\n")
    load(engine, ada.account_id, ada.profile.id, path, "sheet.csv")
    before, now = state(engine, ada), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400)
    assert not load(engine, ada.account_id, ada.profile.id, path, "sheet.csv").changed
    assert state(engine, ada) == before
    path.write_text(f"url,likes,comments,shares\n{feed(activity(MS))},2,2,3\n")
    assert load(engine, ada.account_id, ada.profile.id, path, "sheet.csv").posts_updated == 1
    assert rows(engine, posts.c.engagement, posts.c.counts_read_at) == [(7, int(now) + 86_400)]


def test_another_mapping_of_the_same_file_is_a_correction(
    engine: Engine, ada: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(f"url,likes,comments,shares,all\n{feed(activity(MS))},1,2,3,50\n")
    load(engine, ada.account_id, ada.profile.id, path, "sheet.csv")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    options = Options(mapping={"likes": "all"})
    assert load(engine, ada.account_id, ada.profile.id, path, "sheet.csv", options=options).changed
    assert rows(engine, posts.c.likes, posts.c.engagement) == [(50, 55)]


def test_files_give_each_post_what_each_knows(engine: Engine, ada: Tenant) -> None:
    """Top posts (activity ids) meet the archive's texts (share ids) by time, a scheduled one by both ids."""
    top = PostRecord(
        activity(MS + 700), (MS + 700) // 1000, url=feed(activity(MS + 700)), engagement=12, impressions=500
    )
    late = activity(MS + 7_000_000)
    scheduled = PostRecord(late, (MS + 7_000_000) // 1000, impressions=80)
    texts = [
        PostRecord(share(MS), MS // 1000, text="First #One"),
        PostRecord(share(MS + 60_000), MS // 1000 + 60, text="Second"),
    ]
    single = PostRecord(
        late, (MS + 7_000_000) // 1000, alias=share(MS + 60_000), likes=3, comments=2, shares=1
    )
    add(
        engine,
        ada,
        post_rows([top, scheduled], source="linkedin_personal", window_start=MS // 1000 - 99, read_at=MS),
    )
    report = add(engine, ada, post_rows(texts, source="linkedin_archive"))
    assert (report.posts_added, report.posts_updated) == (1, 1)
    add(engine, ada, post_rows([single], source="linkedin_post", read_at=MS + 5))
    columns = (
        posts.c.urn,
        posts.c.alias,
        posts.c.published_at,
        posts.c.text,
        posts.c.engagement,
        posts.c.impressions,
    )
    assert sorted(rows(engine, *columns)) == [
        (top.urn, share(MS), top.published_at, "First #One", 12, 500),
        (late, share(MS + 60_000), scheduled.published_at, "Second", 6, 80),
    ]
    snapshots = {row.post_id for row in rows(engine, post_snapshots.c.post_id)}
    assert snapshots == {row.id for row in rows(engine, posts.c.id)}


def test_overlapping_windows_replace_days_and_never_add(engine: Engine, ada: Tenant) -> None:
    def week(first: int, each: int, read_at: int) -> Extract:
        days = tuple(DayRecord(f"2026-01-{day:02}", each, each) for day in range(first, first + 7))
        return Extract("linkedin_personal", (), days=days, read_at=read_at)

    add(engine, ada, week(1, 10, read_at=8))
    report = add(engine, ada, week(5, 20, read_at=12))
    assert (report.days_added, report.days_updated) == (4, 3)
    assert not add(engine, ada, week(1, 99, read_at=7)).changed
    assert rows(engine, func.sum(daily_activity.c.impressions)) == [(4 * 10 + 7 * 20,)]


def test_the_largest_counts_still_add_up(engine: Engine, ada: Tenant, tmp_path: Path) -> None:
    path, most = tmp_path / "large.csv", MAX_COUNT
    later = feed(activity(MS + 86_400_000))
    path.write_text(
        f"url,likes,comments,shares\n{feed(activity(MS))},{most},{most},{most}\n{later},{most + 1},0,0\n"
    )
    columns = Options(mapping={name: name for name in ("url", "likes", "comments", "shares")})
    report = load(engine, ada.account_id, ada.profile.id, path, path.name, options=columns)
    assert "larger than any count" in report.left_out[0].why
    assert rows(engine, posts.c.engagement)[0][0] == 3 * most
    rights = Rights(ada.account_id)
    (card,) = serve.rows(engine, rights, serve.ask(engine, rights, "overview", {"range": ["all"]}))
    assert 3 * most in card
