"""In the browser: a link to the feed that is shown, and the doctor's verdict on a pasted key."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.web.conftest import Site
from tests.web.test_accessibility import faults, watch

PICKER = "/settings/api/feed?dataset=overview"


@pytest.mark.parametrize("script", [True, False])
def test_a_link_to_what_the_picker_shows(site: Site, script: bool) -> None:
    page = site.context(java_script_enabled=script).new_page()
    page.goto(PICKER)
    page.select_option("#dataset", "breakdown")
    if not script:
        page.click("text=Show")
    expect(page.locator("#feed-url")).to_contain_text("/datasets/breakdown")
    page.click("text=Make a link to this feed")
    page.fill("#link-name", f"Sheet {script}")
    page.click("text=Make the link")
    address = page.inner_text("#link-csv")
    answer = requests.get(address, timeout=5)
    assert answer.status_code == 200 and answer.text.startswith("profile_id,profile_name,by,bucket")
    formula = re.search(r'=IMPORTDATA\("([^"]+)"', page.content().replace("&#34;", '"'))
    assert formula and formula[1] == address
    page.goto("/settings/api")
    expect(page.locator("table.keys")).to_contain_text(f"Sheet {script}")
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_key_is_pasted_and_the_diagnosis_read(site: Site, script: bool) -> None:
    page = site.context(java_script_enabled=script).new_page()
    page.goto(PICKER)
    page.click("text=Check what each tool will show")
    page.fill("#secret", site.tenant.key)
    page.click("text=Check >> visible=true >> nth=-1")
    rows = page.locator("table.doctor tbody tr")
    sheets, curl = rows.filter(has_text="Google Sheets, formula"), rows.filter(has_text="curl")
    expect(sheets).to_contain_text("#N/A")
    expect(sheets).to_contain_text(f"not reachable from the internet: {site.server.url}")
    expect(curl).to_contain_text("works")
    assert site.tenant.key not in page.content() and site.tenant.key not in page.url
    assert page.input_value("#secret") == ""
    page.fill("#secret", site.tenant.key[:-1])
    page.click("main button:has-text('Check')")
    expect(page.locator("h2#verdicts")).to_have_text("No tool gets its rows")
    expect(rows.filter(has_text="curl")).to_contain_text("mistyped")
    assert site.tenant.key[12:40] not in site.server.told()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_what_comes_of_both_forms_is_accessible(site: Site, scheme: str, width: int) -> None:
    page = site.context(width, color_scheme=scheme).new_page()
    heard = watch(page, site.server.url)
    page.goto("/settings/api/feed/doctor?dataset=posts&range=all")
    page.click("main button:has-text('Check')")
    expect(page.locator("h2#verdicts")).to_be_visible()
    _look(page)
    hidden = "(box) => box.scrollWidth - box.clientWidth"
    assert page.locator(".scroll:has(> .doctor)").evaluate(hidden) == 0, "the cure is out of sight"
    assert page.get_by_role("cell").count() == 3 * page.get_by_role("rowheader").count() > 0
    page.goto("/settings/api/links?feed=posts")
    page.fill("#link-name", "x")
    page.click("text=Make the link")
    expect(page.locator("#link-csv")).to_be_visible()
    _look(page)
    assert heard == []
    page.context.close()


def _look(page: Page) -> None:
    assert faults(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
