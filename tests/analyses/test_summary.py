"""summary: figures counted by hand."""

from datetime import date

import numpy as np

from flux.analyses import KINDS
from flux.catalog.ranges import Window
from tests.analyses.making import DAY, START, frame, material, profile

SUMMARY = KINDS["summary"]
WINDOW = Window(date(2024, 1, 1), date(2024, 2, 29))


def test_figures_by_hand() -> None:
    days = np.array([0, 1, 8, 15, 36, 59, 60])  # the last one is a day after the window
    posts = {
        "published_at": START + days * DAY,
        "engagement": [10, 20, 30, 40, np.nan, 50, 999],
        "likes": [8, 16, 24, np.nan, np.nan, 40, 900],
        "format": ["text", "text", "image", "image", "image", None, "poll"],
        "url": [f"https://example.org/{n}" for n in range(7)],
    }
    found = SUMMARY.run(material(frame(posts), window=WINDOW), SUMMARY.parameters())
    assert found.enough
    assert (found.sample.posts, found.sample.posts_measured) == (6, 5)
    assert (found.engagement, found.likes, found.comments) == (150, 88, None)
    assert (found.engagement_per_post, found.lower_quartile, found.median, found.upper_quartile) == (
        30,
        20,
        30,
        40,
    )
    assert found.posts_per_week == 0.7
    assert [(s.format, s.posts, s.share) for s in found.formats] == [
        ("text", 2, 0.3333),
        ("image", 3, 0.5),
        (None, 1, 0.1667),
    ]
    assert [(m.month, m.posts, m.engagement) for m in found.months] == [
        ("2024-01-01", 4, 100),
        ("2024-02-01", 2, 50),
    ]
    assert found.busiest_month == "2024-01-01"
    assert (found.weeks_in_a_row, found.longest_gap_days) == (3, 23)
    assert len(found.best_posts) == 5
    assert found.best_posts[0].url in {"https://example.org/5", "https://example.org/3"}
    assert found.notes == ["1 of 6 posts have no known engagement and are left out."]
    assert found.verdict == (
        "6 posts, 0.7 a week; half of them have an engagement of 30 or more. "
        "The busiest month was 2024-01 with 4 posts."
    )


def test_a_month_without_a_post_is_told_as_one() -> None:
    posts = {"published_at": START + np.array([0, 80]) * DAY, "engagement": [1, 2]}
    found = SUMMARY.run(material(frame(posts)), SUMMARY.parameters())
    assert [(m.month, m.posts, m.engagement) for m in found.months] == [
        ("2024-01-01", 1, 1),
        ("2024-02-01", 0, 0),
        ("2024-03-01", 1, 2),
    ]


def test_the_best_posts_are_the_best_for_their_author() -> None:
    """A small author's good post stands before a large one's usual ones."""
    at = START + np.arange(30) * DAY
    small, large = np.full(30, 10.0), np.full(30, 5000.0)
    small[15] = 80
    found = SUMMARY.run(
        material(
            frame({"published_at": at, "engagement": small}),
            frame({"published_at": at, "engagement": large}, "Bob", 2),
            window=WINDOW,
        ),
        SUMMARY.parameters(),
    )
    assert (found.best_posts[0].engagement, found.best_posts[0].profile_name) == (80, "Ada")
    assert found.best_posts[0].multiple > 5


def test_followers_change_from_the_first_known_day_to_the_last() -> None:
    ada = profile(1).public_id
    days = [
        (ada, "2024-01-03", 1, 1, 1, np.nan),
        (ada, "2024-01-05", 1, 1, 1, 100),
        (ada, "2024-02-01", 1, 1, 1, 130),
    ]
    posts = {"published_at": np.array([START]), "engagement": [1]}
    found = SUMMARY.run(material(frame(posts), window=WINDOW, days=days), SUMMARY.parameters())
    [told] = found.followers
    assert (told.from_, told.to, told.first, told.last, told.change) == (
        "2024-01-05",
        "2024-02-01",
        100,
        130,
        30,
    )
