"""Projects: made, changed and deleted, and the files that are taken into them."""

from typing import Any

from flask import Blueprint, current_app, flash, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from flux import queue
from flux.analyses import KINDS
from flux.catalog.query import Profile
from flux.extensions import engine
from flux.importers.records import Options
from flux.mistakes import Mistake
from flux.removal import remove_project, remove_source
from flux.schemas.base import written
from flux.schemas.projects import ProjectIn
from flux.schemas.reading import read_model
from flux.sources import start_source
from flux.store.analyses import list_analyses
from flux.store.data_sources import DataSource, find_source, list_sources
from flux.store.profiles import find_profiles
from flux.store.projects import (
    Page,
    Project,
    change_project,
    create_project,
    find_project,
    list_projects,
)
from flux.web.session import back_to, me, signed_in

blueprint = Blueprint("projects", __name__)

PER_PAGE = 20
NEWEST = Page(limit=100)  # files and analyses that a project's page lists
AS_TABLE = {"": None, "export": False, "table": True}
DAY_ORDERS = {"": None, "day": True, "month": False}


@blueprint.route("/projects", methods=["GET", "POST"])
@signed_in
def index() -> Response | str | tuple[str, int]:
    """The account's projects, and the form for a new one."""
    if request.method == "GET":
        return _list()
    try:
        made = create_project(engine, me().account_id, _told(), _chosen())
    except Mistake as wrong:
        return _list(wrong), 400
    flash(f"The project '{made.name}' is there. Add a file, or ask something.")
    return back_to(url_for("projects.show", project_id=made.public_id))


def _list(wrong: Mistake | None = None) -> str:
    account, page = me().account_id, max(1, request.args.get("page", 1, type=int))
    found, total = list_projects(engine, account, Page(PER_PAGE, min(page - 1, 10**6) * PER_PAGE))
    return render_template(
        "projects.html",
        projects=found,
        page=page,
        more=total > page * PER_PAGE,
        profiles=find_profiles(engine, account),
        told=request.form,
        wrong=wrong,
    )


def _told() -> dict[str, str | None]:
    """Name, description and industry as the form has them. Raises InvalidParameter."""
    texts = {name: request.form.get(name, "").strip() for name in ("name", "description", "industry")}
    read: ProjectIn = read_model(ProjectIn, {name: text or None for name, text in texts.items() if text})
    return {name: written(read)[name] for name in texts}


def _chosen() -> list[int] | None:
    """The profiles that the project is about; None: every one. Raises ProfileNotFound."""
    if request.form.get("which") != "some":
        return None
    asked = request.form.getlist("profiles")
    return [p.id for p in find_profiles(engine, me().account_id, asked)] if asked else []


@blueprint.get("/projects/<project_id>")
@signed_in
def show(project_id: str) -> str:
    """A project with its files and analyses."""
    return _page(own(project_id))


def _page(project: Project, wrong: str = "") -> str:
    sources, source_count = list_sources(engine, project, NEWEST)
    analyses, analysis_count = list_analyses(engine, project, NEWEST)
    every = find_profiles(engine, project.account_id)
    return render_template(
        "project.html",
        project=project,
        profiles=profiles_of(project, every),
        every=every,
        names={p.id: p.name for p in every},
        sources=sources,
        analyses=analyses,
        hidden=source_count + analysis_count - len(sources) - len(analyses),
        unfinished=any(s.unfinished for s in sources) or any(a.unfinished for a in analyses),
        kinds=KINDS,
        told=request.form,
        wrong=wrong,
        max_bytes=current_app.config["MAX_CONTENT_LENGTH"],
    )


@blueprint.route("/projects/<project_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(project_id: str) -> Response | str | tuple[str, int]:
    """Another name, description or industry, or other profiles."""
    project, wrong = own(project_id), None
    if request.method == "POST":
        try:
            change_project(engine, project, {**_told(), "profile_ids": _chosen()})
            flash("Saved.")
            return back_to(url_for("projects.show", project_id=project_id))
        except Mistake as mistake:
            wrong = mistake
    every = find_profiles(engine, project.account_id)
    told: Any = request.form or {
        "name": project.name,
        "description": project.description or "",
        "industry": project.industry or "",
        "which": "" if project.profile_ids is None else "some",
    }
    chosen = request.form.getlist("profiles") or [p.public_id for p in profiles_of(project, every)]
    page = render_template(
        "project_form.html", project=project, profiles=every, told=told, chosen=chosen, wrong=wrong
    )
    return (page, 400) if wrong else page


@blueprint.route("/projects/<project_id>/delete", methods=["GET", "POST"])
@signed_in
def delete(project_id: str) -> Response | str:
    """Deletes a project, after one more question."""
    project = own(project_id)
    if request.method == "GET":
        return render_template("project_delete.html", project=project)
    remove_project(engine, current_app.config, project)
    flash(f"The project '{project.name}' is deleted. What was imported into profiles is still there.")
    return back_to(url_for("projects.index"))


@blueprint.post("/projects/<project_id>")
@signed_in
def upload(project_id: str) -> Response | tuple[str, int]:
    """Takes a file in: a small one at once, a large one behind the page."""
    project, sent = own(project_id), request.files.get("file")
    if sent is None or not sent.filename:
        return _page(project, "Choose a file first."), 400
    try:
        source = _start(project, sent)
    except Mistake as wrong:
        return _page(project, wrong.message), 400
    queue.set_off(source.id, sent.stream.tell())
    source = find_source(engine, project, source.public_id)
    if source.status == "failed":
        remove_source(engine, current_app.config, source)
        return _page(project, f"{source.message} Nothing was kept."), 400
    return back_to(url_for("projects.show", project_id=project_id))


def _start(project: Project, sent: FileStorage) -> DataSource:
    return start_source(
        engine,
        current_app.config,
        project,
        sent.stream,
        sent.filename or "",
        profile_id=request.form.get("profile") or None,
        options=Options(day_first=DAY_ORDERS.get(request.form.get("dates", ""))),
        as_table=AS_TABLE.get(request.form.get("as", "")),
    )


@blueprint.route("/projects/<project_id>/data-sources/<source_id>/delete", methods=["GET", "POST"])
@signed_in
def delete_file(project_id: str, source_id: str) -> Response | str:
    """Deletes a data source, after one more question."""
    project = own(project_id)
    source = find_source(engine, project, source_id)
    if request.method == "GET":
        return render_template("project_delete.html", project=project, source=source)
    remove_source(engine, current_app.config, source)
    flash(f"'{source.name}' is deleted.")
    return back_to(url_for("projects.show", project_id=project_id))


def own(project_id: str) -> Project:
    """The account's project of that id. Raises ResourceNotFound for any other."""
    return find_project(engine, me().account_id, project_id)


def profiles_of(project: Project, every: list[Profile]) -> list[Profile]:
    """Those of the account's profiles that the project is about."""
    return [p for p in every if project.profile_ids is None or p.id in project.profile_ids]
