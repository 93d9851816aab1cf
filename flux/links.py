"""Links: the one feed that a link opens, checked and spelled one way, and read again."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.catalog.declare import Dataset
from flux.catalog.parse import asked_profiles, read_writing
from flux.catalog.query import Arguments
from flux.describe.form import chosen
from flux.metrics import check_door, dataset_of
from flux.mistakes import DatasetNotFound, InvalidParameter
from flux.serve import Rights, ask
from flux.store.metrics import Metric, find_metric
from flux.variables import read_texts

METRIC = "met_"  # begins the id of a saved metric


def read_feed(feed: str) -> tuple[str, Arguments]:
    """Name and parameters of a feed that is written `overview?range=last_month`."""
    name, _, query = feed.strip().partition("?")
    return name, parse_qs(query)


def find_feed(engine: Engine, account_id: int, name: str) -> tuple[Dataset, Metric | None]:
    """The dataset of that name, or the account's saved metric. Raises DatasetNotFound or ResourceNotFound."""
    if name.startswith(METRIC):
        metric = find_metric(engine, account_id, name)
        return dataset_of(metric), metric
    if name not in CATALOG:
        raise DatasetNotFound(name[:50], list(CATALOG))
    return CATALOG[name], None


def check_feed(engine: Engine, account_id: int, feed: str) -> str:
    """The feed as a link keeps it: defaults left out, in the order of declaration, relative days as they are.

    How rows are written goes: a link's address says it. Raises what the feed itself would answer with, and
    InvalidParameter for a parameter that it does not have.
    """
    name, arguments = read_feed(feed)
    dataset, metric = find_feed(engine, account_id, name)
    _check_names(dataset, arguments)
    if metric:
        check_door(metric, "feed")
        read_texts(metric.newest.variables, arguments)
        read_writing(arguments)
    else:
        ask(engine, Rights(account_id), name, arguments, now=datetime.now(UTC))
    kept = chosen_rows(dataset, arguments)
    return f"{name}?{urlencode(kept, safe=',')}" if kept else name


def chosen_rows(dataset: Dataset, arguments: Arguments) -> list[tuple[str, str]]:
    """What chooses the rows, and the formula guard; how else they are written is each tool's business."""
    written = {param.name for param in dataset.params if param.representation} - {"safe"}
    return [(n, value) for n, value in chosen(dataset, arguments) if n not in written]


def profiles_of(feed: str) -> tuple[str, ...]:
    """The public ids of the profiles that a feed names; none: all of the account's."""
    name, arguments = read_feed(feed)
    return () if name.startswith(METRIC) else asked_profiles(arguments)


def _check_names(dataset: Dataset, arguments: Arguments) -> None:
    known = [param.name for param in dataset.params]
    for name in arguments:
        if name not in known:
            raise InvalidParameter(
                "feed", name[:50], f"made of parameters of {dataset.name}: {', '.join(known)}"
            )
