"""A request's parameters, read once into a frozen Query."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from flux.catalog import kinds, params
from flux.catalog.declare import Dataset, Param
from flux.catalog.periods import PERIODS
from flux.catalog.query import Arguments, Profile, Query, Writing
from flux.catalog.ranges import Window, named_window, previous_window
from flux.mistakes import InvalidParameter, TooManyCells, TooManyProfiles, UnknownParameter


def asked_profiles(arguments: Arguments) -> tuple[str, ...]:
    """The profile ids that a request names, each once, in its order; none: all. Raises TooManyProfiles."""
    texts = (text.strip() for value in arguments.get("profile_id", ()) for text in value.split(","))
    ids = tuple(dict.fromkeys(text for text in texts if text))
    if len(ids) > params.MAX_PROFILES:
        raise TooManyProfiles(len(ids), params.MAX_PROFILES)
    return ids


def parse(
    dataset: Dataset,
    arguments: Arguments,
    profiles: Iterable[Profile],
    now: datetime,
    written_as: str = "json",
    within: Window | None = None,
) -> Query:
    """The question that `arguments` ask of `dataset` and `profiles` at the moment `now` (with a zone).

    `written_as`: the format where `format` is left out. `within`: the days that matter of the window; where
    they are none, it ends before it begins. Raises a Mistake for whatever cannot be served.
    """
    profiles = tuple(profiles)
    values = _single_values(dataset.params, arguments)
    read = {
        p.name: kinds.read(p, values.get(p.name))
        for p in dataset.params
        if p.type in ("choice", "flag", "integer")
    }
    zone = kinds.read_zone(params.TZ, values.get("tz"))
    today = now.astimezone(ZoneInfo(zone or _common_zone(profiles) or "UTC")).date()
    window = _window(dataset, values, today, profiles, zone)
    if within is not None:
        window = Window(max(window.first, within.first), min(window.last, within.last))
    query = Query(
        dataset=dataset,
        profiles=profiles,
        window=window,
        previous=previous_window(window, values.get("range")) if read.get("compare") else None,
        zone=zone,
        granularity=str(read.get("granularity", "daily")),
        by=str(read.get("by", "day_of_week")),
        limit=_whole(read.get("limit")),
        offset=_whole(read.get("offset")) or 0,
        order=str(read.get("order", "desc")),
        writing=_writing(values, read, written_as),
    )
    _check_size(query)
    return query


def read_writing(arguments: Arguments, written_as: str = "json") -> Writing:
    """How rows are to be written; other parameters are passed over. Raises InvalidParameter."""
    known = {p.name: arguments.get(p.name, []) for p in params.WRITING}
    values = _single_values(params.WRITING, known)
    read = {p.name: kinds.read(p, values.get(p.name)) for p in params.WRITING}
    return _writing(values, read, written_as)


def _single_values(declared: tuple[Param, ...], arguments: Arguments) -> dict[str, str]:
    """One value per known parameter; an empty one counts as left out, an unknown name is passed over."""
    known = [p.name for p in declared]
    values = {}
    for name, given in arguments.items():
        texts = list(dict.fromkeys(text.strip() for text in given if text.strip()))
        if name == "profile_id" or not texts:
            continue
        if name in known:
            if len(texts) > 1:
                raise InvalidParameter(name, " and ".join(texts), "given once")
            values[name] = texts[0]
        elif name != "key" and (meant := get_close_matches(name.lower(), [*known, "key"], 1, cutoff=0.75)):
            raise UnknownParameter(name, kinds.shown(texts[0]), meant[0])
    return values


def _common_zone(profiles: tuple[Profile, ...]) -> str | None:
    zones = {p.zone for p in profiles}
    return zones.pop() if len(zones) == 1 else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _window(
    dataset: Dataset, values: dict[str, str], today: date, profiles: tuple[Profile, ...], zone: str | None
) -> Window:
    if "range" in values:
        if clash := [name for name in ("from", "to") if name in values]:
            raise InvalidParameter(
                "range", values["range"], f"left out where '{clash[0]}' is given, or the other way round"
            )
        return named_window(values["range"], today, _earliest(dataset, profiles, zone, today))
    first = kinds.read_date(params.FROM, values.get("from"), today)
    last = kinds.read_date(params.TO, values.get("to"), today)
    if first > last:
        written = values.get("from", "-90d")
        raise InvalidParameter(
            "from",
            written,
            f"not after 'to', which is {last}"
            + ("" if written == str(first) else f" ('{written}' is {first})"),
        )
    return Window(first, last)


def _earliest(dataset: Dataset, profiles: tuple[Profile, ...], zone: str | None, today: date) -> date:
    """The first day on which any of the profiles has data of this dataset."""
    if dataset.name == "daily-activity":
        days = [date.fromisoformat(p.first_day) for p in profiles if p.first_day]
    else:
        days = [
            datetime.fromtimestamp(p.first_post_at, ZoneInfo(zone or p.zone)).date()
            for p in profiles
            if p.first_post_at is not None
        ]
    return min(days, default=today)


def _writing(values: dict[str, str], read: Mapping[str, object], written_as: str) -> Writing:
    written = Writing(
        format=str(read["format"]) if "format" in values else written_as,
        delimiter=str(read["delimiter"]),
        decimal=str(read["decimal"]),
        safe=read["safe"] == "1",
        bom=read["bom"] == "1",
    )
    if written.decimal == "comma" and written.delimiter == "comma":
        raise InvalidParameter("decimal", "comma", "used with delimiter=semicolon or delimiter=tab")
    return written


def _check_size(query: Query) -> None:
    """Raises TooManyProfiles or TooManyCells, before any data are read."""
    count, limits = len(query.profiles), query.dataset.limits
    if count > limits["profiles"]:
        raise TooManyProfiles(count, limits["profiles"])
    if "cells" not in limits or not count:
        return
    period = PERIODS[query.granularity if query.dataset.granularities else "daily"]
    periods = period.count(query.window.first, query.window.last)
    if count * periods > limits["cells"]:
        fitting = limits["cells"] // count
        advice = f"{count} profiles fit with {fitting:,} periods; "
        advice += (
            "shorten the window"
            + (", take a longer granularity" if query.dataset.granularities else "")
            + " or name fewer profiles."
        )
        raise TooManyCells(count, periods, limits["cells"], advice)
