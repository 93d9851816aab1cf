"""Reads what an analysis works on, from one state of the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, select

from flux.analyses.kind import Kind, Parameters, SourceParameters, check_columns
from flux.analyses.material import DAY_COLUMNS, POST_COLUMNS, Material
from flux.analyses.windows import Days, resolve
from flux.catalog.query import Profile
from flux.ids import internal_id
from flux.mistakes import InvalidParameter, ProfileNotFound, ResourceNotFound
from flux.store.engine import reading
from flux.store.projects import Project
from flux.store.read.fits import figures_of, read_fits
from flux.store.read.measures import run
from flux.store.tables import data_sources, source_rows

if TYPE_CHECKING:  # only a worker loads it; the feeds' path never does
    from pandas import DataFrame, Series

_PROFILES = (
    "SELECT id, name, coalesce(timezone, 'UTC'), version, updated_at, first_post_at, first_day, kind, url"
    " FROM profiles WHERE account_id = ? ORDER BY id"
)
_POSTS = (
    "SELECT profile_id, id, urn, url, published_at, time_known, format, length, likes, comments, shares,"
    " engagement, impressions FROM posts"
    " WHERE account_id = ? AND profile_id IN ({}) ORDER BY published_at, id"
)
_DAYS = (
    "SELECT profile_id, day, impressions, engagements, new_followers, followers FROM daily_activity"
    " WHERE account_id = ? AND profile_id IN ({}) AND day BETWEEN ? AND ? ORDER BY profile_id, day"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an analysis is about, every default filled in."""

    account_id: int
    profiles: tuple[Profile, ...]
    days: Days
    source: Any  # a row of data_sources, or None


def read_material(
    engine: Engine, project: Project, kind: Kind, parameters: Parameters, now: datetime
) -> Material:
    """The project's data for an analysis asked at `now` (with a zone).

    Raises ProfileNotFound for a profile that the project has not, ResourceNotFound for a data source, and
    InvalidParameter for a window, zone, source or column that will not do.
    """
    with reading(engine) as connection:
        asked = _ask(connection, project, kind, parameters, now)
        return Material(
            profiles=asked.profiles,
            window=asked.days.window,
            today=asked.days.today,
            zone=asked.days.common,
            posts=_posts(connection, asked),
            days=_days(connection, asked),
            table=None if asked.source is None else _table(connection, asked),
        )


def check_material(
    engine: Engine, project: Project, kind: Kind, parameters: Parameters, now: datetime
) -> None:
    """Raises what read_material would, before any data are read: so that a question is refused at once."""
    with reading(engine) as connection:
        _ask(connection, project, kind, parameters, now)


def _ask(
    connection: Connection, project: Project, kind: Kind, parameters: Parameters, now: datetime
) -> _Asked:
    profiles = _profiles(connection, project, parameters.profile_ids)
    days = resolve(parameters, kind.window, profiles, now)
    if kind.check:
        kind.check(parameters, days.window, days.today)
    source = None
    if isinstance(parameters, SourceParameters):
        source = _source(connection, project, parameters.data_source_id)
        check_columns({c["name"]: c["type"] for c in source.columns}, parameters)
    return _Asked(project.account_id, profiles, days, source)


def _profiles(connection: Connection, project: Project, asked: Sequence[str] | None) -> tuple[Profile, ...]:
    every = [Profile(*row) for row in run(connection, _PROFILES, (project.account_id,))]
    own = {p.public_id: p for p in every if project.profile_ids is None or p.id in project.profile_ids}
    for text in asked or ():
        if text not in own:
            raise ProfileNotFound(text, "profile_ids")
    return tuple(own[text] for text in own if asked is None or text in asked)


def _source(connection: Connection, project: Project, text: str) -> Any:
    where = (
        data_sources.c.account_id == project.account_id,
        data_sources.c.project_id == project.id,
        data_sources.c.id == (internal_id("ds", text) or 0),
    )
    source = connection.execute(select(data_sources).where(*where)).first()
    if source is None:
        raise ResourceNotFound("data_source", text)
    if source.profile_id is not None or source.importer is not None or source.columns is None:
        raise InvalidParameter("data_source_id", text, "a data source that was read and kept as a table")
    return source


def _posts(connection: Connection, asked: _Asked) -> "DataFrame":
    import pandas as pd

    profiles = {p.id: p for p in asked.profiles}
    sql = _POSTS.format(_marks(profiles))
    rows = run(connection, sql, (asked.account_id, *profiles)).fetchall() if profiles else []
    fits = read_fits(connection, asked.account_id, asked.profiles)
    figures = figures_of(fits, rows)
    made = [
        (profiles[row[0]].public_id, profiles[row[0]].name, *row[2:], *found, fits[row[0]].typical)
        for row, found in zip(rows, figures, strict=True)
    ]
    posts = pd.DataFrame(made, columns=list(POST_COLUMNS)).astype(POST_COLUMNS)
    zones = {p.public_id: asked.days.zone or p.zone for p in asked.profiles}
    return posts.assign(local=_local(posts, zones))


def _local(posts: "DataFrame", zones: Mapping[str, str]) -> "Series":
    """Each post's naive local time."""
    import pandas as pd

    moments = pd.to_datetime(posts["published_at"], unit="s", utc=True)
    local = moments.dt.tz_localize(None)
    for profile_id, zone in zones.items():
        own = posts["profile_id"] == profile_id
        local[own] = moments[own].dt.tz_convert(zone).dt.tz_localize(None)
    return local


def _days(connection: Connection, asked: _Asked) -> "DataFrame":
    import pandas as pd

    names, window = {p.id: p.public_id for p in asked.profiles}, asked.days.window
    parameters = (asked.account_id, *names, window.first.isoformat(), window.last.isoformat())
    rows = run(connection, _DAYS.format(_marks(names)), parameters).fetchall() if names else []
    made = [(names[profile_id], *rest) for profile_id, *rest in rows]
    return pd.DataFrame(made, columns=list(DAY_COLUMNS)).astype(DAY_COLUMNS)


def _table(connection: Connection, asked: _Asked) -> "DataFrame":
    """A data source's rows, in their order; an analysis reads its columns' cells as what they are."""
    import pandas as pd

    source = asked.source
    statement = select(source_rows.c.cells).where(
        source_rows.c.account_id == asked.account_id, source_rows.c.data_source_id == source.id
    )
    cells = connection.scalars(statement.order_by(source_rows.c.number)).all()
    return pd.DataFrame(cells, columns=[c["name"] for c in source.columns], dtype="object")


def _marks(profiles: Mapping[int, object]) -> str:
    return ",".join("?" * len(profiles))
