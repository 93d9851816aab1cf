"""Questions to a project's data, which the server answers behind the request."""

from collections.abc import Iterator

from flux_client.models import Analysis, AnalysisIn, AnalysisSummary
from flux_client.projects import PROJECTS, Order, Sort, list_all, written
from flux_client.transport import Transport
from flux_client.waiting import wait_for


class Analyses:
    """The analyses of a project, with a key `flux_api_…`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, project_id: str, sort: Sort = "created_at", order: Order = "desc"
    ) -> Iterator[AnalysisSummary]:
        """Every analysis of the project, without its result; pages are asked for as they are needed."""
        return list_all(self._transport, _place(project_id), sort, order)

    def start(self, project_id: str, analysis: AnalysisIn) -> Analysis:
        """Queues one: `{"kind": "trend", "parameters": {"range": "last_year"}}`; see `wait`."""
        made: Analysis = self._transport.send("POST", _place(project_id), written(analysis)).json()["data"]
        return made

    def get(self, project_id: str, analysis_id: str) -> Analysis:
        """How far it is and, once it is completed, its result."""
        found: Analysis = self._transport.get("api", f"{_place(project_id)}/{analysis_id}").json()["data"]
        return found

    def wait(self, project_id: str, analysis_id: str, timeout: float = 300) -> Analysis:
        """The analysis once it is completed.

        Raises AnalysisFailed with the reason if it failed, TimeoutError after `timeout` seconds.
        """
        return wait_for(lambda: self.get(project_id, analysis_id), timeout)

    def delete(self, project_id: str, analysis_id: str) -> None:
        """Removes it with its result."""
        self._transport.send("DELETE", f"{_place(project_id)}/{analysis_id}")


def _place(project_id: str) -> str:
    return f"{PROJECTS}/{project_id}/analyses"
