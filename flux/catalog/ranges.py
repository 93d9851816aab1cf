"""Windows of days: `-90d`, `last_month`, and the window that one is compared with."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_RELATIVE = re.compile(r"-(\d{1,4})([dwmy])", re.ASCII)

RANGES = (
    "last_7_days",
    "last_30_days",
    "last_90_days",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_quarter",
    "last_quarter",
    "this_year",
    "last_year",
    "all",
)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both inclusive."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month; its last day where that month is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def read_day(text: str, today: date) -> date:
    """The day that `2026-01-31`, `today`, `yesterday`, `-90d`, `-12w`, `-6m` or `-1y` names.

    Raises ValueError for anything else, and for a day before the year 1.
    """
    try:
        return _day(text, today)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"'{text}' is no day") from error


def _day(text: str, today: date) -> date:
    if text == "today":
        return today
    if text == "yesterday":
        return today - DAY
    if _ISO_DAY.fullmatch(text):  # fromisoformat takes 20260131 and 2026-W05-6 as well
        return date.fromisoformat(text)
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        raise ValueError(text)
    count, unit = int(relative[1]), relative[2]
    if unit in "dw":
        return today - timedelta(days=count * (7 if unit == "w" else 1))
    return months_before(today, count * (12 if unit == "y" else 1))


def read_span(text: str) -> int | None:
    """Seconds of a span such as `12h` or `90d`; None for anything else."""
    span = re.fullmatch(r"(\d{1,5})([hd])", text)
    return int(span[1]) * (3_600 if span[2] == "h" else 86_400) if span else None


def _period_start(unit: str, today: date) -> date:
    if unit == "week":
        return today - timedelta(days=today.weekday())
    if unit == "month":
        return today.replace(day=1)
    if unit == "quarter":
        return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return date(today.year, 1, 1)


def _start_before(unit: str, start: date) -> date:
    if unit == "week":
        return start - 7 * DAY
    return months_before(start, {"month": 1, "quarter": 3, "year": 12}[unit])


def named_window(name: str, today: date, earliest: date) -> Window:
    """The window of a named range; `all` begins at `earliest`, the first day there are data of."""
    if name == "all":
        return Window(min(earliest, today), today)
    head, rest = name.split("_", 1)
    if rest.endswith("_days"):
        return Window(today - (int(rest.removesuffix("_days")) - 1) * DAY, today)
    start = _period_start(rest, today)
    return Window(start, today) if head == "this" else Window(_start_before(rest, start), start - DAY)


def previous_window(window: Window, name: str | None) -> Window:
    """What `compare=previous` compares with.

    The window of equal length just before; for a `this_…` range, which is not over, the same elapsed part of
    the period before it, cut at that period's end where it is shorter (31 March has no like in February).
    """
    if name is not None and name.startswith("this_"):
        start = _start_before(name.removeprefix("this_"), window.first)
        return Window(start, min(start + (window.last - window.first), window.first - DAY))
    return Window(window.first - window.days * DAY, window.first - DAY)
