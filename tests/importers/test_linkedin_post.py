"""The export of a single post, old and new layout: labels wherever they stand."""

from datetime import UTC, datetime

from flux.importers.records import Options
from tests.importers.making import activity, feed, read, share, workbook

ACTIVITY, SHARE = 7485680138597240832, 7485567442413494273  # a scheduled post: the share is 7.46 hours older
URL = f"https://www.linkedin.com/posts/ada_a-share-of-thoughts-share-{SHARE}-Ab1c"
COUNTS = [
    ["Impressions", "1,234"],
    ["Members reached", "900"],
    ["Reactions", "56"],
    ["Comments", "7"],
    ["Reposts", "3"],
    ["Saves", "2"],
]
NEW = [
    ["Post URL", URL],
    ["Post Date", "7/23/2026"],
    ["Post Publish Time", "10:00 AM"],
    ["Post Performance", ""],
    *COUNTS,
    ["Social engagements", "70"],
    ["Category", "Value", "%"],
    ["Company", "X", "2%"],
]


def counts(found) -> tuple[int | None, ...]:
    return tuple(found.posts[0][6:11])


def test_the_new_layout_takes_the_activity_from_the_name_and_the_share_from_the_url() -> None:
    found = read(workbook({"Post analytics": NEW}), f"SinglePostAnalytics_Ada Lovelace_{ACTIVITY} (1).xlsx")
    post = found.posts[0]
    assert found.importer == "linkedin_post"
    assert (post.urn, post.alias) == (f"urn:li:activity:{ACTIVITY}", f"urn:li:share:{SHARE}")
    assert post.published_at == (ACTIVITY >> 22) // 1000
    assert counts(found) == (56, 7, 3, None, 1234)


def test_a_renamed_file_is_placed_by_the_share_or_by_its_local_time() -> None:
    content = workbook({"Post analytics": NEW})
    assert read(content, "x.xlsx").posts[0].published_at == (SHARE >> 22) // 1000
    local = read(content, "x.xlsx", Options(timezone="America/New_York")).posts[0]
    assert datetime.fromtimestamp(local.published_at, UTC) == datetime(2026, 7, 23, 14, 0, tzinfo=UTC)


def test_the_old_layout_with_moved_rows_tells_when_it_was_read() -> None:
    ms = int(datetime(2024, 3, 14, 12, tzinfo=UTC).timestamp() * 1000)
    rows = [
        ["Ada Highlights 3/14/2024 to 4/13/2024", ""],
        *COUNTS[::-1],
        ["Post URL", feed(share(ms))],
        ["Post Date", "3/14/2024"],
    ]
    found = read(workbook({"PERFORMANCE": rows, "TOP DEMOGRAPHICS": [["Category", "Value", "%"]]}))
    assert counts(found) == (56, 7, 3, None, 1234)
    assert found.read_at == datetime(2024, 4, 14, tzinfo=UTC).timestamp()
    assert found.left_out[0].where == "sheet TOP DEMOGRAPHICS"


def test_a_digit_in_the_name_that_cannot_be_this_post_is_ignored() -> None:
    far = activity((SHARE >> 22) + 400 * 86_400_000).rpartition(":")[2]
    assert read(workbook({"Post analytics": NEW}), f"copy_{far}.xlsx").posts[0].urn == f"urn:li:share:{SHARE}"


def test_italian_labels() -> None:
    rows = [
        ["URL del post", URL],
        ["Impressioni", "1.234"],
        ["Reazioni", "56"],
        ["Commenti", "7"],
        ["Diffusioni", "3"],
    ]
    assert counts(read(workbook({"Analisi": rows}))) == (56, 7, 3, None, 1234)
