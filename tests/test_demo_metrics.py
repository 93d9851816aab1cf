"""The metrics that come with the sample data: each runs as it stands, and tells something."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import Engine

from flux.clock import reads_clock
from flux.demo import make_demo, samples
from flux.demo_events import sample_events
from flux.demo_metrics import demo_metrics, make_metrics
from flux.sandbox.run import LIMITS, Answer, run_query
from flux.store.accounts import find_user
from flux.store.events import list_events
from flux.store.metrics import list_metrics, list_versions
from flux.variables import bind_variables
from tests.tenants import Tenant

TODAY = date(2026, 4, 15)
POSTS = [post for _, extract in samples(1, TODAY) for post in extract.posts]


@pytest.fixture
def answers(app: Flask, engine: Engine, ada: Tenant) -> dict[str, Answer]:
    """What each metric answers of the sample data, by name."""
    make_demo(engine, ada.account_id, today=TODAY)
    made = make_metrics(engine, app.config, ada.account_id, today=TODAY)
    return {
        metric.name: run_query(
            app.config,
            engine,
            ada.account_id,
            metric.newest.query,
            bind_variables(metric.newest.variables, {}, TODAY),
        )
        for metric in made
    }


def records(answer: Answer) -> list[dict[str, Any]]:
    names = [name for name, _ in answer.columns]
    return [dict(zip(names, row, strict=True)) for row in answer.rows]


def test_ten_metrics_answer_within_the_limits(
    engine: Engine, ada: Tenant, answers: dict[str, Answer]
) -> None:
    assert len(answers) == 10
    for name, answer in answers.items():
        assert answer.rows, name
        assert not answer.truncated, name
        assert answer.elapsed_ms < LIMITS.seconds * 1000, name
        assert not any(None in column for column in zip(*answer.rows, strict=True) if set(column) == {None})
    for metric in list_metrics(engine, ada.account_id):
        assert metric.newest.columns == answers[metric.name].columns
        assert metric.open_to == ("api", "feed", "agent")
        assert metric.description


def test_what_they_tell_is_so(answers: dict[str, Answer]) -> None:
    """Counted here once more, from the sample itself."""
    since = TODAY - timedelta(days=180)
    weekdays = {r["weekday"]: r["posts"] for r in records(answers["Posts and engagement by weekday"])}
    assert list(weekdays) == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    edge = 2  # posts of the first and last day, which the profiles' clocks may put elsewhere
    expected = sum(p.published_at >= _seconds(since) for p in POSTS)
    assert abs(sum(weekdays.values()) - expected) <= edge

    signups = records(answers["Signups by post"])
    events = list(sample_events(POSTS, 1, TODAY))
    urls = {p.urn: p.url for p in POSTS}
    counted: dict[str | None, int] = {}
    for event in events:
        if event.name == "signup" and event.happened_at >= _seconds(TODAY - timedelta(days=90)) * 1000:
            url = next((u for urn, u in urls.items() if urn in (event.properties or "")), None)
            counted[url] = counted.get(url, 0) + 1
    assert {r["url"]: r["signups"] for r in signups}.items() <= counted.items()
    assert signups[0]["signups"] == max(n for url, n in counted.items() if url)

    landings = records(answers["Signups by landing page"])
    assert sum(r["signups"] for r in landings) == sum(counted.values())
    assert all(0 < r["conversion"] < 1 for r in landings)

    shares = records(answers["Share of posts above the median"])
    assert 0.4 < sum(r["posts_above"] for r in shares) / sum(r["posts"] for r in shares) < 0.8
    tags = records(answers["Top hashtags"])
    assert all(r["hashtag"].startswith("#") or r["hashtag"].isalpha() for r in tags)


def _seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400


def test_made_again_nothing_is_made_twice(app: Flask, engine: Engine, ada: Tenant) -> None:
    make_demo(engine, ada.account_id, today=TODAY)
    first = make_metrics(engine, app.config, ada.account_id, today=TODAY)
    counted = list_events(engine, ada.account_id)
    assert {summary.name for summary in counted} == {"page_view", "signup"}
    assert make_metrics(engine, app.config, ada.account_id, today=TODAY) == first
    assert list_events(engine, ada.account_id) == counted
    assert [len(list_versions(engine, metric)) for metric in first] == [1] * 10


def test_a_day_later_only_that_days_events_are_new() -> None:
    first = {e.event_id: e for e in sample_events(POSTS, 1, TODAY)}
    later = {e.event_id: e for e in sample_events(POSTS, 1, TODAY + timedelta(days=1))}
    assert {id for id in later if id not in first} == {id for id in later if str(TODAY) in str(id)}
    assert len(first) == len({e.event_id for e in first.values()})
    assert all(later[id] == first[id] for id in later.keys() & first.keys())


def test_none_reads_the_clock_so_that_unchanged_data_stay_a_304() -> None:
    for draft in demo_metrics():
        assert not reads_clock(draft.query, bind_variables(draft.variables, {}))


def test_the_command_makes_them(runner: FlaskCliRunner, engine: Engine) -> None:
    result = runner.invoke(args=["flux", "demo"])
    assert result.exit_code == 0, result.output
    assert len(result.stdout.split()) == 2
    assert "Signups by post" in result.stderr
    assert len(list_metrics(engine, find_user(engine, "demo@flux.example").account_id)) == 10
