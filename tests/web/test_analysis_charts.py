"""An analysis's section: every kind shows what it found, in a table as well, and axe has nothing to say."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser

from flux.analyses import KINDS
from flux.analyses.kind import Kind
from flux.web.analysis_charts import HeatMap, charts_of
from flux.web.analysis_figures import Figures
from flux.web.chart import Chart
from flux.web.words import FILTERS
from tests.analyses.making import author, frame, material, written
from tests.analyses.test_best_time import moments
from tests.analyses.test_kinds import asked, spend
from tests.test_architecture import ROOT

ALL = pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))
SECTION = '{% from "_fragments/analysis.html" import show %}{{ show(analysis, kind, charts, "a") }}'
PAGE = (
    '<!doctype html><html lang="en"><head><title>t</title><style>{css}</style></head>'
    "<body><main><h1>t</h1>{section}</main></body></html>"
)


def result(kind: Kind, posts: int = 400) -> dict[str, Any]:
    """A stored result of two authors, one of them with a good hour, a good format and a step."""
    dice = np.random.default_rng(7)
    at = moments(dice, posts)
    formats = dice.choice(["text", "image", "document"], posts)
    logs = 0.8 * (at // 3600 % 24 == 8) + 0.5 * (formats == "document") + 1.0 * (np.arange(posts) > posts / 2)
    ada = frame(author(dice, posts, at=at, log_effect=logs, format=formats, length=500.0))
    bob = frame(author(dice, posts // 2, level=900, format="video", length=1500.0), "Bob <b>", 2)
    days = [(ada["profile_id"].iloc[0] if posts else "", f"2024-01-0{n}", 1, 1, 1, 90 + n) for n in (1, 5)]
    of = material(ada, bob, days=days, table=spend(700))
    more = {"range": "all"} if kind.name == "trend" else {}
    if kind.name == "period_comparison":
        more = {"compare_from": "2023-01-01", "compare_to": "2023-12-31"}
    return written(kind.run(of, asked(kind, **more)))


def shown(kind: Kind, stored: dict[str, Any]) -> str:
    """The section as HTML."""
    pages = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True)
    pages.filters.update(FILTERS)
    return pages.from_string(SECTION).render(
        analysis=SimpleNamespace(result=stored), kind=kind, charts=charts_of(kind.name, stored)
    )


@ALL
def test_every_kind_has_a_chart_and_its_figures(kind: Kind) -> None:
    found = charts_of(kind.name, result(kind))
    drawn = [c for c in found if isinstance(c, Chart)]
    assert drawn and not any(c.empty for c in drawn)
    assert all(len(line) == len(f.columns) for f in found if isinstance(f, Figures) for line in f.lines)
    assert any(isinstance(f, Figures) for f in found)


@ALL
def test_the_section_says_verdict_method_sample_and_notes(kind: Kind) -> None:
    stored = result(kind)
    text = shown(kind, stored)
    escaped = text.replace("&#39;", "'").replace("&amp;", "&").replace("&gt;", ">")
    assert text.index("<h2") < text.index(stored["verdict"][:40]) < text.index("<svg")
    assert stored["method"] in escaped
    assert all(note in escaped for note in stored["notes"])
    assert f"{stored['sample']['posts']:,} posts" in text
    assert "Bob <b>" not in text and 'style="' not in text


@ALL
@pytest.mark.parametrize("posts", [0, 1])
def test_too_few_data_are_shown_as_a_sentence(kind: Kind, posts: int) -> None:
    stored = result(kind, posts)
    assert stored["verdict"].split(" ")[0] in shown(kind, stored)


def test_the_heat_map_has_a_number_wherever_there_is_a_colour() -> None:
    [heat] = [c for c in charts_of("best_time", result(KINDS["best_time"])) if isinstance(c, HeatMap)]
    cells = [cell for _, row in heat.hours for cell in row]
    assert {bool(c.text) for c in cells if c.css} == {True}
    assert {c.css for c in cells if not c.text} == {""}
    assert {c.css for c in cells} - {""} <= {f"heat-{n}" for n in range(7)}
    eight = dict(heat.hours)["08:00"]
    assert all(float(c.text) > 1 and c.css in ("heat-4", "heat-5", "heat-6") for c in eight)
    assert [hour for hour, _ in heat.hours] == sorted(hour for hour, _ in heat.hours)


def test_a_kind_that_is_not_known_shows_nothing() -> None:
    assert charts_of("astrology", {}) == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_and_nothing_overflows(browser: Browser, scheme: Any, width: int) -> None:
    css = (ROOT / "static" / "flux.css").read_text()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for kind in KINDS.values():
        page.set_content(PAGE.replace("{css}", css).replace("{section}", shown(kind, result(kind))))
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == [], kind.name
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), kind.name
    context.close()
