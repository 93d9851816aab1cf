"""What `adjusted_engagement` costs: the model by itself, and a feed with it against the same feed without."""

import statistics
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch

import numpy as np

from bench.data import Filled
from bench.table import Figure, milliseconds
from flux.detrend import detrend
from flux.serve import Rights, ask, write
from flux.store.engine import open_engine
from flux.store.read import fits, posts

HISTORY = 10_000  # posts of one profile
MOST_MS = 50  # of CPU
MOST_RATIO = 1.5


def measure(data: Filled, rounds: int) -> Iterator[Figure]:
    """The model on one long history; then every post of 50 profiles, the levels fitted anew each time."""
    dice = np.random.default_rng(1)
    published = np.sort(dice.uniform(1.5e9, 1.7e9, HISTORY))
    engagement = np.round(dice.lognormal(4, 0.8, HISTORY))
    cpu = _median(lambda: detrend(published, engagement, published + 86_400), rounds)
    yield Figure(
        f"the model, {HISTORY:,} posts of one profile", cpu * 1000, MOST_MS, "ms", less_is_better=True
    )

    engine, rights = open_engine(data.url), Rights(data.account_id)
    query = ask(engine, rights, "posts", {"range": ["all"], "format": ["csv"]})

    def feed() -> None:
        fits._fits.clear()
        for _ in write(engine, rights, query):
            pass

    def bare() -> None:
        nothing = [(None, None)] * posts.CHUNK
        with (
            patch.object(posts, "read_fits"),
            patch.object(posts, "figures_of", lambda _, rows: nothing[: len(rows)]),
        ):
            feed()

    pairs = [(_median(feed, 1), _median(bare, 1)) for _ in range(rounds)]
    ratio = statistics.median(a / b for a, b in pairs)
    note = milliseconds(with_it=pairs[-1][0], without=pairs[-1][1]) + " of CPU"
    title = "posts of 50 profiles, with the model against without"
    yield Figure(title, ratio, MOST_RATIO, less_is_better=True, note=note)
    engine.dispose()


def _median(act: Callable[[], object], rounds: int) -> float:
    """CPU seconds of this process."""
    found = []
    for _ in range(rounds):
        begin = time.process_time()
        act()
        found.append(time.process_time() - begin)
    return statistics.median(found)
