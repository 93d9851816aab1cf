"""What the sample data are asked: sample events, and ten saved metrics that tell something of them."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from flux.demo import samples
from flux.demo_events import sample_events
from flux.events import take_in
from flux.metrics import check_draft
from flux.sandbox.run import run_query
from flux.schemas.events import MOST
from flux.schemas.metrics import DOORS, MetricIn
from flux.schemas.reading import read_model
from flux.store.metrics import Metric, create_metric, list_metrics
from flux.variables import bind_variables

PATIENCE = 5.0  # seconds for which a metric waits for other queries, before it is given up
_FILE = Path(__file__).with_name("demo_metrics.toml")


def demo_metrics() -> list[MetricIn]:
    """The declared metrics, open to every door."""
    declared = tomllib.loads(_FILE.read_text())["metrics"]
    return [read_model(MetricIn, metric | {"open_to": list(DOORS)}) for metric in declared]


def make_metrics(
    engine: Engine,
    settings: Mapping[str, Any],
    account_id: int,
    user_id: int | None = None,
    seed: int = 1,
    today: date | None = None,
) -> list[Metric]:
    """Gives an account with sample data the sample events and metrics; those that are there stay as they are.

    Raises RateLimited or Unavailable where the metrics cannot be run now, and TooLarge for too many events.
    """
    today = today or datetime.now(UTC).date()
    posts = [post for _, extract in samples(seed, today) for post in extract.posts]
    events = list(sample_events(posts, seed, today))
    for start in range(0, len(events), MOST):
        take_in(engine, settings, account_id, events[start : start + MOST])
    there = {metric.name.casefold(): metric for metric in list_metrics(engine, account_id)}
    return [
        there.get(draft.name.casefold()) or _make(engine, settings, account_id, user_id, draft, today)
        for draft in demo_metrics()
    ]


def _make(
    engine: Engine,
    settings: Mapping[str, Any],
    account_id: int,
    user_id: int | None,
    draft: MetricIn,
    today: date,
) -> Metric:
    """Run first, as every metric is: what it answers says which columns it has."""
    check_draft(draft)
    values = bind_variables(draft.variables, {}, today)
    answer = run_query(settings, engine, account_id, draft.query, values, patience=PATIENCE)
    return create_metric(engine, account_id, draft, answer.columns, user_id)
