"""Data sources over HTTP: a file comes in a form, or as the body itself."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO

import orjson
from flask import current_app, request

from flux import queue
from flux.api.once import HEADER, Made, make_once
from flux.api.projects import list_meta, page_of
from flux.catalog.kinds import shown
from flux.extensions import engine
from flux.ids import internal_id, public_id
from flux.importers.records import Options
from flux.mistakes import Failed, InvalidParameter, StillAtWork
from flux.removal import remove_source
from flux.schemas import data_sources as shapes
from flux.schemas.base import instant, written
from flux.schemas.jobs import failure
from flux.schemas.operations import FORM
from flux.schemas.projects import ListQuery
from flux.sources import start_source
from flux.store.data_sources import DataSource, find_source, list_sources
from flux.store.projects import Also, Project

IN_MEMORY = 2**20  # bytes of a body that are held before it goes to a temporary file


def index(project: Project, query: ListQuery) -> shapes.DataSourceListAnswer:
    """A page of the project's data sources."""
    found, total = list_sources(engine, project, page_of(query))
    return shapes.DataSourceListAnswer(data=[_told(s) for s in found], meta=list_meta(query, total))


def create(project: Project, query: shapes.UploadQuery) -> Made:
    """Takes a file in: a small one before the answer, a large one behind it."""
    with _sent() as (file, name):
        said = query.model_copy(update={"name": query.name or name or "Untitled"})
        size, digest = _measure(file)
        return make_once(
            project.account_id,
            orjson.dumps(written(said)) + digest,
            partial(_start, project, file, said),
            partial(_taken_in, project, size),
            partial(_met, project),
        )


def _start(project: Project, file: IO[bytes], said: shapes.UploadQuery, also: Also) -> str:
    made = start_source(
        engine,
        current_app.config,
        project,
        file,
        str(said.name),
        profile_id=said.profile_id,
        options=Options(day_first=None if said.dates is None else said.dates == "day_first"),
        as_table=None if said.kind is None else said.kind == "table",
        also=also,
    )
    return made.public_id


@contextmanager
def _sent() -> Iterator[tuple[IO[bytes], str]]:
    """What was sent, and what its sender calls it."""
    if request.mimetype == FORM:
        uploads = request.files.getlist("file")
        if not uploads:
            raise InvalidParameter("file", "", "sent in the form's field 'file'")
        if len(uploads) > 1:
            names = " and ".join(shown(upload.filename or "") for upload in uploads)
            raise InvalidParameter("file", names, "given once: each file makes a data source of its own")
        yield uploads[0].stream, uploads[0].filename or ""
        return
    with SpooledTemporaryFile(IN_MEMORY) as body:
        shutil.copyfileobj(request.stream, body)
        body.seek(0)
        yield body, ""


def _measure(file: IO[bytes]) -> tuple[int, bytes]:
    """How many bytes there are, and their digest. Raises InvalidParameter for none."""
    digest = hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]
    size = file.tell()
    if not size:
        raise InvalidParameter("file", "", "sent: in a form as 'file', or as the body itself")
    file.seek(0)
    return size, digest


def _taken_in(project: Project, size: int, made: str) -> shapes.DataSourceAnswer:
    """The data source once it is read, or as it waits in the queue. Raises Failed, and leaves nothing."""
    if find_source(engine, project, made).status == "queued":
        queue.set_off(internal_id("ds", made) or 0, size)
    source = find_source(engine, project, made)
    if source.status == "failed":
        remove_source(engine, current_app.config, source)
        raise Failed(source.message or "", source.details)
    return show(source)


def _met(project: Project, made: str) -> shapes.DataSourceAnswer:
    """What an earlier request made. Raises StillAtWork until it is read, for it may fail, and Failed then.

    It removes nothing: the earlier request does, or has died, and then what failed says why.
    """
    source = find_source(engine, project, made)
    if source.unfinished:
        raise StillAtWork(HEADER)
    if source.status == "failed":
        raise Failed(source.message or "", source.details)
    return show(source)


def show(source: DataSource) -> shapes.DataSourceAnswer:
    """What a file was recognised as, and how far the work on it is."""
    return shapes.DataSourceAnswer(data=_told(source))


def delete(source: DataSource) -> None:
    """Nothing is left of it but what was imported into a profile."""
    remove_source(engine, current_app.config, source)


def _told(source: DataSource) -> shapes.DataSource:
    fields = [shapes.SourceField(name=f["name"], type=f["type"]) for f in source.columns or ()]
    return shapes.DataSource(
        id=source.public_id,
        name=source.name,
        type=source.type,
        rows=source.rows,
        columns=None if source.columns is None else len(fields),
        created_at=instant(source.created_at),
        updated_at=instant(source.updated_at),
        status=source.status,
        fields=fields,
        importer=source.importer,
        recognised=list(source.recognised or ()),
        profile_id=None if source.profile_id is None else public_id("prof", source.profile_id),
        error=failure(source.status, source.message, source.details),
    )
