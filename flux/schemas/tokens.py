"""The access token of the Metrics API, as it is asked for and given."""

from typing import Literal

from pydantic import ConfigDict, Field

from flux.schemas.base import Model
from flux.schemas.operations import Operation

_HELP = "Left out: 401 `missing_api_key`."


class TokenRequest(Model):
    """Both keys of the Metrics API, from Settings → API."""

    model_config = ConfigDict(populate_by_name=False)

    client_secret: str | None = Field(
        None, alias="clientSecret", description=f"The client secret, `flux_cs_…`. {_HELP}"
    )
    environment_key: str | None = Field(
        None, alias="environmentApiKey", description=f"The environment key, `flux_env_…`. {_HELP}"
    )


class TokenAnswer(Model):
    """An access token, shown this once."""

    access_token: str = Field(alias="accessToken", description="`flux_at_…`, to be sent as Bearer.")
    token_type: Literal["Bearer"] = Field(alias="tokenType")
    expires_in: int = Field(
        alias="expiresIn", ge=1, le=3_600, description="Seconds: an hour, or less where a key ends before."
    )


OPERATIONS = (
    Operation(
        "create_access_token", "POST", "/metrics/auth/token", "Metrics", "Get an access token",
        "Exchanges an environment key and a client secret of one account for a token that opens the Metrics "
        "API for an hour, and nothing else. It ends at once with either of the two.",
        answer=TokenAnswer, body=TokenRequest, key="pair", base="", max_body=2**14,
        examples={"keys": {"clientSecret": "flux_cs_…", "environmentApiKey": "flux_env_…"}},
    ),
)  # fmt: skip
