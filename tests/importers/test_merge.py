"""Putting files together: worked examples of the rules, and that the order of imports makes no difference."""

from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux.importers.matching import match
from flux.importers.merge import as_post, as_snapshot, combine, combine_day, hashtags, resolve
from flux.importers.records import DayRecord, PostRecord
from flux.importers.rows import Day, Post
from tests.importers.making import activity, share

MS = 1_700_000_000_000
SECONDS = MS // 1000
ACTIVITY, SHARE = activity(MS + 900), share(MS)


def counted(*files: tuple[str, int, int, dict[str, int]]) -> Post:
    """A post after files of (source, start of the window, read at, counts)."""
    record = PostRecord(ACTIVITY, SECONDS)
    snapshots = [
        as_snapshot(1, record._replace(**counts), source, start, at) for source, start, at, counts in files
    ]
    return resolve(as_post(1, record, 0), [each for each in snapshots if each])


FULL = {"likes": 5, "comments": 2, "shares": 1}


def test_engagement_is_the_sum_of_its_parts_even_beside_a_total() -> None:
    post = counted(("linkedin_post", 0, 10, FULL), ("linkedin_personal", 0, 20, {"engagement": 99}))
    assert (post.likes, post.engagement, post.counts_read_at) == (5, 8, 10)


def test_engagement_is_the_total_where_a_part_is_unknown_and_else_unknown_too() -> None:
    assert counted(("mapper", 0, 10, {"likes": 5})).engagement is None
    post = counted(("mapper", 0, 10, {"likes": 5}), ("linkedin_personal", 0, 5, {"engagement": 9}))
    assert (post.likes, post.comments, post.engagement, post.counts_read_at) == (5, None, 9, 5)


def test_a_whole_life_goes_before_a_newer_window_and_windows_never_add() -> None:
    whole = ("linkedin_personal", SECONDS - 10, 100, {"engagement": 40, "impressions": 900})
    window = ("linkedin_personal", SECONDS + 10, 200, {"engagement": 7, "impressions": 30})
    post = counted(window, whole)
    assert (post.engagement, post.impressions, post.counts_read_at) == (40, 900, 100)
    assert counted(window).engagement == 7


def test_the_newest_reading_goes_first_and_zero_is_known() -> None:
    zero = {"likes": 0, "comments": 0, "shares": 0}
    assert counted(("mapper", 0, 10, FULL), ("linkedin_company", 0, 20, zero)).engagement == 0


def test_reactions_comments_and_reposts_come_from_one_file() -> None:
    post = counted(("mapper", 0, 30, {"likes": 50, "comments": 20}), ("linkedin_company", 0, 10, FULL))
    assert (post.likes, post.comments, post.shares, post.engagement) == (5, 2, 1, 8)


def test_an_activity_tells_the_time_then_a_full_time_then_a_share_then_a_date() -> None:
    date = as_post(1, PostRecord(SHARE, SECONDS + 9_000, time_known=False), 50)
    by_share = as_post(2, PostRecord(SHARE, SECONDS), 40)
    full = as_post(3, PostRecord(SHARE, SECONDS + 60), 30)
    by_activity = as_post(4, PostRecord(ACTIVITY, SECONDS), 20)
    ranked = [date, by_share, full, by_activity]
    for worse, better in pairwise(ranked):
        for pair in ((worse, better), (better, worse)):
            assert combine(*pair).published_at == better.published_at
            assert combine(*pair).time_known


def test_texts_of_newer_files_win_and_no_text_never_replaces_one() -> None:
    old, new = (
        as_post(1, PostRecord(SHARE, SECONDS, text=text), at) for text, at in (("old #A", 5), ("new #B", 9))
    )
    silent, empty = (as_post(1, PostRecord(SHARE, SECONDS, text=text), 99) for text in (None, ""))
    for pair in ((old, new), (new, old)):
        assert (combine(*pair).text, combine(*pair).hashtags, combine(*pair).length) == ("new #B", "#B", 6)
    assert combine(old, silent).text == combine(old, empty).text == combine(empty, old).text == "old #A"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#AI and #ai, #Künstliche_Intelligenz2 #人工知能", "#AI #Künstliche_Intelligenz2 #人工知能"),
        ("see https://example.org/#part and a#b", ""),
        ("hashtag#Leadership (#Growth) #", "#Leadership #Growth"),
        ("no tags", ""),
    ],
)
def test_hashtags_are_found_in_order_and_once(text: str, expected: str) -> None:
    assert hashtags(text) == expected


def test_an_activity_meets_the_nearest_share_within_two_seconds_one_to_one() -> None:
    stored = [(1, share(MS), None), (2, share(MS + 1_500), None), (3, share(MS + 90_000), None)]
    records = [
        PostRecord(activity(MS + 1_000), 0),
        PostRecord(activity(MS + 1_600), 0),
        PostRecord(activity(MS + 70_000), 0),
    ]
    assert match(records, stored) == [(1,), (2,), ()]


def test_posts_of_one_kind_never_meet_by_time_nor_those_that_know_their_other_id() -> None:
    stored = [(1, activity(MS), None), (2, share(MS), activity(MS + 5_000))]
    assert match([PostRecord(activity(MS + 500), 0)], stored) == [()]


def test_a_record_with_both_ids_meets_both_posts() -> None:
    stored = [(8, SHARE, None), (3, activity(MS + 9_999_999), None)]
    assert match([PostRecord(activity(MS + 9_999_999), 0, alias=SHARE)], stored) == [(3, 8)]


# --- the order of imports -------------------------------------------------------------------------

COUNT = st.none() | st.integers(-3, 20)
FACTS = st.fixed_dictionaries(
    {
        "urn": st.sampled_from([ACTIVITY, SHARE]),
        "published_at": st.sampled_from([SECONDS, SECONDS + 60, SECONDS + 120]),
        "time_known": st.booleans(),
        "url": st.none() | st.sampled_from(["https://a.org", "https://a.org/b", "https://c.org"]),
        "text": st.none() | st.sampled_from(["", "one #A", "two #B"]),
        "format": st.none() | st.sampled_from(["image", "video"]),
        **dict.fromkeys(("likes", "comments", "shares", "engagement", "impressions"), COUNT),
    }
)
FILES = st.lists(
    st.tuples(
        FACTS,
        st.sampled_from(["linkedin_personal", "mapper"]),
        st.sampled_from([0, SECONDS + 90]),
        st.integers(1, 4),
    ),
    min_size=2,
    max_size=4,
)


def after(files: list[tuple[dict[str, Any], str, int, int]]) -> tuple[object, ...]:
    """What is known of one post after these files, in this order; but not which of its URNs came first."""
    from flux.importers.plan import Plan, _add_snapshot

    post, told = None, {}
    for facts, source, start, read_at in files:
        record = PostRecord(**facts)
        if record.urn == ACTIVITY:
            record = record._replace(published_at=SECONDS, time_known=True)  # as every importer does
        new = as_post(1, record, read_at)
        post = new if post is None else combine(post, new)
        snapshot = as_snapshot(1, record, source, start, read_at)
        if snapshot:
            _add_snapshot(Plan(), told, snapshot)
        post = resolve(post, list(told.values()))
    assert post is not None
    return ({post.urn, post.alias} - {None}, *post[3:])


@given(FILES)
def test_the_order_of_files_makes_no_difference_to_a_post(files: list[Any]) -> None:
    outcomes = [after(list(order)) for order in permutations(files)]
    assert all(outcome == outcomes[0] for outcome in outcomes)


# A file states a group of a day's figures whole or not at all; totals of followers stand on their own.
GROUP = st.just((None, None)) | st.tuples(st.integers(-3, 9), st.integers(0, 9))
DAYS = st.lists(st.tuples(GROUP, GROUP, st.integers(1, 4)), min_size=2, max_size=4)


@given(DAYS)
def test_the_order_of_files_makes_no_difference_to_a_day(files: list[Any]) -> None:
    outcomes = []
    for order in permutations(files):
        day: Day | None = None
        for activity_group, followers_group, read_at in order:
            day = combine_day(day, DayRecord("2026-01-01", *activity_group, *followers_group), read_at)
        outcomes.append(day)
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_a_newer_window_replaces_a_days_figures_and_unknown_replaces_nothing() -> None:
    day = combine_day(None, DayRecord("2026-01-01", 10, 1), 100)
    day = combine_day(day, DayRecord("2026-01-01", -2, 0), 200)
    day = combine_day(day, DayRecord("2026-01-01", 99, 99), 150)
    day = combine_day(day, DayRecord("2026-01-01", None, None, 4), 300)
    assert day == Day("2026-01-01", -2, 0, 200, 4, None, 300)
