"""Idempotency-Key: a POST sent again makes nothing twice and is given the first answer."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import orjson
from flask import request
from pydantic import BaseModel
from sqlalchemy import Connection

from flux.extensions import engine
from flux.mistakes import Conflict, InvalidParameter, Mistake, ResourceNotFound, StillAtWork
from flux.schemas.base import written
from flux.store.first_answers import AlreadyAnswered, FirstAnswer, claim, find_answer, forget, keep_body
from flux.store.projects import Also, nothing

HEADER = "Idempotency-Key"
LONGEST = 255
_KEY = re.compile(rf"[!-~]{{1,{LONGEST}}}")


@dataclass(frozen=True, slots=True)
class Made:
    """What a POST made (its public id), the JSON body that tells of it, and whether that was given before."""

    id: str
    body: bytes
    replayed: bool = False


def make_once(
    account_id: int,
    content: bytes,
    make: Callable[[Also], str],
    show: Callable[[str], BaseModel],
    meet: Callable[[str], BaseModel] | None = None,
) -> Made:
    """What `make` makes (its public id), as `show` tells of it; both only if the key is a new one.

    `meet` tells of what an earlier request made that has not answered, or never will; it is `show` where that
    only looks. `content` is what was sent, spelled one way. The key is noted in the transaction that makes:
    whatever dies, there is one or none. Raises Conflict for a key that was used for something else,
    InvalidParameter for one that is none, StillAtWork, and the mistakes of `make`, `show` and `meet`, which
    use no key up.
    """
    key = request.headers.get(HEADER)
    if key is None:
        made = make(nothing)
        return Made(made, _body(show(made)))
    if not _KEY.fullmatch(key):
        raise InvalidParameter(HEADER, key[:50], f"1 to {LONGEST} visible ASCII characters")
    digest = hashlib.sha256(f"{request.path.removeprefix('/api')}\n".encode() + content).hexdigest()
    again = partial(_again, account_id, key, digest, meet or show)
    if first := find_answer(engine, account_id, key):
        return again(first)
    try:
        made = make(partial(_claim, account_id, key, digest))
    except AlreadyAnswered:
        if first := find_answer(engine, account_id, key):
            return again(first)
        raise StillAtWork(HEADER) from None  # it failed since: the next attempt is the first
    body = _tell(account_id, key, made, show)
    keep_body(engine, account_id, key, body.decode())
    return Made(made, body)


def _claim(account_id: int, key: str, digest: str, connection: Connection, made: str) -> None:
    claim(connection, account_id, key, digest, made)


def _again(
    account_id: int, key: str, digest: str, meet: Callable[[str], BaseModel], first: FirstAnswer
) -> Made:
    if first.digest != digest:
        raise Conflict(
            "This Idempotency-Key was used for another request within the last 24 hours. Take a new key for "
            "each thing to be made.",
            parameter=HEADER,
            value=key[:50],
            constraint="the same address and body, or a new key",
        )
    if first.body:
        return Made(first.made, first.body.encode(), replayed=True)
    try:  # the first has not answered yet; or its server died before: what was made is told as it is now
        return Made(first.made, _tell(account_id, key, first.made, meet), replayed=True)
    except ResourceNotFound:  # it failed and was removed
        raise StillAtWork(HEADER) from None


def _tell(account_id: int, key: str, made: str, tell: Callable[[str], BaseModel]) -> bytes:
    """The body that `tell` gives. Its mistakes free the key: it may be sent again, with a corrected body."""
    try:
        return _body(tell(made))
    except StillAtWork:
        raise
    except Mistake:
        forget(engine, account_id, key, made)
        raise


def _body(model: BaseModel) -> bytes:
    return orjson.dumps(written(model))
