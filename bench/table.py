"""Rounds that alternate, their medians, and the table of figures and aims."""

import statistics
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.load import CONNECTIONS, Cost, Target, run


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `aim` None: told for comparison only."""

    measure: str
    value: float
    aim: float | None = None
    unit: str = "x"
    less_is_better: bool = False
    note: str = ""

    def met(self) -> bool:
        """Whether the aim is reached."""
        if self.aim is None:
            return True
        return self.value <= self.aim if self.less_is_better else self.value >= self.aim


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often to measure."""

    seconds: float
    rounds: int


def alternate(targets: Mapping[str, Target], pace: Pace, connections: int = CONNECTIONS) -> dict[str, Cost]:
    """The median cost of each target, from rounds in which each has its turn."""
    costs: dict[str, list[Cost]] = {name: [] for name in targets}
    for target in targets.values():
        run(target, min(0.3, pace.seconds), connections)  # warm: imports, pools, pages of the database
    for _ in range(pace.rounds):
        for name, target in targets.items():
            costs[name].append(run(target, pace.seconds, connections))
    return {
        name: Cost(statistics.median(c.cpu for c in found), statistics.median(c.wall for c in found))
        for name, found in costs.items()
    }


def milliseconds(**seconds: float) -> str:
    """`flux 1.23 ms, peer 4.56 ms`."""
    return ", ".join(f"{name} {value * 1000:.3g} ms" for name, value in seconds.items())


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Prints each line as it comes, and gives all of them."""
    print(f"{'measure':<58} {'figure':>9} {'aim':>9}  {'':6}  note")
    shown = []
    for figure in figures:
        sign = "<=" if figure.less_is_better else ">="
        aim = "" if figure.aim is None else f"{sign} {figure.aim:g}"
        verdict = "" if figure.aim is None else "ok" if figure.met() else "missed"
        value = f"{figure.value:.3g} {figure.unit}"
        print(f"{figure.measure:<58} {value:>9} {aim:>9}  {verdict:6}  {figure.note}")
        sys.stdout.flush()
        shown.append(figure)
    return shown
