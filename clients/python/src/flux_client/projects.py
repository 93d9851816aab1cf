"""Projects, and the files and analyses that they hold."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from typing_extensions import Unpack

from flux_client.models import Project, ProjectChanges, ProjectDetail, ProjectIn, ProjectSummary
from flux_client.rows import listed
from flux_client.transport import Body, Transport

Sort = Literal["created_at", "name", "updated_at"]
Order = Literal["asc", "desc"]
PAGE = 100  # the most that the server gives at once

PROJECTS = "/api/v1/projects"


class Projects:
    """The projects of the account, with a key `flux_api_…`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, sort: Sort = "created_at", order: Order = "desc") -> Iterator[ProjectSummary]:
        """Every project; pages are asked for as they are needed."""
        return list_all(self._transport, PROJECTS, sort, order)

    def create(self, **project: Unpack[ProjectIn]) -> Project:
        """A new project: `name`, and if wanted `description`, `industry` and `profile_ids`."""
        made: Project = self._transport.send("POST", PROJECTS, written(project)).json()["data"]
        return made

    def get(self, project_id: str) -> ProjectDetail:
        """A project with the newest hundred of its data sources and of its analyses."""
        found: ProjectDetail = self._transport.get("api", f"{PROJECTS}/{project_id}").json()["data"]
        return found

    def update(self, project_id: str, **changes: Unpack[ProjectChanges]) -> Project:
        """The project with these fields changed; the others stay."""
        path = f"{PROJECTS}/{project_id}"
        changed: Project = self._transport.send("PATCH", path, written(changes)).json()["data"]
        return changed

    def delete(self, project_id: str) -> None:
        """Removes it with its data sources and analyses; what exports brought into a profile stays there."""
        self._transport.send("DELETE", f"{PROJECTS}/{project_id}")


def list_all(transport: Transport, path: str, sort: Sort, order: Order) -> Iterator[Any]:
    """Every item of one of the REST API's lists."""

    def ask(offset: int) -> Mapping[str, Any]:
        query = {"limit": PAGE, "offset": offset, "sort": sort, "order": order}
        page: Mapping[str, Any] = transport.get("api", path, query).json()
        return page

    return listed(ask)


def written(value: Mapping[str, object]) -> Body:
    """A JSON body."""
    return Body(json.dumps(value).encode())
