"""Files sent to a project: exports go into a profile, anything else is kept as a table of its own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine

from flux import uploads
from flux.catalog.query import Profile
from flux.ids import new_id, public_id
from flux.importers.child import read_any
from flux.importers.load import Limits, Options, Progress, Report, UnreadableFile, storable_name, take_in
from flux.importers.records import DayRecord, Extract, PostRecord
from flux.importers.table import TableExtract
from flux.importers.worker import options_as_json
from flux.mistakes import Conflict, Mistake, NotFound
from flux.store.data_sources import DataSource, add_rows, add_source, fill_source, find_source, show_profile
from flux.store.engine import writing
from flux.store.jobs import Job, add_job, complete
from flux.store.profiles import create_profile, find_named, find_profile, find_profiles
from flux.store.projects import Also, Project, find_project, nothing

# The fields of an export's records as the feeds call them, with their types.
_POST_FIELDS = {
    "urn": ("post_id", "string"),
    "published_at": ("published_at", "datetime"),
    "url": ("url", "string"),
    "text": ("text", "string"),
    "format": ("format", "string"),
    **{name: (name, "integer") for name in ("likes", "comments", "shares", "engagement", "impressions")},
}
_DAY_FIELDS = {
    "day": ("date", "date"),
    **{name: (name, "integer") for name in ("impressions", "engagements", "new_followers", "followers")},
}
_COMPANY = "linkedin_company"  # the importer whose files are a page's
_LISTED = 10  # profiles named in a message
_GONE = "The file is not kept any more: send it again."


def start_source(  # noqa: PLR0913 - the first five say what and where, the rest is by name
    engine: Engine,
    settings: Mapping[str, Any],
    project: Project,
    content: IO[bytes],
    file_name: str,
    *,
    profile_id: str | None = None,
    options: Options = Options(),
    as_table: bool | None = None,
    also: Also = nothing,
) -> DataSource:
    """Keeps a file for the job that reads it; whoever calls does the job or puts it into the queue.

    `profile_id` (public) says where an export goes, `as_table` whether it is none; None: what it looks like.
    Raises ProfileNotFound.
    """
    profile = find_profile(engine, project.account_id, profile_id) if profile_id else None
    number, label = new_id(), storable_name(file_name)
    told = {
        "project_id": project.id,
        "profile_id": profile.id if profile else None,
        "file_name": label,
        "options": options_as_json(options),
        "as_table": as_table,
    }
    uploads.save(settings, project.account_id, number, content)
    try:
        with writing(engine) as connection:
            add_source(connection, project, number, label)
            add_job(connection, project.account_id, number, "data_source", told)
            also(connection, public_id("ds", number))
    except BaseException:
        uploads.remove(settings, project.account_id, number)
        raise
    return find_source(engine, project, public_id("ds", number))


def run_source(engine: Engine, settings: Mapping[str, Any], job: Job, tell: Progress) -> None:
    """Reads the file of a data source and keeps what it holds, in the transaction that completes the job.

    Raises UnreadableFile, NotFound for a file or project that has gone, and Mistake where an export may be
    for any of several profiles.
    """
    path = uploads.path_of(settings, job.account_id, job.id)
    if not path.exists():
        raise NotFound(_GONE)
    project = find_project(engine, job.account_id, public_id("proj", job.options["project_id"]))
    profile = _likely_profile(engine, project, job.options["profile_id"])
    options = _settled(Options(**job.options["options"]), profile)
    tell("reading", 0, 0)
    type, found = read_any(
        path, job.options["file_name"], options, Limits.from_settings(settings), job.options["as_table"]
    )
    if isinstance(found, TableExtract):
        _keep(engine, job, type, found, tell)
    else:
        profile = profile or _new_profile(engine, project, found)
        _take(engine, job, (project, profile), (type, found), path, options, tell)
    uploads.remove(settings, job.account_id, job.id)


def _likely_profile(engine: Engine, project: Project, named: int | None) -> Profile | None:
    """The profile that is named, else the project's only one, else the account's. Raises ProfileNotFound."""
    if named is not None:
        return find_profile(engine, project.account_id, public_id("prof", named))
    every = find_profiles(engine, project.account_id)
    own = [profile for profile in every if project.profile_ids and profile.id in project.profile_ids]
    return next((only[0] for only in (own, every) if len(only) == 1), None)


def _settled(options: Options, profile: Profile | None) -> Options:
    """Times without a zone are in the profile's; UTC is no zone at all."""
    zone = options.timezone or (profile.zone if profile else None)
    return replace(options, timezone=None if zone == "UTC" else zone)


def _new_profile(engine: Engine, project: Project, found: Extract) -> Profile:
    """The account's first profile, called after the project. Raises Mistake where there are several."""
    every = find_profiles(engine, project.account_id)
    if len(every) > 1:
        named = ", ".join(f"{profile.public_id} '{profile.name}'" for profile in every[:_LISTED])
        more = " …" if len(every) > _LISTED else ""
        raise Mistake(
            f"This is an export ({'; '.join(found.recognised)[:200]}), and it may be for any of {len(every)} "
            f"profiles: say which by profile_id: {named}{more}.",
            parameter="profile_id",
            constraint="one of the account's profiles",
        )
    kind = "company" if found.importer == _COMPANY else "personal"
    try:
        return every[0] if every else create_profile(engine, project.account_id, project.name, kind)
    except Conflict:  # another file's job was faster
        return find_named(engine, project.account_id, project.name.strip())


def _keep(engine: Engine, job: Job, type: str, table: TableExtract, tell: Progress) -> None:
    """Keeps a table, all of it or nothing."""
    told, total = 0, len(table.rows)

    def count(rows: int) -> None:
        nonlocal told
        told += rows
        tell("writing", told, total)

    with writing(engine) as connection:
        complete(connection, job)  # first: one that was deleted meanwhile is seen before it is written
        fill_source(
            connection, job.account_id, job.id,
            type=type, rows=total, columns=_as_json(table.columns), recognised=list(table.recognised),
        )  # fmt: skip
        add_rows(connection, job.account_id, job.id, table.rows, count)


def _take(
    engine: Engine,
    job: Job,
    target: tuple[Project, Profile],
    read: tuple[str, Extract],
    path: Path,
    options: Options,
    tell: Progress,
) -> None:
    """Takes an export into a profile, all of it or nothing; the project is about it from then on."""
    (project, profile), (type, found) = target, read

    def settle(connection: Connection, outcome: Report | UnreadableFile) -> None:
        complete(connection, job)
        left = getattr(outcome, "left_out_count", 0)
        fill_source(
            connection, job.account_id, job.id,
            type=type, rows=len(found.posts) + len(found.days), columns=_as_json(_filled(found)),
            importer=found.importer, profile_id=profile.id,
            recognised=[*found.recognised, *([f"left out, {left}"] if left else [])],
        )  # fmt: skip
        show_profile(connection, project, profile.id)

    take_in(
        engine, job.account_id, profile.id, found, job.options["file_name"],
        sha256=_digest(path), options=options, progress=tell, import_id=job.id, at_end=settle,
    )  # fmt: skip


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:  # deleted while it was read
        raise NotFound(_GONE) from None


def _filled(found: Extract) -> list[tuple[str, str]]:
    """The fields that the export fills, with their types."""
    columns = _of(PostRecord._fields, found.posts, _POST_FIELDS)
    return list((columns | _of(DayRecord._fields, found.days, _DAY_FIELDS)).items())


def _of(
    fields: Sequence[str], records: Sequence[tuple[Any, ...]], known: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    filled = {
        field
        for field, cells in zip(fields, zip(*records, strict=True), strict=False)
        if any(cell is not None for cell in cells)
    }
    return dict(known[field] for field in known if field in filled)


def _as_json(columns: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "type": type} for name, type in columns]
