"""Flux: one server, the keys for it, and what can be asked of it."""

import os
from collections.abc import Iterable
from types import TracebackType

from typing_extensions import Self

from flux_client.analyses import Analyses
from flux_client.cache import Cache, MemoryCache
from flux_client.data_sources import DataSources
from flux_client.datasets import Datasets
from flux_client.metrics import Metrics
from flux_client.models import ProfileDescription, Status
from flux_client.projects import Projects
from flux_client.transport import PREFIXES, Manners, Transport


class Flux:
    """A Flux server.

    `base_url`: its address, else the environment's FLUX_URL. `keys`: a key `flux_bi_…` for the datasets, a
    key `flux_api_…` for projects, a key `flux_env_…` with its secret `flux_cs_…` for metrics; else those of
    FLUX_KEYS, separated by commas or spaces.
    `attempts`: how often a request is tried while the server is busy or away. `max_wait`: the most seconds
    to wait before another attempt. `timeout`: seconds that an answer may take. `cache`: where answers are
    kept; left out, the latest 32 MB in memory.

    Raises ValueError without an address, or for a key of another kind, or two of one.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *keys: str,
        attempts: int = 5,
        max_wait: float = 90.0,
        timeout: float = 60.0,
        cache: Cache | None = None,
    ) -> None:
        base_url = base_url or os.environ.get("FLUX_URL") or ""
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"Where is Flux? {base_url!r} is no address such as https://flux.example.org")
        if attempts < 1:
            raise ValueError(f"attempts is {attempts}: at least 1 is needed")
        given = keys or tuple(os.environ.get("FLUX_KEYS", "").replace(",", " ").split())
        self.base_url = base_url.rstrip("/")
        self._transport = Transport(
            self.base_url,
            _by_kind(given),
            Manners(attempts, max_wait, timeout),
            cache or MemoryCache(),
        )
        self.datasets = Datasets(self._transport)
        self.projects = Projects(self._transport)
        self.data_sources = DataSources(self._transport)
        self.analyses = Analyses(self._transport)
        self.metrics = Metrics(self._transport)

    def profiles(self) -> list[ProfileDescription]:
        """The profiles that the key may see, with the moment when their data last changed.

        With a key `flux_bi_…`, else with a key `flux_api_…`.
        """
        kind = self._transport.first_of("bi", "api")
        found: list[ProfileDescription] = self._transport.get(kind, "/api/v1/profiles").json()["data"]
        return found

    def status(self) -> Status:
        """What is left of the hour's quota, and how fresh the data are; costs nothing."""
        told: Status = self._transport.get("bi", "/api/v1/status").json()["data"]
        return told

    def close(self) -> None:
        """Ends the connections that are kept open."""
        self._transport.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Flux({self.base_url!r})"


def _by_kind(keys: Iterable[str]) -> dict[str, str]:
    """Each key under its kind, which is told by how it begins."""
    found: dict[str, str] = {}
    for key in keys:
        kind = next((kind for kind, prefix in PREFIXES.items() if key.startswith(prefix)), None)
        if kind is None or kind in found:
            what = "is of no use here" if kind is None else "is the second of its kind"
            raise ValueError(
                f"A key that begins with {key[:9]!r} {what}: "
                "one flux_bi_… is for datasets, one flux_api_… for projects, flux_env_… with flux_cs_… for "
                "metrics."
            )
        found[kind] = key
    return found
