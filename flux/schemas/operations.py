"""What a route of the API is: one declaration that routes, checks, and describes it."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one address."""

    id: str  # also the name of the function in the clients
    method: str
    path: str  # "/projects/{project_id}", below the base
    tag: str
    summary: str
    help: str
    status: int = 200
    answer: Any = None  # the model of the JSON body; None: no body
    query: type[BaseModel] | None = None
    body: Any = None  # the model of the JSON body sent
    uploads: type[BaseModel] | None = None  # the model of the form that a file is sent with
    errors: tuple[str, ...] = ()  # codes beyond those that every route may give
    key: str | None = "api"  # kind of key; None: open to everybody
    permission: str = "read"
    examples: dict[str, Any] = field(default_factory=dict)  # of the body, by name

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the address, in their order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def rule(self) -> str:
        """The address as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")


KEYED = (
    "missing_api_key",
    "invalid_api_key",
    "expired_api_key",
    "revoked_api_key",
    "plan_required",
    "insufficient_permissions",
    "wrong_key_kind",
    "address_not_allowed",
    "invalid_parameter",
    "rate_limited",
)
ALWAYS = ("bad_request", "server_error", "unavailable")


def codes(operation: Operation) -> tuple[str, ...]:
    """Every error code that the route may give."""
    found = [*ALWAYS, *operation.errors]
    if operation.key:
        found += KEYED
    if operation.query:
        found += ["unknown_parameter"]
    if operation.body is not None:
        found += ["invalid_json", "unknown_parameter", "too_large", "unsupported_media_type", "conflict"]
    found += [f"{name.removesuffix('_id')}_not_found" for name in operation.ids if name != "name"]
    return tuple(dict.fromkeys(found))
