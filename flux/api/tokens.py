"""Access tokens over HTTP."""

from flux import tokens
from flux.caller import pair
from flux.extensions import engine, pepper
from flux.quotas import check_burst, spend
from flux.schemas.tokens import TokenAnswer, TokenRequest


def create(body: TokenRequest) -> TokenAnswer:
    """A token for both keys, one request of the account's minute poorer."""
    holder, secret = pair(body.environment_key, body.client_secret)
    check_burst(holder)
    spend(holder)
    token, seconds = tokens.issue(engine, pepper, holder.key, secret)
    return TokenAnswer(accessToken=token, tokenType="Bearer", expiresIn=seconds)
