"""The routes of the REST API: projects, data sources and analyses."""

from flux.schemas.analyses import AnalysisAnswer, AnalysisIn, AnalysisListAnswer, example_bodies
from flux.schemas.data_sources import DataSourceAnswer, DataSourceListAnswer, Upload, UploadQuery
from flux.schemas.operations import Operation
from flux.schemas.projects import (
    ListQuery,
    ProjectAnswer,
    ProjectChanges,
    ProjectDetailAnswer,
    ProjectIn,
    ProjectListAnswer,
)

_PROJECT, _SOURCE, _ANALYSIS = "Projects", "Data sources", "Analyses"
_ONE = "/projects/{project_id}"

OPERATIONS = (
    Operation(
        "list_projects", "GET", "/projects", _PROJECT, "List projects",
        "The projects of the key's account, a page at a time.",
        answer=ProjectListAnswer, query=ListQuery,
    ),
    Operation(
        "create_project", "POST", "/projects", _PROJECT, "Create a project",
        "Makes a project. It groups profiles, data sources and analyses of one account.",
        201, ProjectAnswer, body=ProjectIn, permission="write", once=True, errors=("profile_not_found",),
        examples={
            "campaign": {
                "name": "Marketing Campaign Analysis",
                "description": "Analysis of Q1 marketing campaigns",
                "industry": "retail",
            }
        },
    ),
    Operation(
        "get_project", "GET", _ONE, _PROJECT, "Get a project",
        "A project with its data sources and analyses, the newest hundred of each.",
        answer=ProjectDetailAnswer,
    ),
    Operation(
        "update_project", "PATCH", _ONE, _PROJECT, "Change a project",
        "Sets the fields that are sent; the others stay.",
        answer=ProjectAnswer, body=ProjectChanges, permission="write", errors=("profile_not_found",),
        examples={"rename": {"name": "Spring campaign"}},
    ),
    Operation(
        "delete_project", "DELETE", _ONE, _PROJECT, "Delete a project",
        "Removes a project with its data sources and analyses. What LinkedIn exports brought into a profile "
        "stays there.",
        204, permission="write",
    ),
    Operation(
        "list_data_sources", "GET", f"{_ONE}/data-sources", _SOURCE, "List data sources",
        "The files that were taken into the project.",
        answer=DataSourceListAnswer, query=ListQuery,
    ),
    Operation(
        "create_data_source", "POST", f"{_ONE}/data-sources", _SOURCE, "Upload a data source",
        "Sends a file: in a form as `file`, or as the body itself, under any media type: its content says "
        "what it is. A LinkedIn export is imported into a profile; any other CSV, JSON or one-sheet workbook "
        "is kept as a table with inferred column types. A small file is read before the answer; a large one "
        "is `queued`: ask again until it is `completed` or `failed`.",
        201, DataSourceAnswer, query=UploadQuery, uploads=Upload, permission="write", once=True,
        errors=("profile_not_found", "too_large", "unreadable_file"),
    ),
    Operation(
        "get_data_source", "GET", f"{_ONE}/data-sources/{{data_source_id}}", _SOURCE, "Get a data source",
        "What a file was recognised as, its rows and columns, and how far the work on it is.",
        answer=DataSourceAnswer,
    ),
    Operation(
        "delete_data_source", "DELETE", f"{_ONE}/data-sources/{{data_source_id}}", _SOURCE,
        "Delete a data source",
        "Removes a data source and the rows of its table. What a LinkedIn export brought into a profile "
        "stays there.",
        204, permission="write",
    ),
    Operation(
        "list_analyses", "GET", f"{_ONE}/analyses", _ANALYSIS, "List analyses",
        "The analyses of the project, without their results.",
        answer=AnalysisListAnswer, query=ListQuery,
    ),
    Operation(
        "create_analysis", "POST", f"{_ONE}/analyses", _ANALYSIS, "Start an analysis",
        "Queues an analysis of the project's data. It is `queued` at first: ask again until it is "
        "`completed` or `failed`.",
        201, AnalysisAnswer, body=AnalysisIn, permission="write", once=True,
        errors=("profile_not_found", "data_source_not_found"), examples=example_bodies(),
    ),
    Operation(
        "get_analysis", "GET", f"{_ONE}/analyses/{{analysis_id}}", _ANALYSIS, "Get an analysis",
        "How far an analysis is and, once it is completed, its result with method and sample.",
        answer=AnalysisAnswer,
    ),
    Operation(
        "delete_analysis", "DELETE", f"{_ONE}/analyses/{{analysis_id}}", _ANALYSIS, "Delete an analysis",
        "Removes an analysis and its result.",
        204, permission="write",
    ),
)  # fmt: skip
