"""Profiles: found together with the version of their data, made, changed and removed."""

import time
from collections.abc import Sequence
from zoneinfo import available_timezones

from sqlalchemy import Engine, delete, insert, select, update

from flux.catalog.query import Profile
from flux.ids import internal_id, new_id
from flux.mistakes import Conflict, InvalidParameter, NotFound, ProfileNotFound
from flux.store.engine import fetch, writing
from flux.store.tables import profiles

KINDS = ("personal", "company")
_COLUMNS = "id, name, timezone, version, updated_at, first_post_at, first_day, kind, url"
_ALL = f"SELECT {_COLUMNS} FROM profiles WHERE account_id = ? ORDER BY id"
_SOME = f"SELECT {_COLUMNS} FROM profiles WHERE account_id = ? AND id IN (%s) ORDER BY id"


def find_profiles(
    engine: Engine, account_id: int, asked: Sequence[str] = (), allowed: Sequence[int] | None = None
) -> list[Profile]:
    """The account's profiles with the version of their data, in order of id: one indexed read.

    `asked` are public ids (none: all); `allowed` internal ids that the caller is limited to (None: any)
    Raises ProfileNotFound for an id that is unknown, another account's, or not allowed.
    """
    wanted = {text: internal_id("prof", text) for text in asked}
    for text, number in wanted.items():
        if number is None or (allowed is not None and number not in allowed):
            raise ProfileNotFound(text)
    numbers = [n for n in wanted.values() if n is not None] or (None if allowed is None else list(allowed))
    if numbers is None:
        rows = fetch(engine, _ALL, (account_id,))
    else:
        marks = ",".join("?" * len(numbers)) or "NULL"
        rows = fetch(engine, _SOME.replace("%s", marks), (account_id, *numbers))
    found = [Profile(i, name, zone or "UTC", *rest) for i, name, zone, *rest in rows]
    if len(found) < len(wanted):
        there = {p.id for p in found}
        raise ProfileNotFound(next(text for text, number in wanted.items() if number not in there))
    return found


def find_profile(engine: Engine, account_id: int, public: str) -> Profile:
    """One profile by its public id. Raises ProfileNotFound."""
    return find_profiles(engine, account_id, [public])[0]


def find_named(engine: Engine, account_id: int, name: str) -> Profile:
    """One profile by its public id or its name, whatever the case. Raises NotFound, which names all."""
    every = find_profiles(engine, account_id)
    for profile in every:
        if name == profile.public_id or name.casefold() == profile.name.casefold():
            return profile
    known = ", ".join(f"'{p.name}'" for p in every) or "none yet"
    raise NotFound(f"There is no profile '{name}' in this account. There are: {known}.")


def check_timezone(zone: str | None) -> str | None:
    """`zone` as the time zone database spells it; None or empty text stays None. Raises InvalidParameter."""
    if not zone:
        return None
    spelled = {name.lower(): name for name in available_timezones()}.get(zone.lower())
    if spelled is None:
        raise InvalidParameter("timezone", zone, "an IANA time zone, such as Europe/Berlin")
    return spelled


def create_profile(
    engine: Engine,
    account_id: int,
    name: str,
    kind: str = "personal",
    timezone: str | None = None,
    url: str | None = None,
) -> Profile:
    """A new, empty profile.

    Raises InvalidParameter for a bad name, kind, zone or address, and Conflict for a name in use.
    """
    now = int(time.time())
    values = _checked(name=name, kind=kind, timezone=timezone, url=url)
    profile_id = new_id()
    row = {"account_id": account_id, "id": profile_id, "version": 1, "updated_at": now, "created_at": now}
    with writing(engine) as connection:
        names = connection.scalars(select(profiles.c.name).where(profiles.c.account_id == account_id))
        if name.strip().casefold() in {n.casefold() for n in names}:
            raise Conflict(
                f"There is a profile '{name}' already: choose another name.", parameter="name", value=name
            )
        connection.execute(insert(profiles).values(row | values))
    return find_profiles(engine, account_id, (), [profile_id])[0]


def change_profile(engine: Engine, account_id: int, profile_id: int, **changes: str | None) -> None:
    """Gives a profile another name, kind, timezone or url; its feeds' version moves, for they show these."""
    values = _checked(**changes)
    moved = {"version": profiles.c.version + 1, "updated_at": int(time.time())}
    statement = update(profiles).where(profiles.c.account_id == account_id, profiles.c.id == profile_id)
    with writing(engine) as connection:
        connection.execute(statement.values({**values, **moved}))


def delete_profile(engine: Engine, account_id: int, profile_id: int) -> None:
    """Removes a profile with its posts, days and imports."""
    with writing(engine) as connection:
        connection.execute(
            delete(profiles).where(profiles.c.account_id == account_id, profiles.c.id == profile_id)
        )


def _checked(**values: str | None) -> dict[str, str | None]:
    if "name" in values:
        values["name"] = name = (values["name"] or "").strip()
        if not 1 <= len(name) <= 200 or "\0" in name:
            raise InvalidParameter("name", name[:50], "1 to 200 characters long")
    if "kind" in values and values["kind"] not in KINDS:
        raise InvalidParameter("kind", str(values["kind"]), f"one of {', '.join(KINDS)}")
    if "timezone" in values:
        values["timezone"] = check_timezone(values["timezone"])
    if values.get("url") and not str(values["url"]).startswith(("https://", "http://")):
        raise InvalidParameter("url", str(values["url"])[:100], "an address that begins with https://")
    return values
