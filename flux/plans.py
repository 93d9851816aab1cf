"""Plans: what an account may do, and how often. Declared here; an operator's changes are in the database."""

from dataclasses import dataclass

from flux.mistakes import NotFound


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is when Flux is installed."""

    name: str
    rate_limit_per_hour: int  # Data API and MCP, per account
    rate_limit_per_minute: int  # REST API, per account
    data_api: bool  # the gate of Data API and MCP
    help: str


PLANS = (
    Plan("pulse", 0, 0, False, "Pages only, no API."),
    Plan("standard", 0, 60, False, "REST API, 60 requests a minute."),
    Plan("professional", 0, 300, False, "REST API, 300 requests a minute."),
    Plan("edge", 1_000, 300, True, "Data API and MCP, 1,000 requests an hour."),
    Plan("enterprise", 10_000, 1_000, True, "Everything; limits set per account."),
)

DEFAULT_PLAN = "edge"  # of the first account: whoever runs Flux may use all of it


def check_plan(name: str) -> str:
    """`name`, if there is such a plan. Raises NotFound, naming those there are."""
    known = [p.name for p in PLANS]
    if name not in known:
        raise NotFound(
            f"There is no plan '{name}'. There are: {', '.join(known)}.", parameter="plan", value=name
        )
    return name
