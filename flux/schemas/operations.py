"""What a route of the API is: one declaration that routes, checks, and describes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

FORM = "multipart/form-data"  # how a file comes beside other fields


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one address."""

    id: str  # also the name of the function in the clients
    method: str
    path: str  # "/projects/{project_id}", below `base`
    tag: str
    summary: str
    help: str
    status: int = 200
    answer: Any = None  # the model of the JSON body; None: no body
    query: type[BaseModel] | None = None
    body: Any = None  # the model of the JSON body sent
    uploads: type[BaseModel] | None = None  # the model of the form that a file is sent with
    errors: tuple[str, ...] = ()  # codes beyond those that every route may give
    # Kinds of keys, or "token"; "pair": both keys of the Metrics API, in the body; None: open to everybody.
    key: str | None = "api"
    permission: str = "read"
    examples: dict[str, Any] = field(default_factory=dict)  # of the body, by name
    base: str = "/api/v1"
    once: bool = False  # a POST that honours Idempotency-Key and tells where it put what it made
    caller: bool = False  # the view is given the holder of the key instead of the account's id
    reader: Callable[[Any], Any] | None = None  # makes of the JSON what the view gets; None: `body` does
    max_body: int = 2**20  # bytes of a JSON body
    optional: bool = False  # the body may be left out, and is `{}` then

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the address, in their order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def address(self) -> str:
        """The whole address."""
        return self.base + self.path

    @property
    def rule(self) -> str:
        """The address below the base, as Flask writes it."""
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
        found += ["invalid_json", "unknown_parameter", "too_large", "unsupported_media_type"]
    if operation.once:
        found += ["conflict"]
    found += [f"{name.removesuffix('_id')}_not_found" for name in operation.ids if name.endswith("_id")]
    return tuple(dict.fromkeys(found))
