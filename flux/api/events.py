"""Events over HTTP."""

from flask import current_app

from flux.events import take_in
from flux.extensions import engine
from flux.schemas.events import Event


def ingest(account_id: int, events: list[Event]) -> None:
    """Takes in one event or a list, all of them or none."""
    take_in(engine, current_app.config, account_id, events)
