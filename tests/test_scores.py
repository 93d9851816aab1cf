"""Scores of stored posts and of drafts, end to end: history, place, range, factors, and what is refused."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import Engine, event

from flux.analyses.expectation import LEAST_POSTS
from flux.mistakes import InvalidParameter, ProfileNotFound, ResourceNotFound
from flux.scores import score_draft, score_stored
from flux.search import get_post
from flux.store.profiles import create_profile
from tests.tenants import DAY, NOON, Tenant, make_posts, post

TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def history(posts: int, seed: int = 7, marker: str = "word") -> list[dict[str, object]]:
    """An author whose videos earn twice as much, on a level that does not change."""
    dice = np.random.default_rng(seed)
    made = []
    for number in range(posts):
        form = ("text", "image", "video")[int(dice.integers(3))]
        likes = int(math.exp(4 + (math.log(2) if form == "video" else 0) + dice.normal(0, 0.5)))
        at = NOON - (posts - number) * DAY - 30 * DAY + int(dice.integers(86_400))
        made.append(post(at, text=f"{marker} #one {'x' * int(dice.integers(1_500))}", hashtags="#one",
                         format=form, likes=likes, comments=0, shares=0, counts_read_at=NOON))  # fmt: skip
    return made


def test_a_stored_posts_place_is_its_rank_in_the_history(engine: Engine, ada: Tenant) -> None:
    made = history(60)
    make_posts(engine, ada.profile, ada.account_id, made)
    values = {
        str(row["urn"]): get_post(engine, ada.account_id, str(row["urn"]))["adjusted_engagement"]
        for row in made
    }
    for urn in (min(values, key=values.__getitem__), max(values, key=values.__getitem__), next(iter(values))):
        score = score_stored(engine, ada.account_id, urn)
        below = (
            sum(v < values[urn] for v in values.values()) + sum(v == values[urn] for v in values.values()) / 2
        )
        assert score.value == values[urn]
        assert score.percentile == pytest.approx(100 * below / 60, abs=0.05)
        assert (score.kind, score.enough, score.sample_size) == ("post", True, 60)
        assert score.profile_id == ada.profile.public_id
        assert str(score.expected_low and round(score.expected_low)) in score.verdict


def test_a_draft_is_told_a_range_and_its_factors(engine: Engine, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, history(200))
    draft = "A draft #one"
    video = score_draft(engine, ada.account_id, ada.profile.public_id, draft, "video", TUESDAY)
    image = score_draft(engine, ada.account_id, ada.profile.public_id, draft, "image", TUESDAY)
    assert video.expected_low < video.expected < video.expected_high  # type: ignore[operator]
    assert video.expected > 1.3 * image.expected  # type: ignore[operator]
    assert video.percentile > image.percentile  # type: ignore[operator]
    assert video.value is None
    assert video.factors[0].name == "format"
    told = {factor.name: factor for factor in video.factors}
    assert set(told) == {"format", "weekday", "hour", "length", "hashtags"}
    assert (told["weekday"].value, told["hour"].value) == ("Tuesday", "09:00")
    assert (told["length"].value, told["hashtags"].value) == ("short", "1 or 2")
    assert told["format"].clear
    assert told["format"].low > 1
    assert (
        "as much as other posts" in told["format"].meaning
        or "more than other posts" in told["format"].meaning
    )
    poll = score_draft(engine, ada.account_id, ada.profile.public_id, draft, "poll")
    unseen = next(factor for factor in poll.factors if factor.name == "format")
    assert (unseen.sample_size, unseen.clear) == (0, False)
    assert "No post of this history" in unseen.meaning
    assert {factor.name for factor in poll.factors} == {"format", "length", "hashtags"}


def test_a_planned_time_is_counted_in_the_profiles_zone(engine: Engine, ada: Tenant) -> None:
    tokyo = create_profile(engine, ada.account_id, "Tokyo", timezone="Asia/Tokyo")
    make_posts(engine, tokyo, ada.account_id, history(40))
    for at, hour in ((TUESDAY, "18:00"), (TUESDAY.replace(tzinfo=None), "09:00"), (TUESDAY.date(), None)):
        score = score_draft(engine, ada.account_id, tokyo.public_id, "text", "text", at)
        told = {factor.name: factor.value for factor in score.factors}
        assert (told["weekday"], told.get("hour")) == ("Tuesday", hour)


def test_a_thin_history_is_told_to_be_too_thin(engine: Engine, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, history(LEAST_POSTS - 1))
    urn = history(1, seed=9)[0]
    make_posts(engine, ada.profile, ada.account_id, [urn | {"counts_read_at": urn["published_at"]}])
    for score in (
        score_draft(engine, ada.account_id, ada.profile.public_id, "text"),
        score_stored(engine, ada.account_id, str(urn["urn"])),
    ):
        assert not score.enough
        assert (score.expected, score.percentile, score.factors) == (None, None, [])
        assert score.sample_size == LEAST_POSTS - 1
        assert score.verdict.startswith("Not enough data: at least 20")


def test_maturing_and_unmeasured_posts_are_no_part_of_the_history(engine: Engine, ada: Tenant) -> None:
    made = history(40)
    young = post(NOON - DAY, text="word", likes=9, comments=0, shares=0, counts_read_at=NOON)
    unknown = post(NOON - 60 * DAY, text="word")
    make_posts(engine, ada.profile, ada.account_id, [*made, young, unknown])
    score = score_stored(engine, ada.account_id, str(young["urn"]))
    assert score.sample_size == 40
    assert score.percentile is not None
    assert any("will still grow" in note for note in score.notes)
    score = score_stored(engine, ada.account_id, str(unknown["urn"]))
    assert (score.sample_size, score.value, score.percentile) == (40, None, None)
    assert score.expected is not None


def test_another_accounts_posts_play_no_part(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, history(40))
    before = score_draft(engine, ada.account_id, ada.profile.public_id, "text", "video")
    theirs = [row | {"likes": 1_000_000} for row in history(40, seed=8)]
    make_posts(engine, bob.profile, bob.account_id, theirs)
    assert score_draft(engine, ada.account_id, ada.profile.public_id, "text", "video") == before
    with pytest.raises(ResourceNotFound):
        score_stored(engine, ada.account_id, str(theirs[0]["urn"]))
    with pytest.raises(ProfileNotFound):
        score_draft(engine, ada.account_id, bob.profile.public_id, "text")
    with pytest.raises(ProfileNotFound):
        score_draft(engine, ada.account_id, ada.profile.public_id, "text", profiles=())
    with pytest.raises(ResourceNotFound):
        score_stored(engine, ada.account_id, str(theirs[0]["urn"]), (bob.profile.id,))


def test_a_format_that_is_none_is_refused(engine: Engine, ada: Tenant) -> None:
    with pytest.raises(InvalidParameter, match="carousel"):
        score_draft(engine, ada.account_id, ada.profile.public_id, "text", "carousel")


def test_a_history_is_read_once_for_each_state_of_its_data(engine: Engine, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, history(40))
    first = score_draft(engine, ada.account_id, ada.profile.public_id, "text")
    statements: list[str] = []

    def note(*told: object) -> None:
        statements.append(str(told[2]))

    event.listen(engine, "before_cursor_execute", note)
    assert score_draft(engine, ada.account_id, ada.profile.public_id, "text") == first
    event.remove(engine, "before_cursor_execute", note)
    assert len([s for s in statements if s.startswith("SELECT")]) == 1  # the profiles
    make_posts(engine, ada.profile, ada.account_id, history(5, seed=3))
    assert score_draft(engine, ada.account_id, ada.profile.public_id, "text").sample_size == 45
