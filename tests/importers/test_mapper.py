"""The column mapper: scrapers' files, hand-made sheets, and what it must refuse."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from flux.importers.guesses import guess
from flux.importers.moments import mid_day
from flux.importers.records import Options, UnreadableFile
from tests.importers.making import activity, feed, read, share, workbook

MS = int(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp() * 1000)
URN, SHARE = activity(MS), share(MS)
COUNTS = (12, 3, 1)


def counts(post) -> tuple[int | None, ...]:
    return post.likes, post.comments, post.shares


SCRAPED = {
    "apimaestro": {
        "urn": URN.rpartition(":")[2],
        "full_urn": SHARE,
        "url": feed(URN),
        "text": "Hi #AI",
        "post_type": "regular",
        "posted_at": {"date": "2026-03-04 05:06:07", "relative": "1w", "timestamp": MS},
        "stats": {"total_reactions": 12, "like": 10, "comments": 3, "reposts": 1},
        "media": {"type": "image"},
    },
    "supreme_coder": {
        "url": feed(URN),
        "urn": URN,
        "text": "Hi #AI",
        "postedAtISO": "2026-03-04T05:06:07.000Z",
        "postedAtTimestamp": MS,
        "timeSincePosted": "1w",
        "numLikes": 12,
        "numComments": 3,
        "numShares": 1,
        "type": "image",
        "isRepost": False,
        "comments": [{"text": "x"}],
    },
    "harvestapi": {
        "linkedinUrl": feed(URN),
        "content": "Hi #AI",
        "postedAt": {"timestamp": MS, "date": "2026-03-04T05:06:07.000Z"},
        "engagement": {"likes": 12, "comments": 3, "shares": 1},
        "postImages": [{"url": "x"}],
        "author": {"linkedinUrl": "https://www.linkedin.com/in/ada"},
    },
    "linkedapi": {
        "url": feed(URN),
        "activityUrn": URN,
        "text": "Hi #AI",
        "time": "2026-03-04T05:06:07Z",
        "reactionsCount": 12,
        "commentsCount": 3,
        "repostsCount": 1,
        "images": ["x"],
        "hasVideo": False,
        "hasPoll": False,
    },
}


@pytest.mark.parametrize("shape", ["array", "envelope", "ndjson"])
@pytest.mark.parametrize("tool", SCRAPED)
def test_scrapers_json_is_guessed(tool: str, shape: str) -> None:
    items = [SCRAPED[tool]]
    text = {
        "array": json.dumps(items),
        "envelope": json.dumps({"meta": 1, "data": {"posts": items}}),
        "ndjson": "\n".join(map(json.dumps, items * 1)) + "\n",
    }[shape]
    post = read(text).posts[0]
    assert (post.urn, post.published_at, post.text, post.format) == (URN, MS // 1000, "Hi #AI", "image")
    assert counts(post) == COUNTS


def test_both_ids_of_a_scraped_post_are_kept() -> None:
    item = {"url": feed(URN), "shareUrn": SHARE, "text": "x", "numLikes": 1}
    post = read(json.dumps([item])).posts[0]
    assert (post.urn, post.alias) == (URN, SHARE)


def test_phantombuster_rebuilds_relative_dates_from_the_id() -> None:
    header = "postUrl,postContent,postDate,likeCount,commentCount,repostCount,type"
    text = f"{header}\n{feed(SHARE)},Hi,2w,12,3,1,Image\n"
    post = read(text).posts[0]
    assert (post.published_at, post.format, counts(post)) == (MS // 1000, "image", COUNTS)


def test_a_relative_date_without_an_id_is_left_out_with_the_reason() -> None:
    text = "url,text,date,likes\nhttps://example.org/1,a,1 week ago,3\nhttps://example.org/2,b,2026-03-04,4\n"
    found = read(text)
    assert [post.text for post in found.posts] == ["b"]
    assert found.left_out[0].where == "line 2"
    assert "relative" in found.left_out[0].why


def test_a_hand_made_workbook_with_dates_as_cells() -> None:
    rows = [
        ["My posts"],
        [],
        ["Content", "Date", "Reactions", "Comments", "Shares"],
        ["Hi", date(2026, 3, 4), 12, 3, 1],
    ]
    post = read(workbook({"Sheet1": rows, "Sheet2": []})).posts[0]
    assert counts(post) == COUNTS
    assert datetime.fromtimestamp(post.published_at, UTC) == datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
    assert not post.time_known


def test_a_sheet_of_days() -> None:
    text = "Date;Impressions;Engagements;New followers\n04.03.2026;1.001;12;-2\n05.03.2026;;3;1\n"
    found = read(text)
    assert [tuple(day) for day in found.days] == [
        ("2026-03-04", 1001, 12, -2, None),
        ("2026-03-05", None, 3, 1, None),
    ]
    assert not found.posts


def test_columns_named_by_the_user_go_before_guesses() -> None:
    text = "a,b,c,likes\nhttps://example.org/1,2026-03-04 10:00,7,9\n"
    options = Options(mapping={"url": "a", "published_at": "b", "likes": "c"}, timezone="Europe/Berlin")
    found = read(text, options=options)
    assert found.posts[0].likes == 7
    assert datetime.fromtimestamp(found.posts[0].published_at, UTC) == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert found.mapping == {"url": "a", "published_at": "b", "likes": "c"}


@pytest.mark.parametrize(
    ("mapping", "said"),
    [({"url": "z"}, "no column 'z'"), ({"lines": "a"}, "no field 'lines'")],
    ids=["column", "field"],
)
def test_a_mapping_that_names_what_is_not_there_is_refused(mapping: dict[str, str], said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read("a,likes\nhttps://example.org/1,2\n", options=Options(mapping=mapping))


@pytest.mark.parametrize(
    ("written", "count"), [("1.001", 1001), ("1,001", 1001), ("1 001", 1001), ("1\u202f001", 1001)]
)
def test_thousands_are_read_however_they_are_written(written: str, count: int) -> None:
    assert (
        read(f"url;text;date;likes\nhttps://example.org/1;a;2026-03-04;{written}\n").posts[0].likes == count
    )


@pytest.mark.parametrize("written", ["0.12", "1.2K", "many", "< 1%", "99999999999"])
def test_what_is_no_count_is_left_out(written: str) -> None:
    rows = f"https://example.org/1;a;2026-03-04;{written}\nhttps://example.org/2;b;2026-03-04;5\n"
    found = read("url;text;date;likes\n" + rows + "https://example.org/3;b;2026-03-04;6\n")
    assert [post.likes for post in found.posts] == [5, 6]
    assert written in found.left_out[0].why


@pytest.mark.parametrize("empty", ["", "n/a", "-", "null"])
def test_an_empty_count_is_unknown_and_not_0(empty: str) -> None:
    text = f"url,text,date,likes\nhttps://example.org/1,a,2026-03-04,{empty}\nhttps://example.org/2,a,2026-03-05,0\n"
    assert [post.likes for post in read(text).posts] == [None, 0]


def test_day_or_month_first_is_decided_over_the_whole_column() -> None:
    text = "text,date,likes\na,3/4/2026,1\nb,13/4/2026,2\n"
    assert [datetime.fromtimestamp(p.published_at, UTC).day for p in read(text).posts] == [3, 13]
    with pytest.raises(UnreadableFile, match="day_first"):
        read("text,date,likes\na,3/4/2026,1\nb,5/4/2026,2\n")
    with pytest.raises(UnreadableFile, match="'13/4/2026' has the day first, '4/13/2026' the month"):
        read("text,date,likes\na,4/13/2026,1\nb,13/4/2026,2\n")


def test_ids_settle_the_order_of_the_other_rows() -> None:
    text = f"url,text,date,likes\n{feed(SHARE)},a,4/3/2026,1\nhttps://example.org/2,b,5/3/2026,2\n"
    assert datetime.fromtimestamp(read(text).posts[1].published_at, UTC).month == 3


def test_an_activitys_id_goes_before_a_time_in_the_row_and_that_before_a_shares_id() -> None:
    text = (
        f"url,text,date,likes\n{feed(URN)},a,2026-03-04 23:00:00,1\n{feed(SHARE)},b,2026-03-04 23:00:00,1\n"
    )
    late = int(datetime(2026, 3, 4, 23, tzinfo=UTC).timestamp())
    assert [post.published_at for post in read(text).posts] == [MS // 1000, late]


def test_times_skip_and_repeat_with_daylight_saving() -> None:
    text = "text,date,likes\na,2026-03-29 01:30:00,1\nb,2026-03-29 03:30:00,2\n"
    first, second = read(text, options=Options(timezone="Europe/Berlin")).posts
    assert second.published_at - first.published_at == 3600


def test_without_an_id_a_post_keeps_its_name_from_import_to_import() -> None:
    text = "text,date,likes\na,2026-03-04,{}\nb,2026-03-04,2\n"
    first, second = (read(text.format(likes)).posts for likes in (1, 5))
    assert [post.urn for post in first] == [post.urn for post in second]
    assert len({post.urn for post in first}) == 2


def test_a_link_that_is_none_is_not_kept() -> None:
    from flux.importers.cleaning import clean

    found = clean(read(f"url,text,likes\njavascript:alert(1)//{URN},a,1\n"))
    assert found.posts[0].url == feed(URN)


def test_a_list_is_no_count() -> None:
    columns = ["url", "date", "comments", "numComments"]
    assert guess(columns, [["https://x.org", "2026-03-04", '[{"a": 1}]', 3]])["comments"] == "numComments"
    assert "comments" not in guess(columns[:3], [["https://x.org", "2026-03-04", '[{"a": 1}]']])


@pytest.mark.parametrize("text", ["hello world", "a,b\n1,2\n", "<html><body>Sign in</body></html>", "{}"])
def test_what_is_no_table_of_posts_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(UnreadableFile, match="What Flux takes in is: LinkedIn personal"):
        read(text)


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_a_day_without_a_time_stays_that_day_around_the_world(zone: str) -> None:
    for day in (date(2026, 1, 15), date(2026, 7, 15)):
        moment = datetime.fromtimestamp(mid_day(day).seconds, ZoneInfo(zone))
        assert moment.date() == day
