"""Which days an analysis is about: the Data API's words for windows, resolved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flux.analyses.kind import Parameters
from flux.catalog import kinds, params
from flux.catalog.query import Profile
from flux.catalog.ranges import RANGES, Window, named_window
from flux.mistakes import InvalidParameter


@dataclass(frozen=True, slots=True)
class Days:
    """The window, the day that counts as today, and the zone of both; None: each profile's own.

    `common` is the zone of what belongs to no profile.
    """

    window: Window
    today: date
    zone: str | None
    common: str


def resolve(parameters: Parameters, usual: str, profiles: Sequence[Profile], now: datetime) -> Days:
    """The days that the parameters name; `usual` is the window where they name none.

    `now` has a zone. Raises InvalidParameter.
    """
    zone = kinds.read_zone(params.TZ, parameters.tz)
    zones = {p.zone for p in profiles}
    common = zone or (zones.pop() if len(zones) == 1 else "UTC")
    today = now.astimezone(ZoneInfo(common)).date()
    return Days(_window(parameters, usual, profiles, today, zone), today, zone, common)


def _window(
    parameters: Parameters, usual: str, profiles: Sequence[Profile], today: date, zone: str | None
) -> Window:
    named, first, last = parameters.range, parameters.from_, parameters.to
    if named and (first or last):
        raise InvalidParameter(
            "range", named, f"left out where '{'from' if first else 'to'}' is given, or the other way round"
        )
    if not named and not first and not last and usual in RANGES:
        named = usual
    if named:
        return named_window(named, today, _earliest(profiles, zone, today))
    if not first and usual in RANGES:  # only `to` is given
        return span(_earliest(profiles, zone, today).isoformat(), last, today)
    return span(first or usual, last, today)


def span(first: str, last: str | None, today: date, prefix: str = "") -> Window:
    """The window from one day to another, both as texts. Raises InvalidParameter, naming `prefix` + from."""
    start = _read(f"{prefix}from", first, today)
    end = _read(f"{prefix}to", last or "today", today)
    if start > end:
        raise InvalidParameter(f"{prefix}from", first, f"not after '{prefix}to', which is {end}")
    return Window(start, end)


def _read(name: str, text: str, today: date) -> date:
    param = params.FROM if name.endswith("from") else params.TO
    try:
        return kinds.read_date(param, text, today)
    except InvalidParameter as wrong:
        raise InvalidParameter(name, text, wrong.details["constraint"]) from None


def _earliest(profiles: Sequence[Profile], zone: str | None, today: date) -> date:
    """The day of the first post of all."""
    firsts = [
        datetime.fromtimestamp(p.first_post_at, ZoneInfo(zone or p.zone)).date()
        for p in profiles
        if p.first_post_at is not None
    ]
    return min(firsts, default=today)
