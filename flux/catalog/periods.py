"""Daily, weekly, monthly: the day a period starts on, and every period of a window."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

DAY = timedelta(days=1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_month(start: date) -> date:
    return date(start.year + start.month // 12, start.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """A granularity: `start` of the period a day lies in, and the start `after` a start."""

    name: str
    start: Callable[[date], date]
    after: Callable[[date], date]

    def starts(self, first: date, last: date) -> Iterator[date]:
        """The first day of each period that has a day in the window."""
        start = self.start(first)
        while start <= last:
            yield start
            start = self.after(start)

    def count(self, first: date, last: date) -> int:
        """How many periods the window touches, without counting them one by one."""
        begin, end = self.start(first), self.start(last)
        if self.name == "monthly":
            return (end.year - begin.year) * 12 + end.month - begin.month + 1
        return (end - begin).days // (7 if self.name == "weekly" else 1) + 1

    def slices(self, first: date, last: date) -> list[tuple[date, date, date]]:
        """For each period its first day, and the first and last day of it that lie in the window."""
        starts = list(self.starts(first, last))
        ends = [after - DAY for _, after in pairwise(starts)] + [last]
        return [(s, max(s, first), e) for s, e in zip(starts, ends, strict=True)]


PERIODS = {
    p.name: p
    for p in (
        Period("daily", lambda day: day, lambda start: start + DAY),
        Period("weekly", _monday, lambda start: start + 7 * DAY),
        Period("monthly", lambda day: day.replace(day=1), _next_month),
    )
}
