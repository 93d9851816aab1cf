"""format_comparison: a known effect lies in its interval, no effect is rarely told."""

from typing import Any

import numpy as np

from flux.analyses import KINDS
from flux.analyses.format_comparison import FormatComparison
from tests.analyses.making import author, frame, material

COMPARE = KINDS["format_comparison"]
NAMES = np.array(["text", "image", "video", "document"])


def compare(seed: int, count: int, factor: float) -> FormatComparison:
    """Four formats; documents do `factor` times as well."""
    dice = np.random.default_rng(seed)
    formats = dice.choice(NAMES, count, p=[0.4, 0.3, 0.15, 0.15])
    logs = np.where(formats == "document", np.log(factor), 0.0)
    found = COMPARE.run(
        material(frame(author(dice, count, format=formats, log_effect=logs))), COMPARE.parameters()
    )
    assert isinstance(found, FormatComparison)
    return found


def group(found: FormatComparison, name: str) -> Any:
    return next(g for g in found.groups if g.group == name)


def test_a_known_effect_lies_in_the_interval() -> None:
    documents = [group(compare(seed, 300, 1.5), "document") for seed in range(120)]
    assert 0.91 <= np.mean([g.low <= 1.5 <= g.high for g in documents]) <= 0.99
    assert np.mean([g.outcome == "more" for g in documents]) > 0.6
    assert not any(g.outcome == "less" for g in documents)


def test_no_effect_is_rarely_told() -> None:
    found = [compare(seed, 300, 1.0) for seed in range(120)]
    told = [f for f in found if any(g.outcome in ("more", "less") for g in f.groups)]
    assert len(told) <= 11
    assert all("No format clearly" in f.verdict for f in found if f not in told)


def test_the_best_comes_first_and_is_named() -> None:
    found = compare(1, 900, 2.2)
    assert found.groups[0].group == "document"
    assert found.verdict.startswith("Document posts get ")
    assert found.p_value is not None and found.p_value < 0.001


def test_formats_of_few_posts_stand_aside() -> None:
    dice = np.random.default_rng(2)
    formats = np.array(["text"] * 50 + ["image"] * 40 + ["poll"] * 3 + [None] * 7, dtype=object)
    found = COMPARE.run(
        material(frame(author(dice, 100, format=dice.permutation(formats)))), COMPARE.parameters()
    )
    poll = group(found, "poll")
    assert (poll.posts, poll.outcome, poll.multiple) == (3, "too few posts", None)
    assert found.groups[-1] == poll
    assert any("The format of 7 posts is not known" in note for note in found.notes)


def test_lengths_are_grouped_as_the_feeds_group_them() -> None:
    dice = np.random.default_rng(3)
    lengths = np.repeat([0, 299, 300, 899, 900, 1999, 2000, np.nan], 20)
    parameters = COMPARE.parameters.model_validate({"by": "length"})
    found = COMPARE.run(material(frame(author(dice, 160, length=lengths))), parameters)
    sizes = {g.group: g.posts for g in found.groups}
    assert sizes == {"short": 40, "medium": 40, "long": 40, "very_long": 20}


def test_one_format_alone_has_nothing_to_be_compared_with() -> None:
    found = COMPARE.run(
        material(frame(author(np.random.default_rng(4), 100, format="text"))), COMPARE.parameters()
    )
    assert not found.enough
    assert (
        found.verdict == "Not enough data: at least 2 formats with 8 measured posts are needed; there is 1."
    )
