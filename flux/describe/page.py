"""The catalog as a reference for people: every dataset, and every parameter once."""

from collections.abc import Iterable
from dataclasses import dataclass

from flux.catalog.declare import Dataset, Param


@dataclass(frozen=True, slots=True)
class DocumentedParam:
    """A parameter, and the datasets that take it."""

    param: Param
    datasets: tuple[str, ...]
    everywhere: bool

    @property
    def default(self) -> str:
        """What holds when it is left out."""
        return self.param.default_help or self.param.default or "none"

    @property
    def value(self) -> str:
        """What may stand behind the equals sign."""
        p = self.param
        if p.choices:
            return " · ".join(p.choices)
        if p.type == "integer":
            return f"{p.minimum:,} to {p.maximum:,}"
        return {"date": "a day", "ids": "ids, comma-separated", "zone": "an IANA time zone"}[p.type]


def document_params(datasets: Iterable[Dataset]) -> list[DocumentedParam]:
    """Every parameter of the datasets once, in the order in which they come."""
    every = list(datasets)
    users: dict[str, tuple[Param, list[str]]] = {}
    for dataset in every:
        for param in dataset.params:
            users.setdefault(param.name, (param, []))[1].append(dataset.name)
    return [DocumentedParam(param, tuple(names), len(names) == len(every)) for param, names in users.values()]
