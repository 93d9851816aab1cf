"""A client of Flux: `Flux(base_url, *keys)`. Rows, projects and analyses come as typed dictionaries."""

from flux_client.cache import DirectoryCache, MemoryCache
from flux_client.client import Flux
from flux_client.errors import (
    AnalysisFailed,
    ConnectionFailed,
    DataChanged,
    FluxError,
    Forbidden,
    InvalidRequest,
    MissingKey,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
)
from flux_client.metrics import Result
from flux_client.rows import Rows

__all__ = [
    "AnalysisFailed",
    "ConnectionFailed",
    "DataChanged",
    "DirectoryCache",
    "Flux",
    "FluxError",
    "Forbidden",
    "InvalidRequest",
    "MemoryCache",
    "MissingKey",
    "NotFound",
    "RateLimited",
    "Result",
    "Rows",
    "ServerError",
    "Unauthorized",
]
