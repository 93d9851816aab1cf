"""run_query: one user's statement answered, refused or given up, whatever it tries."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from flux.mistakes import InvalidQuery, Unavailable
from flux.sandbox import faults, worker
from flux.sandbox.columns import check_names, fit, type_of, unique
from flux.sandbox.compile import compile_query
from flux.sandbox.functions import FUNCTIONS
from flux.sandbox.process import LIMITS, Limits, work
from flux.sandbox.slots import slot
from flux.sandbox.snapshot import Settings, hold_snapshot
from flux.sandbox.statement import Statement
from flux.store.exports import find_exports


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's rows. `columns` are names, each once, and types: string, integer, number, date, datetime.

    `state` names the data that it was read from, `tables` are those that it reads. `plan` are the engine's
    steps, told only where they are asked for; what belongs to a step stands indented below it.
    """

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]]
    truncated: bool  # there is more than the limits let through
    elapsed_ms: int
    state: str
    tables: tuple[str, ...]
    plan: tuple[str, ...] = ()


def run_query(  # noqa: PLR0913 - all but five are named
    settings: Settings,
    engine: Engine,
    account_id: int,
    text: str,
    variables: Mapping[str, Any],
    *,
    limits: Limits = LIMITS,
    patience: float = 0.0,
    explain: bool = False,
) -> Answer:
    """Runs SQL on the account's own rows, with `@{name}` bound to `variables`.

    `patience`: seconds for which the call may wait while another query of the account runs, or two of the
    process.
    Raises InvalidQuery for what cannot be run or asks for too much, RateLimited where others run for longer
    than the patience lasts, and Unavailable where the rows cannot be made ready.
    """
    begin = time.monotonic()
    statement = compile_query(text, variables)
    with slot(account_id, patience):
        found = _ask(settings, engine, account_id, statement, limits, explain)
    if "kind" in found:
        raise _refused(found, statement, engine, account_id, limits)
    names = unique(statement.written(found["columns"]))
    check_names(names)
    rows = fit(found["rows"], names, limits.bytes)
    return Answer(
        columns=tuple((name, type_of(rows, place)) for place, name in enumerate(names)),
        rows=rows,
        truncated=found["truncated"] or len(rows) < len(found["rows"]),
        elapsed_ms=round((time.monotonic() - begin) * 1_000),
        state=found["state"],
        tables=tuple(found["tables"]),
        plan=tuple(found["plan"]),
    )


def _ask(
    settings: Settings, engine: Engine, account_id: int, statement: Statement, limits: Limits, explain: bool
) -> dict[str, Any]:
    """The worker's answer; from a file made anew where the one at hand is gone or broken."""
    request = {
        "texts": statement.texts(),
        "parameters": statement.parameters,
        "functions": FUNCTIONS,
        "explain": explain,
        "seconds": limits.seconds,
        "rows": limits.rows,
        "bytes": limits.bytes,
        "memory_mb": limits.memory_mb,
    }
    for _ in range(2):
        with hold_snapshot(settings, engine, account_id) as file:
            found = work(request | {"file": file.path.as_uri(), "tables": file.tables}, limits)
            if found.get("kind") != "file":
                return found | {"state": file.state}
            file.path.unlink(missing_ok=True)
    raise Unavailable("The data cannot be read for queries just now.")


def _refused(
    found: dict[str, Any], statement: Statement, engine: Engine, account_id: int, limits: Limits
) -> InvalidQuery:
    if found["kind"] == "time":
        problem = f"the query was ended: it takes more than {limits.seconds:g} seconds. Read less, or `daily`"
        return InvalidQuery(problem, constraint=f"at most {limits.seconds:g} seconds")
    if found["kind"] == "memory":
        problem = (
            f"the query was ended: it asks for more than {worker.HEAP_MB} MiB of memory. Read less at once"
        )
        return InvalidQuery(problem, constraint=f"at most {worker.HEAP_MB} MiB")
    return faults.told(found, statement, find_exports(engine, account_id))
