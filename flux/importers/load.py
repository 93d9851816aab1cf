"""An import from end to end: read the file, compare it with what is known, write everything or nothing."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine

from flux.importers.child import read_file
from flux.importers.collector import paused_collector
from flux.importers.opening import Limits
from flux.importers.plan import Plan, make_plan
from flux.importers.records import Extract, LeftOut, Options, UnreadableFile
from flux.importers.worker import options_as_json, pack
from flux.mistakes import NotFound
from flux.store import imports as statements
from flux.store.engine import reading, writing

__all__ = ["Limits", "Options", "Report", "UnreadableFile", "load", "take_in"]

Progress = Callable[[str, int, int], None]  # stage (reading, comparing, writing), rows done, rows in all
AtEnd = Callable[[Connection, "Report | UnreadableFile"], None]
"""Something done in the transaction that records an import; it hears what became of the file."""

MAX_LEFT_OUT = 1_000
MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file."""

    file_name: str
    importer: str
    recognised: tuple[str, ...]
    posts_added: int = 0
    posts_updated: int = 0
    posts_unchanged: int = 0
    days_added: int = 0
    days_updated: int = 0
    days_unchanged: int = 0
    left_out: tuple[LeftOut, ...] = ()  # the first thousand
    left_out_count: int = 0
    mapping: Mapping[str, str] = field(default_factory=dict)  # column mapper: field -> column used
    changed: bool = False  # whether any feed shows something else than before

    def as_json(self) -> dict[str, Any]:
        """The report as JSON types, `left_out` as objects."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        lists = {"recognised": list(self.recognised), "left_out": [row._asdict() for row in self.left_out]}
        return {**fields, **lists, "mapping": dict(self.mapping)}


def load(  # noqa: PLR0913 - the first five say what and where, the rest is by name
    engine: Engine,
    account_id: int,
    profile_id: int,
    path: Path,
    file_name: str,
    *,
    options: Options = Options(),
    limits: Limits = Limits(),
    dry_run: bool = False,
    progress: Progress | None = None,
    import_id: int | None = None,
    at_end: AtEnd | None = None,
) -> Report:
    """Takes the file at `path` into a profile; `file_name` is what the user calls it.

    Everything or nothing, in one transaction; `dry_run` only tells what would happen. Raises UnreadableFile
    (which leaves a record of the failure) and NotFound for a profile that is not the account's. What
    `at_end` does is done if the record is kept, and undone with it if it raises; a dry run leaves neither.
    """
    started, name = int(time.time()), storable_name(file_name)
    with reading(engine) as connection:
        options = _settle_zone(options, _profile_zone(connection, account_id, profile_id))
    (progress or _silent)("reading", 0, 0)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        found = read_file(path, name, options, limits)
    except UnreadableFile as problem:
        if not dry_run:
            with writing(engine) as connection:
                owner = (account_id, profile_id, import_id)
                _record_failure(connection, owner, name, digest, started, problem)
                (at_end or _silent)(connection, problem)
        raise
    return take_in(
        engine, account_id, profile_id, found, name,
        sha256=digest, options=options, dry_run=dry_run, progress=progress, import_id=import_id,
        at_end=at_end,
    )  # fmt: skip


def take_in(  # noqa: PLR0913 - as `load`
    engine: Engine,
    account_id: int,
    profile_id: int,
    found: Extract,
    file_name: str,
    *,
    sha256: str = "",
    options: Options = Options(),
    dry_run: bool = False,
    progress: Progress | None = None,
    import_id: int | None = None,
    at_end: AtEnd | None = None,
) -> Report:
    """Takes an Extract into a profile: what `load` does after reading. Raises NotFound."""
    tell = progress or _silent
    sha256 = sha256 or hashlib.sha256(orjson.dumps(pack(found))).hexdigest()
    told = options_as_json(options)
    with (reading if dry_run else writing)(engine) as connection:
        _profile_zone(connection, account_id, profile_id, lock=not dry_run)
        now = int(time.time())
        read_at = statements.first_reading(connection, account_id, profile_id, sha256, told) or now
        tell("comparing", 0, len(found.posts) + len(found.days))
        with paused_collector():
            plan = make_plan(connection, account_id, profile_id, found, read_at)
        report = _report(found, file_name, plan)
        if not dry_run:
            plan.write(connection, account_id, profile_id, tell)
            if plan.changed:
                statements.raise_version(connection, account_id, profile_id)
            statements.add_import(
                connection, account_id, profile_id, import_id,
                file_name=file_name, sha256=sha256, status="done", created_at=now, read_at=read_at,
                report={**report.as_json(), "options": told},
            )  # fmt: skip
            (at_end or _silent)(connection, report)
    return report


def _profile_zone(connection: Connection, account_id: int, profile_id: int, lock: bool = False) -> str | None:
    profile = statements.find_zone(connection, account_id, profile_id, lock)
    if profile is None:
        raise NotFound("There is no such profile in this account.")
    zone: str | None = profile.timezone
    return zone


def _settle_zone(options: Options, zone: str | None) -> Options:
    """The profile's zone where the user named none; UTC is no zone at all."""
    named = options.timezone or zone
    return replace(options, timezone=None if named == "UTC" else named)


def _report(found: Extract, file_name: str, plan: Plan) -> Report:
    return Report(
        file_name=file_name,
        importer=found.importer,
        recognised=found.recognised,
        left_out=found.left_out[:MAX_LEFT_OUT],
        left_out_count=len(found.left_out),
        mapping=found.mapping,
        changed=plan.changed,
        **plan.counts(),
    )


def _record_failure(
    connection: Connection,
    owner: tuple[int, int, int | None],
    name: str,
    sha256: str,
    started: int,
    problem: UnreadableFile,
) -> None:
    report = {"file_name": name, "message": problem.message, "details": problem.details}
    statements.add_import(
        connection, *owner,
        file_name=name, sha256=sha256, status="failed", report=report, created_at=started, read_at=started,
    )  # fmt: skip


def storable_name(name: str) -> str:
    """A file's name as a label: never a path, without what a database can't hold."""
    base = name.replace("\\", "/").rpartition("/")[2]
    kept = base.encode("utf-8", "replace").decode().replace("\x00", "")
    return kept[:MAX_NAME] or "file"


def _silent(*_told: object) -> None:
    pass
