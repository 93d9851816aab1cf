"""Analyses as the REST API takes and shows them: a shape for each kind, made from the one list of kinds."""

from typing import Annotated, Any, Literal, Union

from pydantic import Field, create_model

from flux.analyses import KINDS
from flux.analyses.kind import Kind
from flux.schemas.base import AnalysisId, Instant, Model, Name
from flux.schemas.jobs import Failure, Status
from flux.schemas.projects import ListMeta


class AnalysisSummary(Model):
    """An analysis in a list."""

    id: AnalysisId
    name: str
    kind: Literal[tuple(KINDS)]  # type: ignore[valid-type]
    status: Status
    created_at: Instant
    updated_at: Instant


class AnalysisListAnswer(Model):
    """A page of analyses."""

    data: list[AnalysisSummary]
    meta: ListMeta


def _stem(kind: Kind) -> str:
    return kind.name.title().replace("_", "")


def _request(kind: Kind) -> type[Model]:
    """What is sent to start one of this kind."""
    fields: dict[str, Any] = {
        "kind": (Literal[kind.name], Field(description=kind.help)),
        "name": (Name | None, Field(None, description="What to call it; else the kind's title.")),
        "parameters": (kind.parameters, _parameters(kind)),
    }
    return create_model(f"{_stem(kind)}AnalysisIn", __base__=Model, __doc__=kind.title, **fields)


def _parameters(kind: Kind) -> Any:
    """Left out, they are all at their defaults; where some have none they must be given."""
    needed = any(field.is_required() for field in kind.parameters.model_fields.values())
    return Field(...) if needed else Field(default_factory=kind.parameters)


def _answer(kind: Kind) -> type[Model]:
    """One of this kind, with its result once there is one."""
    fields: dict[str, Any] = {
        "id": (AnalysisId, ...),
        "name": (str, ...),
        "kind": (Literal[kind.name], ...),
        "status": (Status, ...),
        "created_at": (Instant, ...),
        "updated_at": (Instant, ...),
        "parameters": (kind.parameters, ...),
        "result": (kind.result | None, Field(description="Null until it is completed.")),
        "error": (Failure | None, Field(description="Why it failed.")),
    }
    return create_model(f"{_stem(kind)}Analysis", __base__=Model, __doc__=kind.title, **fields)


ANSWERS = {kind.name: _answer(kind) for kind in KINDS.values()}
_REQUESTS = tuple(_request(kind) for kind in KINDS.values())

AnalysisIn = Annotated[Union[_REQUESTS], Field(discriminator="kind")]  # type: ignore[valid-type]  # noqa: UP007
Analysis = Annotated[Union[tuple(ANSWERS.values())], Field(discriminator="kind")]  # type: ignore[valid-type]  # noqa: UP007


class AnalysisAnswer(Model):
    """One analysis."""

    data: Analysis  # type: ignore[valid-type]


def example_bodies() -> dict[str, Any]:
    """A body for each kind that runs as it stands."""
    return {kind.name: {"kind": kind.name, "parameters": kind.example} for kind in KINDS.values()}
