"""What errors look like."""

from pydantic import Field

from flux.schemas.base import Model


class Error(Model):
    """A mistake, in words for people and with a code for programs."""

    code: str = Field(description="One of the codes listed with each status.", examples=["invalid_parameter"])
    message: str = Field(description="What is wrong, and what would be right.")
    details: dict[str, str] = Field(
        description="`parameter`, `value` and `constraint`, each where it applies."
    )
    request_id: str = Field(description="Names this request in the server's log.")


class ErrorAnswer(Model):
    """Every answer that is not a success."""

    error: Error
