"""How verdicts are worded: plain sentences with figures that can be pictured."""

from collections.abc import Sequence

UNMEASURED = "{} of {} posts have no known engagement and are left out."
ZONES = "Each profile's days and hours are counted in its own time zone."
AUTHOR = (
    "What is compared is a post's engagement with the author's level at that time, so a growing audience "
    "plays no part; a lasting improvement of the author cannot be told from it."
)


def count(number: int, noun: str) -> str:
    """`1 post`, `1,200 posts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short_of(number: int, least: int, what: str) -> str:
    """That there is too little of something to tell."""
    there = "is" if number == 1 else "are"
    return f"Not enough data: at least {least:,} {what} are needed; there {there} {number:,}."


def figure(number: float) -> str:
    """A number as precise as a reader can use: `0.7`, `1.62`, `12`, `1,200`."""
    return f"{number:.2f}".rstrip("0").rstrip(".") if abs(number) < 10 else f"{number:,.0f}"


def percent(factor: float) -> str:
    """A factor as people say it: `25 % more`, `40 % less`, `3.2 times as much`."""
    if factor >= 2:
        return f"{factor:.1f} times as much"
    change = round((factor - 1) * 100)
    return f"{abs(change)} % {'more' if change >= 0 else 'less'}"


def between(low: float | None, high: float | None) -> str:
    """The interval of a factor, in brackets; empty where an end is not known."""
    if low is None or high is None:
        return ""
    return f" (between {figure(low)} and {figure(high)} times, with 95 % confidence)"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def left_out(posts: int, measured: int) -> list[str]:
    """The note on posts without counts, where there are any."""
    return [UNMEASURED.format(f"{posts - measured:,}", f"{posts:,}")] if measured < posts else []
