"""What the docs say of the Metrics API, read from where the server has it."""

from typing import Any

from flask import current_app

from flux.sandbox import lexer, slots, worker
from flux.sandbox.columns import MOST_NAME
from flux.sandbox.compile import MOST_TEXT, MOST_VALUES
from flux.sandbox.functions import FUNCTIONS
from flux.sandbox.process import LIMITS
from flux.schemas import events
from flux.store.export_declare import MOST_TEXT as MOST_CHARACTERS
from flux.store.exports import EXPORTS
from flux.tokens import LIFETIME
from flux.web.metric_editor import TYPES


def document_metrics() -> dict[str, Any]:
    """Tables, functions and limits, by the names that templates/docs_metrics.html has for them."""
    return {
        "tables": EXPORTS,
        "functions": FUNCTIONS,
        "variable_types": TYPES,
        "limits": LIMITS,
        "memory": worker.HEAP_MB,
        "most_sql": lexer.MOST_BYTES,
        "most_values": MOST_VALUES,
        "most_text": MOST_TEXT,
        "most_characters": MOST_CHARACTERS,
        "most_name": MOST_NAME,
        "at_once": slots.AT_ONCE,
        "kept": current_app.config["FLUX_RESULT_CACHE_SECONDS"],
        "most_events": events.MOST,
        "token_seconds": LIFETIME,
    }
