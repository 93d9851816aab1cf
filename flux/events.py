"""Events in the hall: taken in, and deleted so that no file for the account's SQL has them any more."""

import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Engine

from flux.sandbox.snapshot import forget_account
from flux.schemas.events import Event
from flux.store import events as store

Settings = Mapping[str, Any]


def take_in(engine: Engine, settings: Settings, account_id: int, sent: Sequence[Event]) -> int:
    """Keeps the events, those that are there already excepted; how many were new.

    All or none: raises TooLarge where the account would have more than FLUX_MAX_EVENTS.
    """
    return store.add_events(engine, account_id, sent, int(time.time()), int(settings["FLUX_MAX_EVENTS"]))


def delete_events(
    engine: Engine,
    settings: Settings,
    account_id: int,
    before: date | None = None,
    user_id: str | None = None,
    anonymous_id: str | None = None,
) -> int:
    """Deletes events of before that day (UTC), of that user or of that visitor; how many."""
    gone = store.delete_events(engine, account_id, before, user_id, anonymous_id)
    if gone:
        forget_account(settings, account_id)
    return gone
