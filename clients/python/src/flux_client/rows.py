"""The rows of a dataset: read page by page while they are iterated, or all into a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

from requests.utils import parse_header_links

from flux_client.errors import DataChanged
from flux_client.models import ColumnDescription, FeedMeta
from flux_client.transport import Answer

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")
Query = Mapping[str, object]
ATTEMPTS = 3  # at a frame, while imports go on


class Rows(Generic[Row]):
    """The rows that answer a question: an iterable of dictionaries.

    Nothing is asked before the first row is. Each iteration asks the server again; what has not changed comes
    from the cache.
    """

    def __init__(
        self,
        ask: Callable[[Query], Answer],
        columns: Callable[[], Sequence[ColumnDescription]],
        query: Query,
        limit: int | None = None,
    ) -> None:
        self._ask = ask
        self._columns = columns
        self._query = query
        self._limit = limit
        self._meta: FeedMeta | None = None

    def __iter__(self) -> Iterator[Row]:
        for page in self.pages():
            yield from page

    @property
    def meta(self) -> FeedMeta:
        """What was asked, every default told; of several pages, the first one's."""
        if self._meta is None:
            next(self.pages())
        return cast(FeedMeta, self._meta)

    def pages(self) -> Iterator[list[Row]]:
        """The rows as the server gives them, a list a request.

        Raises FluxError, DataChanged if something was imported between two pages.
        """
        query: Query | None = self._query
        version: str | None = None
        left = self._limit
        while query is not None:
            answer = self._ask(query)
            told = answer.json()
            if query is self._query:
                self._meta, version = told["meta"], told["meta"]["data_updated_at"]
            if told["meta"]["data_updated_at"] != version:
                raise DataChanged(
                    "The data changed while they were read, so that pages no longer fit together."
                )
            rows: list[Row] = told["data"] if left is None else told["data"][:left]
            yield rows
            left = None if left is None else left - len(rows)
            query = None if left == 0 else _next(answer.link)

    def to_frame(self) -> pd.DataFrame:
        """All rows as a pandas DataFrame, typed as the server's catalog says.

        Days and moments are timestamps (moments in UTC), ids and texts strings, counts Int64 so that an
        unknown one stays <NA>, other numbers float64. What changes meanwhile is read again. Needs pandas:
        pip install 'flux-client[pandas]'.
        """
        from flux_client.frames import frame

        for _ in range(ATTEMPTS - 1):
            with suppress(DataChanged):
                return frame(self.pages(), self._columns())
        return frame(self.pages(), self._columns())


def listed(ask: Callable[[int], Mapping[str, Any]]) -> Iterator[Any]:
    """Every item of a list that comes in pages; `ask` gives the page at an offset."""
    offset = 0
    while True:
        page = ask(offset)
        yield from page["data"]
        offset += len(page["data"])
        if not page["data"] or offset >= page["meta"]["total"]:
            return


def _next(link: str) -> Query | None:
    """The question for the next page. Only the question: a key is sent nowhere but to its own server."""
    for found in parse_header_links(link):
        if found.get("rel") == "next":
            return {name: ",".join(values) for name, values in parse_qs(urlsplit(found["url"]).query).items()}
    return None
