"""Projects on pages: made, filled with files, asked; watched by a browser while the real worker does it."""

import html
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine

from flux import uploads, work
from flux.analyses import KINDS
from flux.demo import make_demo
from flux.store.analyses import Analysis, list_analyses
from flux.store.data_sources import DataSource, list_sources
from flux.store.profiles import create_profile
from flux.store.projects import Project, create_project, find_project, list_projects
from tests.importers.making import DATA, SHARES
from tests.services import Server
from tests.tenants import PASSWORD, Tenant
from tests.web.test_accessibility import faults, watch
from tests.web.visitor import Visitor
from tests.workers import working

SPEND = b"day,spend,hours,note\n2026-01-05,100.5,3,launch\n2026-01-12,80,2,\n2026-01-19,120.25,4,video\n"


@pytest.fixture
def project(engine: Engine, ada: Tenant) -> Project:
    return create_project(engine, ada.account_id, {"name": "Spring"})


def path_of(project: Project, *more: str) -> str:
    return "/".join(("/projects", project.public_id, *more))


def send(visitor: Visitor, project: Project, content: bytes, name: str = "spend.csv", **said: str) -> Any:
    return visitor.post(path_of(project), {"file": (io.BytesIO(content), name), **said})


def ask(visitor: Visitor, project: Project, kind: str, **parameters: Any) -> Any:
    form = path_of(project, "analyses", "new")
    return visitor.post(form, {"kind": kind, **parameters}, form=f"{form}?kind=summary")


def sources(engine: Engine, project: Project) -> list[DataSource]:
    return list_sources(engine, project)[0]


def analyses(engine: Engine, project: Project) -> list[Analysis]:
    return list_analyses(engine, project)[0]


# --- the project itself -----------------------------------------------------------------------------


def test_a_project_is_made_listed_changed_and_deleted(visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    told = {"name": "Spring", "description": "What we spent", "industry": "retail"}
    made = visitor.post("/projects", told)
    assert made.status_code == 303
    page = visitor.text(made.location)
    for text in ("Spring", "What we spent", "retail", "About", "every profile to come"):
        assert text in page
    assert "What we spent" in visitor.text("/projects")
    chosen = {"name": "Autumn", "which": "some", "profiles": ada.profile.public_id}
    assert visitor.post(f"{made.location}/edit", chosen).status_code == 303
    project = list_projects(engine, ada.account_id)[0][0]
    assert (project.name, project.description, project.profile_ids) == ("Autumn", None, (ada.profile.id,))
    assert "Delete Autumn?" in visitor.text(f"{made.location}/delete")
    assert visitor.post(f"{made.location}/delete").status_code == 303
    assert list_projects(engine, ada.account_id) == ([], 0)
    assert visitor.get(made.location).status_code == 404


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"name": " "}, "must be given"),
        ({"name": "x" * 201}, "at most 200"),
        ({"name": "x", "industry": "\0"}, "NUL"),
    ],
)
def test_a_name_that_cannot_be_is_told_and_nothing_typed_is_lost(
    visitor: Visitor, engine: Engine, ada: Tenant, told: dict[str, str], said: str
) -> None:
    answer = visitor.post("/projects", {"description": "keep me", **told})
    assert answer.status_code == 400
    text = html.unescape(answer.text)
    assert said in text
    assert "keep me" in text
    assert list_projects(engine, ada.account_id) == ([], 0)


def test_a_name_is_never_markup(visitor: Visitor) -> None:
    made = visitor.post("/projects", {"name": "<script>alert(1)</script>", "description": "<b>x</b>"})
    for path in (made.location, "/projects", f"{made.location}/edit", f"{made.location}/delete"):
        page = visitor.get(path).text
        assert "<script>alert" not in page
        assert "<b>x" not in page


def test_many_projects_come_page_by_page(visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    for number in range(21):
        create_project(engine, ada.account_id, {"name": f"Number {number}."})
    first, second = visitor.text("/projects"), visitor.text("/projects?page=2")
    assert ("Number 20." in first, "Number 0." in first, "Older projects" in first) == (True, False, True)
    assert ("Number 20." in second, "Number 0." in second, "Newer projects" in second) == (False, True, True)
    for odd in ("0", "-1", "x", "9" * 30):
        assert visitor.get(f"/projects?page={odd}").status_code == 200


# --- files ------------------------------------------------------------------------------------------


def test_a_table_is_listed_with_its_columns_and_deleted(
    visitor: Visitor, engine: Engine, project: Project
) -> None:
    assert send(visitor, project, SPEND).status_code == 303
    page = visitor.text(path_of(project))
    for text in ("spend.csv", "a table", "completed", "<code>spend</code>", "number"):
        assert text in page
    link = path_of(project, "data-sources", sources(engine, project)[0].public_id, "delete")
    assert link in page
    assert "The table goes for good" in visitor.text(link)
    assert visitor.post(link).status_code == 303
    assert sources(engine, project) == []


def test_an_export_goes_into_the_profile_that_is_chosen(
    visitor: Visitor, engine: Engine, ada: Tenant, project: Project
) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    content = (DATA / SHARES).read_bytes()
    refused = send(visitor, project, content, SHARES)
    assert refused.status_code == 400
    assert "say which by profile_id" in refused.text
    assert sources(engine, project) == []
    assert send(visitor, project, content, SHARES, profile=other.public_id).status_code == 303
    assert sources(engine, project)[0].profile_id == other.id
    assert "into Other" in visitor.text(path_of(project))


def test_what_a_file_is_can_be_said(visitor: Visitor, engine: Engine, project: Project) -> None:
    posts = b"text,date,likes\nHi,3/4/2026,1\n"
    assert send(visitor, project, posts, **{"as": "table", "dates": "day"}).status_code == 303
    found = sources(engine, project)[0]
    assert found.is_table
    assert found.columns
    assert found.columns[1] == {"name": "date", "type": "date"}
    assert "is not a file that Flux knows" in send(visitor, project, SPEND, **{"as": "export"}).text


def test_a_file_that_cannot_be_read_is_told_and_leaves_nothing(
    visitor: Visitor, engine: Engine, project: Project
) -> None:
    answer = send(visitor, project, b"%PDF-1.4", "x.pdf")
    assert answer.status_code == 400
    assert "is a PDF" in answer.text
    assert "Choose a file first." in visitor.post(path_of(project), {}).text
    assert sources(engine, project) == []


def test_a_large_file_waits_for_the_worker(
    visitor: Visitor, engine: Engine, app: Flask, project: Project
) -> None:
    app.config["FLUX_INLINE_UPLOAD_MB"] = "0"
    assert send(visitor, project, SPEND).status_code == 303
    page = visitor.text(path_of(project))
    assert f'data-poll="{path_of(project)}"' in page
    assert "flask --app app flux worker" in page
    source = sources(engine, project)[0]
    assert source.status == "queued"
    work.do(engine, app.config, source.id)
    done = visitor.text(path_of(project))
    assert "data-poll" not in done
    assert "a table" in done
    assert not uploads.path_of(app.config, project.account_id, source.id).exists()


def test_a_large_file_that_fails_behind_the_page_says_why(
    visitor: Visitor, engine: Engine, app: Flask, project: Project
) -> None:
    app.config["FLUX_INLINE_UPLOAD_MB"] = "0"
    send(visitor, project, b"%PDF-1.4", "x.pdf")
    work.do(engine, app.config, sources(engine, project)[0].id)
    page = visitor.text(path_of(project))
    assert "failed" in page
    assert "is a PDF" in page


# --- analyses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_kind_has_a_form_that_runs_and_a_page(
    kind: str, visitor: Visitor, engine: Engine, app: Flask, project: Project, ada: Tenant
) -> None:
    make_demo(engine, ada.account_id)
    send(visitor, project, SPEND)
    form = visitor.text(path_of(project, "analyses", f"new?kind={kind}"))
    fields = set(re.findall(r'<(?:select|input)[^>]* name="([a-z_]+)"', form))
    assert fields >= {"from", "to", "range", "tz", "profile_ids", "name", "csrf_token"}
    columns: dict[str, str] = {}
    if kind == "roi":
        assert {"data_source_id", "date_column", "amount_column", "period", "lag"} <= fields
        columns = {"date_column": "day", "amount_column": "hours", "lag": "1"}
        columns["data_source_id"] = sources(engine, project)[0].public_id
    answer = ask(visitor, project, kind, range="this_year", name="Mine", **columns)
    assert answer.status_code == 303
    waiting = visitor.text(answer.location)
    assert f'data-poll="{answer.location}"' in waiting
    found = analyses(engine, project)[0]
    assert (found.kind, found.name, found.parameters["range"]) == (kind, "Mine", "this_year")
    work.do(engine, app.config, found.id)
    done = visitor.text(answer.location)
    assert "data-poll" not in done
    result = analyses(engine, project)[0].result
    assert result is not None
    assert result["verdict"] in done
    assert result["verdict"] in visitor.text(path_of(project))
    again = re.search(r'href="([^"]*/new\?[^"]*)">Ask again', visitor.get(answer.location).text)
    assert again
    assert '<option value="this_year" selected>' in visitor.text(html.unescape(again[1]))


@pytest.mark.parametrize(
    ("kind", "told", "said"),
    [
        ("summary", {"from": "soon"}, "'from' is 'soon'"),
        ("summary", {"range": "last_month", "from": "-7d"}, "left out where 'from' is given"),
        ("summary", {"tz": "Mars/Base"}, "'tz' is 'Mars/Base'"),
        ("summary", {"profile_ids": "prof_00000000001"}, "no profile 'prof_00000000001'"),
        ("summary", {"name": "x" * 201}, "at most 200 characters"),
        ("format_comparison", {"by": "smell"}, "'by' is 'smell'"),
        ("roi", {"date_column": "day", "amount_column": "spend"}, "'data_source_id' is ''"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wish_that_cannot_be_is_told(
    kind: str, told: dict[str, str], said: str, visitor: Visitor, engine: Engine, project: Project
) -> None:
    send(visitor, project, SPEND)
    answer = ask(visitor, project, kind, **told)
    assert answer.status_code == 400
    text = html.unescape(answer.text)
    assert said in text
    for value in told.values():
        assert value in text, "what was typed is lost"
    assert analyses(engine, project) == []


def test_a_column_of_another_kind_is_refused_with_those_that_will_do(
    visitor: Visitor, engine: Engine, project: Project
) -> None:
    send(visitor, project, SPEND)
    wish = {"data_source_id": sources(engine, project)[0].public_id, "date_column": "day"}
    answer = ask(visitor, project, "roi", amount_column="note", **wish)
    assert answer.status_code == 400
    assert "there is spend, hours" in answer.text


def test_return_on_spend_without_a_table_says_what_it_needs(visitor: Visitor, project: Project) -> None:
    assert "needs a table" in visitor.text(path_of(project, "analyses", "new?kind=roi"))


def test_an_analysis_is_deleted(visitor: Visitor, engine: Engine, project: Project) -> None:
    link = ask(visitor, project, "summary").location + "/delete"
    assert "Its result goes for good" in visitor.text(link)
    assert visitor.post(link).status_code == 303
    assert analyses(engine, project) == []


# --- whose they are ---------------------------------------------------------------------------------


def test_anothers_things_are_not_there(
    visitor: Visitor, engine: Engine, bob: Tenant, project: Project, settings: dict[str, str], app: Flask
) -> None:
    from flux.analyses.summary import SUMMARY
    from flux.sources import start_source
    from flux.studies import start_analysis

    theirs = create_project(engine, bob.account_id, {"name": "Bob's own"})
    source = start_source(engine, app.config, theirs, io.BytesIO(SPEND), "bob.csv")
    analysis = start_analysis(engine, theirs, SUMMARY.name, None, SUMMARY.parameters())
    mine = ("data-sources/", source.public_id), ("analyses/", analysis.public_id)
    parts = ["", "/edit", "/delete", "/analyses/new", *(f"/{kind}{id}/delete" for kind, id in mine)]
    for part in (*parts, f"/analyses/{analysis.public_id}"):
        assert visitor.get(path_of(theirs) + part).status_code == 404, part
        assert visitor.post(path_of(theirs) + part, {"name": "Mine"}, form="/projects").status_code in (
            404,
            405,
        )
    for kind, id in mine:  # the id of another's under a project of one's own
        assert visitor.get(f"{path_of(project)}/{kind}{id}/delete").status_code == 404
    assert "Bob" not in visitor.text("/projects")
    chosen = {"name": "x", "which": "some", "profiles": bob.profile.public_id}
    assert visitor.post("/projects", chosen).status_code == 400
    assert find_project(engine, bob.account_id, theirs.public_id) == theirs
    assert (len(sources(engine, theirs)), len(analyses(engine, theirs))) == (1, 1)


def test_pages_of_projects_are_for_those_who_signed_in(app: Flask, project: Project) -> None:
    for part in ("", "/edit", "/analyses/new"):
        answer = app.test_client().get(path_of(project) + part)
        assert answer.status_code == 302
        assert "/login" in answer.location


def test_a_form_without_its_token_does_nothing(visitor: Visitor, engine: Engine, project: Project) -> None:
    for part in ("/delete", "/edit", "", "/analyses/new"):
        assert visitor.client.post(path_of(project) + part, data={"name": "x"}).status_code == 400
    assert find_project(engine, project.account_id, project.public_id) == project


# --- in the browser ---------------------------------------------------------------------------------


@pytest.fixture
def served(
    serve: Callable[..., Server], engine: Engine, ada: Tenant, settings: dict[str, str], tmp_path: Path
) -> Iterator[Server]:
    """The real server and the real worker, with sample data."""
    make_demo(engine, ada.account_id)
    with working(tmp_path, settings):
        yield serve()


def enter(browser: Browser, server: Server, **more: Any) -> BrowserContext:
    """A window that is signed in."""
    context = browser.new_context(base_url=server.url, **more)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/login")
    page.fill("#email", "ada@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"{server.url}/")
    return context


def spend_of_a_year() -> bytes:
    today = datetime.now(UTC).date()
    days = [today - timedelta(weeks=week) for week in range(52)]
    lines = [f"{day:%d.%m.%Y};{100 + week * 7 % 60},50;{week % 5}" for week, day in enumerate(days)]
    return "\n".join(["day;spend;hours", *lines]).encode()


def upload(page: Page) -> None:
    page.set_input_files("#file", {"name": "spend.csv", "mimeType": "text/csv", "buffer": spend_of_a_year()})
    page.click("text=Add it")
    expect(page.locator("#job")).to_contain_text("a table")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_from_a_new_project_to_a_chart(served: Server, browser: Browser) -> None:
    for scheme, width in (("light", 1280), ("dark", 390)):
        page = enter(
            browser, served, color_scheme=scheme, viewport={"width": width, "height": 900}
        ).new_page()
        heard, found = watch(page, served.url), {}

        def look(name: str, page: Page = page, found: dict[str, object] = found) -> None:
            found[name] = faults(page)
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(wide) == 0, f"{name} scrolls sideways"

        page.goto("/projects")
        page.fill("#name", f"A {scheme} campaign")
        look("projects")
        page.click("text=Make the project")
        look("empty project")
        upload(page)
        page.click("#ask + ul a:has-text('Summary')")
        look("form of a summary")
        page.click("text=Run it")
        expect(page.locator(".analysis .chart svg").first).to_be_visible(timeout=20_000)
        expect(page.locator("#announce")).to_have_text("The analysis is done.")
        look("summary")
        page.click(".eyebrow a")
        page.click("#ask + ul a:has-text('Return on spend')")
        page.select_option("#f-amount_column", "spend")
        look("form of roi")
        page.click("text=Run it")
        expect(page.locator(".analysis")).to_contain_text("of spend", timeout=20_000)
        expect(page.locator(".analysis .chart svg").first).to_be_visible()
        look("roi")
        page.click(".eyebrow a")
        look("project")
        for what in ("Edit", "Delete"):
            page.click(f".links a:has-text('{what}')")
            look(what)
            page.go_back()
        assert {name: told for name, told in found.items() if told} == {}
        assert heard == []
        page.context.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_everything_works_without_javascript(served: Server, browser: Browser) -> None:
    context = enter(browser, served, java_script_enabled=False)
    page = context.new_page()
    page.goto("/projects")
    page.fill("#name", "Plain")
    page.click("text=Make the project")
    upload(page)
    page.click("#ask + ul a:has-text('Best time')")
    page.click("text=Run it")
    expect(page.locator("table.heat")).to_be_visible(timeout=20_000)
    context.close()
