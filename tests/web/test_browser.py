"""In a real Chromium: the picker with and without JavaScript, copying, watching an import, the keyboard."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests import services
from tests.web.conftest import Site
from tests.workers import working

FEED = "/settings/api/feed"


def test_the_picker_swaps_only_its_result(site: Site) -> None:
    page = site.context().new_page()
    page.goto(f"{FEED}?dataset=engagement-trends")
    page.evaluate("window.still = true; document.querySelector('form[data-swap]').still = true")
    page.select_option("#f-granularity", "weekly")
    expect(page.locator("#feed-url")).to_contain_text("granularity=weekly")
    page.focus("#f-range")
    page.select_option("#f-range", "last_month")
    expect(page.locator("#feed-url")).to_contain_text("range=last_month")
    assert page.evaluate("window.still && document.querySelector('form[data-swap]').still"), (
        "the page was loaded anew"
    )
    assert "granularity=weekly" in page.url
    assert "range=last_month" in page.url
    assert page.evaluate("document.activeElement.id") == "f-range", "the focus is lost"
    expect(page.locator("#announce")).to_have_text(re.compile(r"\d+ rows"))
    address = page.url
    shown = page.locator("#feed-url").inner_text()
    page.goto(address)
    assert page.locator("#feed-url").inner_text() == shown, "the address is a bookmark"


def test_another_dataset_brings_its_own_fields(site: Site) -> None:
    page = site.context().new_page()
    page.goto(FEED)
    page.focus("#dataset")
    page.select_option("#dataset", "breakdown")
    expect(page.locator("#f-by")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "dataset"
    expect(page.locator("#f-granularity")).to_have_count(0)
    page.select_option("#f-by", "hour")
    expect(page.locator("table.data")).to_contain_text("09:00")


def test_a_mistake_is_told_and_mended_without_reload(site: Site) -> None:
    page = site.context().new_page()
    page.goto(f"{FEED}?dataset=posts")
    page.fill("#f-from", "soon")
    page.press("#f-from", "Enter")
    expect(page.locator("#result .note.bad")).to_contain_text("must be a day")
    expect(page.locator("#announce")).to_contain_text("must be a day")
    expect(page.locator("#f-from-error")).to_contain_text("must be a day")
    assert page.locator("#f-from").get_attribute("aria-invalid") == "true"
    assert page.locator("#f-from").input_value() == "soon"
    page.fill("#f-from", "-7d")
    page.press("#f-from", "Enter")
    expect(page.locator("#result table.data")).to_be_visible()
    expect(page.locator("#f-from-error")).to_have_count(0)
    assert page.locator("#f-from").get_attribute("aria-invalid") is None


def test_the_picker_works_without_javascript(site: Site) -> None:
    page = site.context(java_script_enabled=False).new_page()
    page.goto(FEED)
    expect(page.locator("[data-copy]").first).to_be_hidden()
    page.select_option("#dataset", "breakdown")
    page.click("form .button:has-text('Show')")
    page.select_option("#f-by", "length")
    page.check("input[name=profile_id] >> nth=1")
    page.click("form .button:has-text('Show')")
    expect(page.locator("#feed-url")).to_contain_text("by=length")
    expect(page.locator("#feed-url")).to_contain_text("profile_id=prof_")
    expect(page.locator("table.data")).to_contain_text("short")
    page.click("summary:has-text('Power BI')")
    expect(page.locator("#snip-power_bi_header")).to_be_visible()


def test_the_copy_button_copies_the_formula(site: Site) -> None:
    context = site.context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.server.url)
    page = context.new_page()
    page.goto(f"{FEED}?dataset=posts&range=last_month")
    page.click("[data-copy=snip-google_sheets]")
    expect(page.locator("#announce")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    address = f"{site.server.url}/api/v1/datasets/posts?range=last_month&format=csv&key=YOUR_BI_KEY"
    assert copied == f'=IMPORTDATA("{address}", ",", "en_US")'
    page.select_option("#f-order", "asc")
    expect(page.locator("#snip-google_sheets")).to_contain_text("order=asc")
    page.click("[data-copy=snip-google_sheets]")
    assert "order=asc" in page.evaluate("navigator.clipboard.readText()")


def test_an_open_snippet_stays_open_after_a_swap(site: Site) -> None:
    page = site.context().new_page()
    page.goto(FEED)
    page.click("summary:has-text('pandas')")
    page.select_option("#f-granularity", "monthly")
    expect(page.locator("#snip-pandas")).to_contain_text("granularity=monthly")
    expect(page.locator("#snip-pandas")).to_be_visible()
    expect(page.locator("#snip-google_sheets")).to_be_hidden()


def test_a_snippet_is_saved_as_a_file(site: Site) -> None:
    page = site.context().new_page()
    page.goto(FEED)
    page.click("summary:has-text('Power BI')")
    with page.expect_download() as saved:
        page.click("a[download='flux.pbids']")
    assert saved.value.suggested_filename == "flux.pbids"
    assert saved.value.path().read_text() == page.locator("#snip-pbids").inner_text()


def test_a_key_is_made_and_its_line_gets_rows(site: Site) -> None:
    page = site.context().new_page()
    page.goto(f"{FEED}?dataset=posts&range=last_90_days")
    page.click("text=Make one for this feed")
    page.fill("#name", "My sheet")
    page.click("text=Make the key")
    key = page.locator("#key").inner_text()
    assert re.fullmatch(r"flux_bi_[0-9A-Za-z]{38}", key)
    formula = page.locator("#snip-google_sheets").inner_text()
    address = formula.split('"')[1]
    assert "/datasets/posts?range=last_90_days&" in address
    answer = page.request.get(address)
    assert answer.status == 200
    assert len(answer.text().splitlines()) > 10
    page.go_back()
    page.goto("/settings/api")
    assert key not in page.content()


def test_an_import_is_watched_to_its_end(site: Site, tmp_path: Path) -> None:
    settings = site.server.environment | {"FLUX_INLINE_UPLOAD_MB": "0"}  # every file is left to the worker
    server = services.gunicorn(tmp_path, settings)
    page = site.context().new_page()
    page.goto(f"{server.url}/import")
    expect(page.locator("#name")).to_be_hidden()
    page.select_option("#profile", "new")
    page.fill("#name", "Acme")
    rows = b"date,text,likes,comments,shares\n" + b"".join(
        b"2026-01-%02d,Post,%d,1,0\n" % (n, n) for n in range(1, 29)
    )
    page.set_input_files("#file", {"name": "own.csv", "mimeType": "text/csv", "buffer": rows})
    page.click("main form .button")
    expect(page.locator("#job")).to_contain_text("Waiting for its turn")
    with working(tmp_path, settings):
        expect(page.locator(".note.good")).to_have_text("Taken in.", timeout=30_000)
    expect(page.locator("#announce")).to_have_text("The import is done.")
    page.click("text=See the profile")
    expect(page.locator("h1")).to_have_text("Acme")
    expect(page.locator("svg[role=img]").first).to_be_visible()
    server.stop()


def test_without_javascript_an_import_is_watched_too(site: Site) -> None:
    page = site.context(java_script_enabled=False).new_page()
    page.goto("/import")
    rows = b"date,text,likes,comments,shares\n2026-01-01,Post,1,1,0\n"
    page.set_input_files("#file", {"name": "own.csv", "mimeType": "text/csv", "buffer": rows})
    page.click("main form .button")
    expect(page.locator(".note.good")).to_have_text("Taken in.", timeout=30_000)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(site: Site) -> None:
    page = site.context().new_page()
    page.goto("/import")
    page.evaluate("document.querySelector('[data-max-bytes]').dataset.maxBytes = 10")
    page.set_input_files("#file", {"name": "own.csv", "mimeType": "text/csv", "buffer": b"x" * 11})
    page.click("main form .button")
    expect(page.locator("#file-error")).to_be_visible()
    assert page.url.endswith("/import")


def test_the_keyboard_reaches_the_content_and_opens_a_snippet(site: Site) -> None:
    page = site.context().new_page()
    page.goto(FEED)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.focus("summary:has-text('curl')")
    page.keyboard.press("Enter")
    expect(page.locator("#snip-curl")).to_be_visible()
    assert _has_outline(page)


def _has_outline(page: Page) -> bool:
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    return bool(style != "none")
