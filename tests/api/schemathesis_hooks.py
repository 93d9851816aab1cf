"""What Schemathesis is told beside the schema: which requests say nothing about the API."""

import os
from typing import Any

import schemathesis

LONGEST = 2_000  # characters, before any is escaped; gunicorn takes addresses of 8,190 bytes


@schemathesis.hook
def filter_query(_context: Any, query: Any) -> bool:
    """Leaves out an empty parameter, which counts as not given, and what is too long for the web server."""
    values = list((query or {}).values())
    return all(map(_is_given, values)) and len(str(values)) < LONGEST


def _is_given(value: Any) -> bool:
    parts = list(value) if isinstance(value, list | dict) else [value]
    return any(part is not None and str(part).strip() for part in parts)


@schemathesis.hook
def filter_body(_context: Any, body: Any) -> bool:
    """Leaves out bodies that name profiles or data sources: they are made up, and 404 is right."""
    if not isinstance(body, dict):
        return True
    parameters = body.get("parameters")
    named = [body, parameters if isinstance(parameters, dict) else {}]
    return not any(part.get("profile_ids") or "data_source_id" in part for part in named)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Puts real keys in place of texts that could be some: made up ones are refused before all else."""
    operation = context.operation.definition.raw["operationId"]
    if operation != "create_access_token" or not isinstance(body, dict):
        return body
    return {n: os.environ[n] if n in os.environ and isinstance(v, str) and v else v for n, v in body.items()}
