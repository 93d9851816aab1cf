"""Saved metrics in the hall: drafts checked, doors kept, and each metric as a feed's dataset."""

from typing import Any
from urllib.parse import urlencode

from flux.catalog.declare import Column, Dataset, Param
from flux.catalog.params import WRITING
from flux.mistakes import InvalidParameter, InvalidQuery, NotAllowed
from flux.sandbox.lexer import VARIABLE, tokens
from flux.sandbox.process import LIMITS
from flux.schemas.metrics import MetricIn, Variable
from flux.serve import Rights
from flux.store.metrics import Metric
from flux.variables import RESERVED, bind_variables, text_of


def used_variables(query: str) -> tuple[str, ...]:
    """The names that the SQL names as `@{name}`, each once, in their order. Raises InvalidQuery."""
    found = (VARIABLE.findall(t.text) for t in tokens(query) if t.kind in ("variable", "string"))
    return tuple(dict.fromkeys(name for names in found for name in names))


def check_draft(draft: MetricIn) -> None:
    """Raises InvalidParameter for variables that do not fit each other, the query or a feed's address."""
    names = [variable.name for variable in draft.variables]
    used = used_variables(draft.query)
    for place, variable in enumerate(draft.variables):
        if variable.name in names[:place]:
            raise InvalidParameter("variables", variable.name, "declared once")
        if variable.name.lower() in RESERVED:
            taken = ", ".join(RESERVED)
            raise InvalidParameter("variables", variable.name, f"another name: {taken} are a feed's own")
        if variable.name not in used:
            raise InvalidParameter("variables", variable.name, f"in the query, as @{{{variable.name}}}")
        _check_values(variable)
    for name in used:
        if name not in names:
            declared = ", ".join(names) or "none"
            problem = (
                f"'@{{{name}}}' is not declared: declare the variable '{name}'. Declared are: {declared}"
            )
            raise InvalidQuery(problem, value=name, constraint="a declared variable")


def _check_values(variable: Variable) -> None:
    """Raises InvalidParameter for a default, an example or a choice that the variable cannot have."""
    told = [variable.default, variable.example]
    told += [[choice] if variable.type == "list" else choice for choice in variable.choices]
    free = variable.model_copy(update={"default": None, "required": False})
    for value in told:
        bind_variables([free], {variable.name: value})


def check_door(metric: Metric, door: str) -> None:
    """Raises NotAllowed where the metric is not open to the door; its account's own page always runs it."""
    if door != "page" and door not in metric.open_to:
        doors = ", ".join(metric.open_to) or "the page alone"
        raise NotAllowed(
            "insufficient_permissions",
            f"The metric '{metric.name}' is not open to '{door}': it is open to {doors}. Open it under "
            f"Settings → Metrics.",
            parameter="open_to",
            value=door,
            constraint=doors,
        )


def may_read(rights: Rights, metric: Metric) -> bool:
    """Whether a feed's key may read the metric, which reads every profile of its account."""
    return rights.profiles is None and (rights.datasets is None or metric.public_id in rights.datasets)


def check_rights(rights: Rights, metric: Metric) -> None:
    """Raises NotAllowed for a key that is limited to profiles, or to datasets and other metrics."""
    if may_read(rights, metric):
        return
    why = "is limited to some profiles, and a metric reads them all"
    if rights.profiles is None:
        why = f"is limited to {', '.join(rights.datasets or ())}"
    raise NotAllowed(
        "insufficient_permissions",
        f"This key may not read '{metric.public_id}': it {why}. Make another key under Settings → API.",
        parameter="metric",
        value=metric.public_id,
    )


def dataset_of(metric: Metric) -> Dataset:
    """The metric as a dataset: its id is the name, its parameters are the variables and the writing."""
    version = metric.newest
    needed = {v.name: text_of(_example(v)) for v in version.variables if v.required and v.default is None}
    return Dataset(
        name=metric.public_id,
        title=metric.name,
        grain="a row of the query's answer",
        help=metric.description or metric.name,
        columns=columns_of(version.columns),
        params=(*map(_param, version.variables), *WRITING),
        example=urlencode({**needed, "format": "csv"}, safe=","),
        limits={"rows": LIMITS.rows, "seconds": round(LIMITS.seconds)},
        folder="metrics",
    )


def columns_of(columns: tuple[tuple[str, str], ...]) -> tuple[Column, ...]:
    """The columns of a query's answer; texts among them are guarded against formulas."""
    return tuple(
        Column(
            name,
            type,  # type: ignore[arg-type]
            f"`{name}` of the query.",
            "metric" if type in ("integer", "number") else "dimension",
            nullable=True,
            additive=False,
            free_text=type == "string",
        )
        for name, type in columns
    )


def _param(variable: Variable) -> Param:
    kinds = {"string": "text", "boolean": "choice"}
    kind: Any = kinds.get(variable.type, variable.type)
    choices = tuple(map(text_of, variable.choices))
    if variable.type == "boolean":
        choices = ("true", "false")
    missing = "none: it must be given" if variable.required else "null"
    return Param(
        variable.name,
        "choice" if choices and kind != "list" else kind,
        variable.description or f"The variable `{variable.name}` of the query.",
        text_of(_example(variable)),
        None if variable.default is None else text_of(variable.default),
        choices,
        default_help=missing if variable.default is None else None,
    )


def _example(variable: Variable) -> Any:
    """A value that the variable may have."""
    for value in (variable.example, variable.default, *variable.choices[:1]):
        if value is not None:
            return value
    plain = {"integer": 10, "number": 0.5, "boolean": True, "date": "-90d"}
    return plain.get(variable.type, "text")
