"""Analyses of a project: asked for by a form, watched while they run, shown with their charts."""

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from flux import queue
from flux.analyses import KINDS
from flux.analyses.kind import Kind, SourceParameters
from flux.extensions import engine
from flux.mistakes import InvalidParameter, Mistake
from flux.store.analyses import delete_analysis, find_analysis
from flux.store.data_sources import list_sources
from flux.store.profiles import find_profiles
from flux.store.projects import Page, Project
from flux.studies import start_analysis
from flux.web.analysis_charts import charts_of
from flux.web.analysis_form import form_of, read_form, told_of
from flux.web.profiles import ZONES
from flux.web.projects import own, profiles_of
from flux.web.session import back_to, signed_in

blueprint = Blueprint("analyses", __name__, url_prefix="/projects/<project_id>/analyses")

LONGEST_NAME = 200
TABLES = Page(limit=100)


@blueprint.route("/new", methods=["GET", "POST"])
@signed_in
def new(project_id: str) -> Response | str | tuple[str, int]:
    """The form of a kind, filled with what the address or the form says."""
    project = own(project_id)
    kind = KINDS.get(request.values.get("kind", ""), next(iter(KINDS.values())))
    if request.method == "GET":
        return _form(project, kind, request.args)
    try:
        parameters = read_form(kind, request.form)
        made = start_analysis(engine, project, kind.name, _name(), parameters)
    except Mistake as wrong:
        return _form(project, kind, request.form, wrong), 400
    queue.put(made.id)
    return back_to(url_for("analyses.show", project_id=project_id, analysis_id=made.public_id))


def _name() -> str | None:
    name = request.form.get("name", "").strip()
    if len(name) > LONGEST_NAME or "\0" in name:
        raise InvalidParameter("name", name[:50], f"at most {LONGEST_NAME} characters long, without NUL")
    return name or None


def _form(project: Project, kind: Kind, told: MultiDict[str, str], wrong: Mistake | None = None) -> str:
    tables = [source for source in list_sources(engine, project, TABLES)[0] if source.is_table]
    errors = {wrong.details.get("parameter", ""): wrong.message} if wrong else {}
    profiles = profiles_of(project, find_profiles(engine, project.account_id))
    return render_template(
        "project_ask.html",
        project=project,
        kind=kind,
        kinds=KINDS,
        groups=form_of(kind, told, profiles, tables, errors),
        zones=ZONES,
        told=told,
        wrong=wrong,
        lacks_table=issubclass(kind.parameters, SourceParameters) and not tables,
    )


@blueprint.get("/<analysis_id>")
@signed_in
def show(project_id: str, analysis_id: str) -> str:
    """How far an analysis is, and its result once there is one."""
    project = own(project_id)
    analysis = find_analysis(engine, project, analysis_id)
    names = {p.public_id: p.name for p in find_profiles(engine, project.account_id)}
    names |= {source.public_id: source.name for source in list_sources(engine, project, TABLES)[0]}
    return render_template(
        "project_analysis.html",
        project=project,
        analysis=analysis,
        kind=KINDS[analysis.kind],
        asked={name: value for name, value in analysis.parameters.items() if value is not None},
        told=told_of(analysis, names),
        charts=charts_of(analysis.kind, analysis.result) if analysis.result else [],
    )


@blueprint.route("/<analysis_id>/delete", methods=["GET", "POST"])
@signed_in
def delete(project_id: str, analysis_id: str) -> Response | str:
    """Deletes an analysis, after one more question."""
    project = own(project_id)
    analysis = find_analysis(engine, project, analysis_id)
    if request.method == "GET":
        return render_template("project_delete.html", project=project, analysis=analysis)
    delete_analysis(engine, analysis)
    flash(f"'{analysis.name}' is deleted.")
    return back_to(url_for("projects.show", project_id=project_id))
