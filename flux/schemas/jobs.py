"""What is told of work that goes on behind a request."""

from collections.abc import Mapping
from typing import Literal

from flux.schemas.base import Model

Status = Literal["queued", "running", "completed", "failed"]


class Failure(Model):
    """Why something failed, kept with it."""

    code: str
    message: str
    details: dict[str, str]


def failure(status: str, message: str | None, details: Mapping[str, str]) -> Failure | None:
    """What is told of a job that failed; None of any other. Its code lies among the details."""
    if status != "failed":
        return None
    others = {name: text for name, text in details.items() if name != "code"}
    return Failure(code=details.get("code", "server_error"), message=message or "", details=others)
