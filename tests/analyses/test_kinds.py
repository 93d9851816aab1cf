"""Every analysis: declared whole, honest about too few data, and sound on whatever it is given."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from flux.analyses import KINDS
from flux.analyses.kind import Kind, Parameters
from flux.catalog.posts import FORMATS
from flux.catalog.ranges import RANGES, Window, read_day
from tests.analyses.making import DAY, START, author, frame, material, written

ALL = pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))


def asked(kind: Kind, **more: Any) -> Parameters:
    """The kind's example, without its window."""
    given = {k: v for k, v in kind.example.items() if k not in ("from", "to", "range")}
    return kind.parameters.model_validate(given | more)


def spend(days: int, amounts: Any = None) -> pd.DataFrame:
    day = pd.date_range("2024-01-01", periods=days, freq="D").strftime("%Y-%m-%d")
    amounts = np.random.default_rng(8).gamma(2, 20, days) if amounts is None else amounts
    return pd.DataFrame({"date": day, "spend": amounts}).astype("object")


@ALL
def test_is_declared_whole(kind: Kind) -> None:
    assert kind.name == KINDS[kind.name].name
    assert kind.title and kind.help.endswith(".")
    assert issubclass(kind.parameters, Parameters)
    kind.parameters.model_validate(dict(kind.example))
    schema = kind.parameters.model_json_schema(by_alias=True)
    assert schema["additionalProperties"] is False
    assert {"from", "to", "range", "tz", "profile_ids"} <= set(schema["properties"])
    assert kind.window in RANGES or read_day(kind.window, date(2026, 1, 1))


@ALL
@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2026-1-1"},
        {"from": "20260101"},
        {"to": "٢٠٢٦-٠١-٠١"},
        {"range": "last_5_days"},
        {"tz": "Europe Berlin"},
        {"profile_ids": []},
        {"profile_ids": ["prof_1"]},
        {"profile_ids": ["prof_00000000001"] * 51},
        {"frm": "-90d"},
    ],
)
def test_refuses_what_its_schema_does_not_tell(kind: Kind, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.parameters.model_validate(dict(kind.example) | wrong)


FEW = [(name, posts) for name in KINDS for posts in (0, 1, 2) if name != "summary" or not posts]


@pytest.mark.parametrize(("name", "posts"), FEW)
def test_too_few_posts_are_not_guessed_from(name: str, posts: int) -> None:
    kind = KINDS[name]
    of = material(frame(author(np.random.default_rng(1), posts, days=30)), table=spend(30))
    found = kind.run(of, asked(kind))
    assert not found.enough
    assert found.verdict.startswith("Not enough data: ")
    assert found.sample.posts == posts


@ALL
def test_posts_without_counts_tell_nothing(kind: Kind) -> None:
    posts = author(np.random.default_rng(1), 200) | {"engagement": np.full(200, np.nan)}
    found = kind.run(material(frame(posts), table=spend(731)), asked(kind))
    assert found.sample.posts == 200 and found.sample.posts_measured == 0
    assert any("200 of 200 posts" in note for note in found.notes)
    assert found.enough == (kind.name == "summary")


@ALL
def test_method_and_sample_are_told(kind: Kind) -> None:
    posts = author(np.random.default_rng(2), 200, format="text", length=500.0)
    two = author(np.random.default_rng(3), 100, format="image", length=1500.0)
    of = material(frame(posts), frame(two, "Bob", 2), table=spend(731))
    found = kind.run(replace(of, window=Window(date(2025, 1, 1), date(2025, 12, 31))), asked(kind))
    assert found.enough, found.verdict
    assert found.sample.profiles == 2
    assert (
        found.sample.posts
        == found.sample.posts_measured
        == len(of.inside(Window(date(2025, 1, 1), date(2025, 12, 31))))
    )
    assert (found.sample.from_, found.sample.to) == ("2025-01-01", "2025-12-31")
    assert found.verdict.endswith(".") and found.method.endswith(".")
    assert any(year in found.method for year in ("19", "20")), "the source of the method"


@ALL
def test_the_same_material_gives_the_same_answer(kind: Kind) -> None:
    of = material(frame(author(np.random.default_rng(4), 150)), table=spend(731))
    assert kind.run(of, asked(kind)) == kind.run(of, asked(kind))


numbers = st.one_of(st.just(math.nan), st.sampled_from([0, 1, 2, 2**31 - 1]), st.integers(0, 500))
posts = st.fixed_dictionaries(
    {
        "day": st.integers(0, 60),
        "hour": st.sampled_from([0, 8, 8.5, 23]),
        "engagement": numbers,
        "format": st.sampled_from([None, *FORMATS]),
        "length": st.sampled_from([math.nan, 0, 299, 300, 5000]),
        "time_known": st.booleans(),
    }
)
cells = st.one_of(
    st.none(), st.integers(-10, 10**6), st.floats(allow_nan=True, allow_infinity=True), st.text(max_size=3)
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(posts, max_size=70), max_size=3),
    st.lists(cells, max_size=60),
    st.sampled_from(["day", "week"]),
)
def test_odd_posts_never_give_a_number_that_is_none(
    some: list[list[Any]], amounts: list[Any], period: str
) -> None:
    frames = [odd(rows, number) for number, rows in enumerate(some, 1)]
    of = material(
        *frames, window=Window(date(2024, 1, 20), date(2024, 3, 1)), table=spend(len(amounts), amounts)
    )
    for kind in KINDS.values():
        more = {"period": period, "lag": 1} if kind.name == "roi" else {}
        result = kind.run(of, asked(kind, **more))
        text = json.dumps(written(result), allow_nan=False)
        assert kind.result.model_validate_json(text) == result


def odd(rows: list[dict[str, Any]], number: int) -> pd.DataFrame:
    rows = sorted(rows, key=lambda r: (r["day"], r["hour"]))
    columns = {name: [r[name] for r in rows] for name in ("engagement", "format", "length", "time_known")}
    moments = np.array([START + r["day"] * DAY + r["hour"] * 3600 for r in rows]).astype("int64")
    return frame({"published_at": moments} | columns, f"Profile {number}", number)


def test_the_declarations_are_read_without_the_heavy_libraries() -> None:
    script = (
        "import sys, flux.analyses, flux.store.material, flux.web.analysis_charts, flux.api;"
        "print([m for m in ('pandas', 'scipy', 'ruptures') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
