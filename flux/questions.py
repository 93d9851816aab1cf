"""Questions in SQL, asked by a person, a program or a sheet: cached, run in the sandbox, noted."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from flask import current_app

from flux import answer_cache
from flux.clock import reads_clock
from flux.extensions import engine
from flux.ids import new_id
from flux.metrics import check_door, check_draft
from flux.mistakes import Mistake, RateLimited
from flux.release import RELEASE
from flux.sandbox.run import run_query
from flux.sandbox.snapshot import read_state
from flux.schemas.metrics import MetricIn
from flux.store.accounts import cache_seconds
from flux.store.metric_runs import Run, note_run
from flux.store.metrics import Columns, Metric, Version, change_metric, create_metric
from flux.variables import bind_variables

LEAST_SECONDS = 300  # that a result is kept


@dataclass(frozen=True, slots=True)
class Question:
    """An SQL statement of an account with the values of its variables, and who asks it through which door."""

    account_id: int
    text: str
    variables: Mapping[str, Any]  # JSON values, bound already
    door: str  # page, api, feed, agent
    asked_by: str  # a user's address, or a key's hint and name
    metric: Metric | None = None
    patience: float = 0.0  # seconds that it may wait for a slot


@dataclass(frozen=True, slots=True)
class Result:
    """A question's rows. `state` names the data that they are of; `elapsed_ms` is how long the query ran.

    `plan` are the engine's steps, where they were asked for.
    """

    columns: Columns
    rows: list[list[Any]]
    truncated: bool
    elapsed_ms: int
    cached: bool
    state: str
    tables: tuple[str, ...]
    plan: tuple[str, ...] = ()


def ask(question: Question) -> Result:
    """The answer, from the cache where the same was asked of the same data. Noted in the history either way.

    Raises InvalidQuery, RateLimited, Unavailable, and NotAllowed where the metric is not open to the door.
    """
    if question.metric:
        check_door(question.metric, question.door)
    return _noted(question, _answer)


def explain(question: Question) -> Result:
    """The answer with its plan, run in any case, and noted. Raises InvalidQuery, RateLimited, Unavailable."""
    return _noted(question, partial(_run, explain=True))


def _noted(question: Question, answer: Callable[[Question], Result]) -> Result:
    begin = time.monotonic()
    try:
        result = answer(question)
    except RateLimited:  # it was never run
        raise
    except Mistake as error:
        note(question, begin, status=error.code, message=error.message)
        raise
    note(question, begin, rows=len(result.rows), cached=result.cached)
    return result


def name_of(question: Question, state: str) -> str:
    """Names the answer: release, account, SQL, values and state of the data; equal names, equal rows.

    What reads the clock gets another name every so often. Raises InvalidQuery.
    """
    clock = reads_clock(question.text, question.variables)
    window = int(time.time()) // seconds_kept(question) if clock else None
    values = sorted(question.variables.items())
    parts = (RELEASE, question.account_id, question.text, values, state, window)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def seconds_kept(question: Question) -> int:
    """How long the account keeps a result."""
    metric = question.metric
    own = metric.cache_seconds if metric else cache_seconds(engine, question.account_id)
    return max(LEAST_SECONDS, own or int(current_app.config["FLUX_RESULT_CACHE_SECONDS"]))


def note(question: Question, begin: float, **told: Any) -> None:
    """Writes the question into the history; `begin` is when it was asked, on the monotonic clock."""
    metric = question.metric
    elapsed = time.monotonic() - begin
    run = Run(
        new_id(),
        metric.id if metric else None,
        metric.newest.version if metric else None,
        question.text,
        dict(question.variables),
        question.door,
        question.asked_by,
        elapsed_ms=round(elapsed * 1000),
        started_at=int(time.time() - elapsed),
        **{"status": "ok", "message": None, "rows": None, "cached": False} | told,
    )
    note_run(engine, question.account_id, run)


def _answer(question: Question) -> Result:
    account_id = question.account_id
    found = answer_cache.find(account_id, f"result:{name_of(question, read_state(engine, account_id))}")
    if found is not None:
        return _unpacked(*found)
    result = _run(question)
    name = f"result:{name_of(question, result.state)}"  # of the data that were read, should they have moved
    answer_cache.keep(account_id, name, _packed(result), seconds=seconds_kept(question))
    return result


def _run(question: Question, explain: bool = False) -> Result:
    answer = run_query(
        current_app.config,
        engine,
        question.account_id,
        question.text,
        question.variables,
        patience=question.patience,
        explain=explain,
    )
    return Result(
        answer.columns,
        answer.rows,
        answer.truncated,
        answer.elapsed_ms,
        False,
        answer.state,
        answer.tables,
        answer.plan,
    )


def _packed(result: Result) -> bytes:
    return orjson.dumps(result)


def _unpacked(body: bytes, _: Any) -> Result:
    told = orjson.loads(body)
    told["columns"] = tuple(tuple(column) for column in told["columns"])
    told |= {"tables": tuple(told["tables"]), "plan": tuple(told["plan"])}
    return Result(**told | {"cached": True})


def save_metric(
    account_id: int,
    user_id: int | None,
    asked_by: str,
    draft: MetricIn,
    tried_with: Mapping[str, Any],
    metric: Metric | None = None,
) -> Metric:
    """Saves a draft as a new metric or, with `metric`, as that one's next version; run first, so it works.

    `tried_with` are JSON values of its variables; they become examples of those without one. Another name,
    description or doors alone make no version.
    Raises what `ask` raises, InvalidParameter, UnknownParameter, and Conflict for a name there is.
    """
    check_draft(draft)
    draft = _with_examples(draft, tried_with)
    if metric and _asks_the_same(metric.newest, draft):
        return change_metric(engine, metric, draft, None)
    values = bind_variables(draft.variables, tried_with)
    columns = ask(Question(account_id, draft.query, values, "page", asked_by)).columns
    if metric:
        return change_metric(engine, metric, draft, columns, user_id)
    return create_metric(engine, account_id, draft, columns, user_id)


def _asks_the_same(version: Version, draft: MetricIn) -> bool:
    return (version.query, list(version.variables)) == (draft.query, draft.variables)


def _with_examples(draft: MetricIn, tried_with: Mapping[str, Any]) -> MetricIn:
    variables = [
        v.model_copy(update={"example": tried_with.get(v.name)}) if v.example is None is v.default else v
        for v in draft.variables
    ]
    return draft.model_copy(update={"variables": variables})
