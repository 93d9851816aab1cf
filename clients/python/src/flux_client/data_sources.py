"""Files sent to a project."""

import io
import mimetypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from flux_client.models import DataSource
from flux_client.projects import PROJECTS, Order, Sort, list_all
from flux_client.transport import Body, Transport
from flux_client.waiting import wait_for


class DataSources:
    """The data sources of a project, with a key `flux_api_…`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, project_id: str, sort: Sort = "created_at", order: Order = "desc") -> Iterator[DataSource]:
        """Every data source of the project; pages are asked for as they are needed."""
        return list_all(self._transport, _place(project_id), sort, order)

    def upload(
        self,
        project_id: str,
        file: str | os.PathLike[str] | IO[bytes],
        *,
        name: str | None = None,
        profile_id: str | None = None,
        kind: Literal["export", "table"] | None = None,
        dates: Literal["day_first", "month_first"] | None = None,
    ) -> DataSource:
        """Sends a file: its path, or the file opened for reading bytes (with a `name` that has its ending).

        A LinkedIn export goes into a profile (`profile_id`, where there are several), any other CSV, JSON or
        one-sheet workbook becomes a table; `kind` says which where the file looks like the other. A large
        file is `queued` in the answer: see `wait`.
        """
        if isinstance(file, str | os.PathLike):
            with Path(file).open("rb") as opened:
                return self.upload(
                    project_id, opened, name=name, profile_id=profile_id, kind=kind, dates=dates
                )
        name = name or Path(str(getattr(file, "name", "upload"))).name
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        whole = file if file.seekable() else io.BytesIO(file.read())
        query = {"name": name, "profile_id": profile_id, "kind": kind, "dates": dates}
        made: DataSource = self._transport.send(
            "POST", _place(project_id), Body(whole, media_type), query
        ).json()["data"]
        return made

    def get(self, project_id: str, data_source_id: str) -> DataSource:
        """What a file was recognised as, its rows and columns, and how far the work on it is."""
        answer = self._transport.get("api", f"{_place(project_id)}/{data_source_id}")
        found: DataSource = answer.json()["data"]
        return found

    def wait(self, project_id: str, data_source_id: str, timeout: float = 300) -> DataSource:
        """The data source once it is completed.

        Raises AnalysisFailed with the reason if it failed, TimeoutError after `timeout` seconds.
        """
        return wait_for(lambda: self.get(project_id, data_source_id), timeout)

    def delete(self, project_id: str, data_source_id: str) -> None:
        """Removes it with the rows of its table; what an export brought into a profile stays there."""
        self._transport.send("DELETE", f"{_place(project_id)}/{data_source_id}")


def _place(project_id: str) -> str:
    return f"{PROJECTS}/{project_id}/data-sources"
