"""Saved metrics and SQL as the Metrics API takes and answers them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from flux.schemas.base import Instant, MetricId, Model, Name, Text
from flux.schemas.operations import Operation

Scalar = str | int | float | bool
Value = Scalar | list[Scalar]
VariableType = Literal["string", "integer", "number", "boolean", "date", "list"]
Door = Literal["api", "feed", "agent"]
DOORS: tuple[Door, ...] = ("api", "feed", "agent")

MOST_VARIABLES = 50
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Sql = Annotated[str, StringConstraints(min_length=1, max_length=40_000)]


class Variable(Model):
    """A variable that a metric's SQL names as `@{name}`."""

    name: VariableName
    type: VariableType = "string"
    description: Text = ""
    required: bool = Field(False, description="Left out without a default: an error, instead of null.")
    default: Value | None = Field(None, description="What holds when it is left out.")
    choices: list[Scalar] = Field([], max_length=100, description="The values it may have; none: any.")
    example: Value | None = Field(None, description="A value that shows what is meant.")


class MetricIn(Model):
    """A metric to be saved."""

    name: Name
    description: Text | None = None
    query: Sql
    variables: list[Variable] = Field([], max_length=MOST_VARIABLES)
    open_to: list[Door] = Field([], max_length=3, description="The doors through which it may be run.")


class RunRequest(Model):
    """The values of a saved metric's variables."""

    variables: dict[str, Any] = Field({}, examples=[{"since": "-90d"}])


class QueryRequest(Model):
    """An SQL statement, and the values of the variables that it names as `@{name}`."""

    model_config = ConfigDict(populate_by_name=False)

    encoded_query: str = Field(alias="encodedQuery", description="The SQL in UTF-8, as base64.")
    variables: dict[str, Any] = Field({}, examples=[{"eventName": "page_view", "rowLimit": 100}])


class ResultColumn(Model):
    """A column of an answer."""

    name: str
    type: Literal["string", "integer", "number", "date", "datetime"]


class ResultMeta(Model):
    """What came back, and how."""

    columns: list[ResultColumn]
    row_count: int
    truncated: bool = Field(description="Whether there is more than the limits let through.")
    elapsed_ms: int = Field(description="How long the query ran, in milliseconds, when it did.")
    cached: bool


class ResultAnswer(Model):
    """The rows of a query, one object each, by the names of its columns."""

    data: list[dict[str, Any]]
    meta: ResultMeta


class FeedMetricMeta(Model):
    """What was asked, every default told, and what came back."""

    metric: MetricId
    name: str
    version: int
    variables: dict[str, Any]
    columns: list[ResultColumn]
    truncated: bool
    data_updated_at: Instant | None
    row_count: int


class FeedMetricAnswer(Model):
    """The rows of a saved metric as a feed."""

    data: list[dict[str, Any]]
    meta: FeedMetricMeta


_METRICS = "Metrics"
_MOST_BYTES = 256 * 1024
# The question of the reference, as it is sent: its SQL in base64.
_EXAMPLE = (
    "U0VMRUNUIHRpbWVzdGFtcCwgdXNlcklkLCBhbm9ueW1vdXNJZCwgbmFtZSwgdWZQcm9wZXJ0aWVzLnVybFBhdGggYXMgcGFnZVBh"
    "dGggCkZST00gZXZlbnRzVGFibGUgCldIRVJFIG5hbWUgPSAnQHtldmVudE5hbWV9JyAKTElNSVQgQHtyb3dMaW1pdH0="
)

OPERATIONS = (
    Operation(
        "run_query", "POST", "/metrics/query", _METRICS, "Run an SQL query",
        "Runs one SELECT on the account's own rows: `posts`, `profiles`, `daily_activity`, `daily`, "
        "`eventsTable` and its data sources. `@{name}` is a bound value. At most 5 seconds, 10,000 rows and "
        "8 MB; `truncated` says when there is more.",
        answer=ResultAnswer, body=QueryRequest, key="token", permission="sql", base="", caller=True,
        max_body=_MOST_BYTES, errors=("invalid_query",),
        examples={
            "events": {
                "encodedQuery": _EXAMPLE, "variables": {"eventName": "page_view", "rowLimit": 100}
            }
        },
    ),
    Operation(
        "run_metric", "POST", "/metrics/query/{metric_id}", _METRICS, "Run a saved metric",
        "Runs the newest version of a saved metric with the values of its variables. The body may be left "
        "out.",
        answer=ResultAnswer, body=RunRequest, key="token", base="", caller=True, max_body=_MOST_BYTES,
        optional=True, errors=("invalid_query",), examples={"since": {"variables": {"since": "-90d"}}},
    ),
)  # fmt: skip

FEED = Operation(
    "read_metric", "GET", "/metrics/{metric_id}", "Feeds", "Read a saved metric",
    "The rows of a saved metric that is open to feeds. Its variables are parameters: the catalog lists them.",
    answer=FeedMetricAnswer, key="bi", errors=("invalid_query", "unknown_parameter"),
)  # fmt: skip
