"""The routes of the Data API beside its datasets, and those that tell whether the server is well."""

from typing import Literal

from pydantic import Field

from flux.schemas.base import Instant, Model, ProfileId
from flux.schemas.operations import Operation


class ColumnDescription(Model):
    """A column of a dataset."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "date", "datetime", "list"]
    role: Literal["dimension", "metric"]
    unit: str | None
    nullable: bool
    additive: bool = Field(description="Whether a tool may sum it over rows.")
    description: str


class ParamDescription(Model):
    """A parameter of a dataset."""

    name: str
    type: Literal["choice", "date", "integer", "number", "text", "list", "ids", "zone", "flag"]
    description: str
    default: str | None
    default_description: str | None
    choices: list[str]
    minimum: int | None
    maximum: int | None
    example: str


class DatasetDescription(Model):
    """A dataset as it is declared, or a saved metric, whose name is its id."""

    name: str
    title: str
    grain: str
    description: str
    url: str
    example: str
    granularities: list[str]
    limits: dict[str, int]
    columns: list[ColumnDescription]
    compared_columns: list[ColumnDescription] = Field(description="What `compare=previous` adds.")
    parameters: list[ParamDescription]


class CatalogAnswer(Model):
    """Every dataset and every saved metric that the key may read."""

    data: list[DatasetDescription]


class ProfileDescription(Model):
    """A tracked profile or company page."""

    id: ProfileId
    name: str
    kind: Literal["personal", "company"]
    url: str | None
    timezone: str
    data_updated_at: Instant | None


class Total(Model):
    """How many there are."""

    total: int


class ProfilesAnswer(Model):
    """The profiles that the key may see."""

    data: list[ProfileDescription]
    meta: Total


class RateLimit(Model):
    """What is left of a window."""

    limit: int
    remaining: int
    reset: int = Field(description="Unix seconds.")
    window_seconds: int


class KeyDescription(Model):
    """The key that asks."""

    name: str
    hint: str
    expires_at: Instant | None


class Status(Model):
    """Quota left, and how fresh the data are."""

    plan: str
    rate_limit: RateLimit
    key: KeyDescription
    data_updated_at: Instant | None


class StatusAnswer(Model):
    """Quota left, and how fresh the data are."""

    data: Status


class Health(Model):
    """The process answers."""

    status: Literal["ok"]
    release: str


class Readiness(Model):
    """Whether what the server stands on answers."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str]


_FEEDS, _SERVER = "Feeds", "Server"

OPERATIONS = (
    Operation(
        "list_datasets", "GET", "/datasets", _FEEDS, "The catalog",
        "Every dataset, and behind them every saved metric that is open to feeds, with columns, parameters, "
        "limits and an example.",
        answer=CatalogAnswer, key="bi",
    ),
    Operation(
        "list_profiles", "GET", "/profiles", _FEEDS, "The key's profiles",
        "The profiles that the key may see, with the moment when their data last changed. A key `flux_api_…` "
        "with the permission `read` sees all of its account, and counts in its minute.",
        answer=ProfilesAnswer, key="bi, api",
    ),
    Operation(
        "get_status", "GET", "/status", _FEEDS, "Quota and freshness",
        "What is left of the hour, and how fresh the data are. Never counted, never cached.",
        answer=StatusAnswer, key="bi",
    ),
)  # fmt: skip

LINK = Operation(
    "read_link", "GET", "/feeds/{link}", _FEEDS, "A link's feed",
    "The rows of the one feed that a link opens, a dataset's or a saved metric's, as it stands. "
    "The secret in the path is the key: none is sent besides. How rows are written may be chosen; any "
    "other parameter is refused, but `_`, which says nothing and gets past a cache.",
    key="link", errors=("dataset_not_found", "metric_not_found", "profile_not_found", "too_many_cells",
                        "invalid_query"),
)  # fmt: skip

SPEC = Operation(
    "get_openapi", "GET", "/openapi.json", _SERVER, "This description",
    "The OpenAPI document of this server. Open to everybody.", answer=dict, key=None,
)  # fmt: skip

HEALTH = (
    Operation(
        "get_health", "GET", "/healthz", _SERVER, "Does the process answer?",
        "200 while the process answers.", answer=Health, key=None, base="",
    ),
    Operation(
        "get_readiness", "GET", "/readyz", _SERVER, "Is the server ready?",
        "200 if database and Redis answer; 503 with the one that does not.", answer=Readiness, key=None,
        base="",
    ),
)  # fmt: skip
