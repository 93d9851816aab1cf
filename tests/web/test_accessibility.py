"""Every page, light and dark, wide and narrow: axe finds nothing, nothing overflows, nothing is foreign."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.web.conftest import Site

axe = Axe()
OPEN_ALL = (
    "document.querySelectorAll('details').forEach((d) => { d.removeAttribute('name'); d.open = true; })"
)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}


def pages(site: Site) -> list[str]:
    profile = site.profile
    return [
        "/",
        "/?range=last_7_days",
        f"/profiles/{profile}",
        f"/profiles/{profile}/edit",
        f"/profiles/{profile}/delete",
        "/profiles/new",
        "/import",
        "/settings/account",
        "/settings/api",
        "/settings/api/feed?dataset=engagement-trends&compare=previous",
        "/settings/api/feed?dataset=posts",
        "/settings/api/feed?dataset=overview",
        "/settings/api/feed?dataset=breakdown&by=hour",
        "/settings/api/feed?dataset=daily-activity",
        "/settings/api/feed?dataset=posts&from=soon",
        f"/settings/api/feed?dataset={site.metric}",
        "/settings/api/feed/doctor?dataset=posts&range=all",
        "/settings/api/links?feed=overview",
        "/settings/metrics",
        "/settings/metrics/new",
        "/settings/metrics/new?example=2",
        f"/settings/metrics/{site.metric}",
        f"/settings/metrics/{site.metric}?since=soon",
        f"/settings/metrics/{site.metric}/edit",
        f"/settings/metrics/{site.metric}/delete",
        "/docs",
        "/docs/api",
        "/nowhere",
    ]


def faults(page: Page) -> list[str]:
    """What axe says, with everything that can be opened open: in the dark only the colors differ."""
    page.evaluate(OPEN_ALL)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    found = axe.run(page, options=COLORS if dark else RULES).response["violations"]
    return [
        f"{v['id']}: {node['html'][:150]} {node.get('failureSummary', '')[:200]}"
        for v in found
        for node in v["nodes"][:3]
    ]


def watch(page: Page, base: str) -> list[str]:
    """Collects what a page complains of and whom it asks."""
    heard: list[str] = []
    page.on(
        "console",
        lambda m: heard.append(m.text) if m.type in ("error", "warning") and "404" not in m.text else None,
    )
    page.on("pageerror", lambda e: heard.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith((base, "data:", "blob:")) else heard.append(r.url))
    return heard


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(site: Site, scheme: str) -> None:
    page = site.context(color_scheme=scheme).new_page()
    heard = watch(page, site.server.url)
    found = {}
    for path in pages(site):
        page.goto(path)
        found[path] = faults(page)
    assert {path: told for path, told in found.items() if told} == {}
    assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_before_and_after_a_form_are_accessible(site: Site, scheme: str) -> None:
    page = site.context(color_scheme=scheme, signed_in=False).new_page()
    heard = watch(page, site.server.url)
    for path in ("/login", "/docs"):
        page.goto(path)
        assert faults(page) == []
    page.goto("/login")
    page.fill("#email", site.tenant.user.email)
    page.fill("#password", "wrong wrong wrong")
    page.click("main button")
    assert faults(page) == []
    assert [told for told in heard if "401" not in told] == []
    page = site.context(color_scheme=scheme).new_page()
    page.goto("/settings/api")
    page.fill("#name", f"for axe {scheme}")
    page.click("text=Make the key")
    assert faults(page) == []
    page.goto("/settings/api")
    assert faults(page) == []
    for what in ("Roll", "Revoke"):
        page.goto("/settings/api")
        page.click(f"table.keys a:has-text('{what}') >> nth=0")
        assert faults(page) == []
    page.goto("/import")
    content = b"When,Said\n2026-01-01,1\n"
    page.set_input_files("#file", {"name": "own.csv", "mimeType": "text/csv", "buffer": content})
    page.click("main form .button")
    page.wait_for_selector(".note.bad")
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_comes_of_a_query_is_accessible(site: Site, scheme: str) -> None:
    page = site.context(color_scheme=scheme).new_page()
    heard = watch(page, site.server.url)
    page.goto("/settings/metrics/new?example=1")
    for button, comes in (("Run", "table.data"), ("Explain", ".plan")):
        page.click(f"button.button:has-text('{button}')")
        page.wait_for_selector(f"#result {comes}")
        assert faults(page) == [], button
    wrong = "SELECT date,\n  likess, @{since} -- no such column\nFROM posts"
    for query, comes in ((wrong, "#result mark"), ("SELECT @{since}, @{more}", "#v1-example-error")):
        page.fill("#query", query)
        page.click("button.button:has-text('Run')")
        page.wait_for_selector(comes)
        assert faults(page) == [], comes
    assert [told for told in heard if "400" not in told] == []


@pytest.mark.parametrize("width", [390, 320, 768])
def test_a_long_query_and_its_rows_do_not_widen_the_page(site: Site, width: int) -> None:
    page = site.context(width).new_page()
    page.goto("/settings/metrics/new")
    page.fill("#query", f"SELECT '{'wide ' * 80}' AS {'w' * 60}, * FROM posts")
    page.click("button.button:has-text('Run')")
    page.wait_for_selector("#result table.data")
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) == 0
    page.fill("#query", f"SELECT '{'wide ' * 80}' AS {'w' * 60}, nothing FROM posts")
    page.click("button.button:has-text('Run')")
    page.wait_for_selector("#result mark")
    assert page.evaluate(over) == 0


def test_axe_sees_a_planted_fault(site: Site) -> None:
    page = site.context().new_page()
    page.goto("/settings/api")
    page.evaluate(
        "document.querySelector('label[for=name]').remove(); document.querySelector('#name').placeholder = ''"
    )
    assert any(told.startswith("label") for told in faults(page))


def test_axe_sees_a_faint_text_in_the_dark(site: Site) -> None:
    page = site.context(color_scheme="dark").new_page()
    page.goto("/settings/api")
    page.evaluate("document.querySelector('h1').style.color = '#333'")
    assert any(told.startswith("color-contrast") for told in faults(page))


@pytest.mark.parametrize("width", [390, 320, 768])
def test_no_page_scrolls_sideways(site: Site, width: int) -> None:
    page = site.context(width).new_page()
    wide = {}
    for path in pages(site):
        page.goto(path)
        page.evaluate(OPEN_ALL)
        if over := page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        ):
            wide[path] = over
    assert wide == {}
