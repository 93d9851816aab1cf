"""The feeds: `flux.datasets.posts(range="last_year")`, with the parameters of the server's reference."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from typing_extensions import Unpack

from flux_client.models import (
    BreakdownQuery,
    BreakdownRow,
    ColumnDescription,
    DailyActivityQuery,
    DailyActivityRow,
    DatasetDescription,
    EngagementTrendsQuery,
    EngagementTrendsRow,
    OverviewQuery,
    OverviewRow,
    PostsQuery,
    PostsRow,
)
from flux_client.rows import Query, Rows
from flux_client.transport import Answer, Transport

PAGE = 5_000  # posts a request: some 3 MB


class Datasets:
    """Every dataset, with a key `flux_bi_…`. `from` is spelled `from_`: the bare word is Python's own."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._catalog: dict[str, DatasetDescription] = {}

    def catalog(self) -> list[DatasetDescription]:
        """Every dataset with its columns, parameters, limits and an example."""
        told: list[DatasetDescription] = self._transport.get("bi", "/api/v1/datasets").json()["data"]
        return told

    def engagement_trends(self, **query: Unpack[EngagementTrendsQuery]) -> Rows[EngagementTrendsRow]:
        """Engagement over time: a row per profile and day, week or month (`granularity`), without gaps."""
        return Rows(*self._question("engagement-trends", EngagementTrendsQuery, query))

    def posts(self, *, page_size: int = PAGE, **query: Unpack[PostsQuery]) -> Rows[PostsRow]:
        """Posts with their counts as last read, newest first. `page_size`: how many are asked for at once."""
        limit = query.get("limit")
        asked: PostsQuery = {**query, "limit": min(page_size, limit or page_size)}
        return Rows(*self._question("posts", PostsQuery, asked), limit=limit)

    def overview(self, **query: Unpack[OverviewQuery]) -> Rows[OverviewRow]:
        """The scorecard of the window: a row per profile."""
        return Rows(*self._question("overview", OverviewQuery, query))

    def breakdown(self, **query: Unpack[BreakdownQuery]) -> Rows[BreakdownRow]:
        """Posts grouped `by` weekday, hour, format or length: a row per profile and bucket."""
        return Rows(*self._question("breakdown", BreakdownQuery, query))

    def daily_activity(self, **query: Unpack[DailyActivityQuery]) -> Rows[DailyActivityRow]:
        """Impressions and followers: a row per profile and day."""
        return Rows(*self._question("daily-activity", DailyActivityQuery, query))

    def _question(self, dataset: str, shape: type[Any], query: Query) -> tuple[Any, Any, Query]:
        """How its rows and its columns are asked for, and the parameters as the server spells them."""
        _check(dataset, query, shape.__annotations__)

        def ask(page: Query) -> Answer:
            return self._transport.get("bi", f"/api/v1/datasets/{dataset}", page)

        def columns() -> list[ColumnDescription]:
            told = self._describe(dataset)
            return [*told["columns"], *(told["compared_columns"] if query.get("compare") else [])]

        return ask, columns, {name.rstrip("_"): value for name, value in query.items()}

    def _describe(self, dataset: str) -> DatasetDescription:
        """From the catalog, which is asked for once."""
        if dataset not in self._catalog:
            self._catalog = {described["name"]: described for described in self.catalog()}
        return self._catalog[dataset]


def _check(dataset: str, query: Mapping[str, object], known: Iterable[str]) -> None:
    """Raises TypeError for a parameter that is none: the server passes over what it does not know."""
    for name in query:
        if name not in known:
            raise TypeError(f"{dataset} has no parameter {json.dumps(name)}: it has {', '.join(known)}.")
