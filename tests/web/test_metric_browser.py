"""The SQL editor in a real Chromium: run by keyboard, rows and chart, a mistake's line, save, the feed."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Site

NEW = "/settings/metrics/new"
QUERY = "SELECT date, sum(engagement) AS engagement\nFROM daily\nWHERE date >= '@{since}'\nGROUP BY date"


@pytest.fixture
def editor(site: Site) -> Page:
    """An empty editor, and a page that would notice being loaded anew."""
    page = site.context().new_page()
    page.goto(NEW)
    page.evaluate("window.still = true")
    return page


def test_a_query_is_written_run_mended_saved_and_read_as_a_feed(site: Site, editor: Page) -> None:
    page = editor
    page.fill("#query", QUERY.replace("engagement)", "engagment)"))
    page.press("#query", "Control+Enter")
    expect(page.locator("#v0-name")).to_have_value("since")
    page.fill("#v0-example", "-1y")
    page.press("#v0-example", "Control+Enter")
    expect(page.locator("#result .note.bad")).to_contain_text(
        "Line 1, column 18: there is no column 'engagment'"
    )
    expect(page.locator("#announce")).to_contain_text("Did you mean 'engagement'?")
    expect(page.locator(".numbers .off")).to_have_text("1")
    assert page.evaluate("document.querySelector('#query').selectionStart") == 17
    assert page.input_value("#v0-example") == "-1y"

    page.fill("#query", QUERY)
    page.press("#query", "Control+Enter")
    expect(page.locator("#result table.data thead")).to_contain_text("engagement")
    expect(page.locator("#result svg[role=img]")).to_be_visible()
    expect(page.locator("#announce")).to_have_text(re.compile(r"^\d+ rows$"))
    assert page.evaluate("window.still"), "the page was loaded anew"
    assert page.evaluate("document.activeElement.id") == "query"

    page.fill("#name", "Engagement by day")
    page.click("button:has-text('Save')")
    expect(page.locator("h1")).to_have_text("Engagement by day")
    page.fill("#f-since", "-30d")
    page.press("#f-since", "Enter")
    expect(page.locator("#feed-url")).to_contain_text("since=-30d&format=csv")
    assert "since=-30d" in page.url
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.server.url)
    page.click("[data-copy=feed-url]")
    expect(page.locator("#announce")).to_have_text("Copied")
    address = page.evaluate("navigator.clipboard.readText()")
    answer = page.request.get(address.replace("YOUR_BI_KEY", site.tenant.key))
    assert answer.status == 200
    lines = answer.text().splitlines()
    assert lines[0] == "date,engagement"
    assert lines[1:] == [
        ",".join(row.locator("td").all_inner_texts()) for row in page.locator("table.data tbody tr").all()
    ]


def test_tab_indents_and_escape_lets_go(editor: Page) -> None:
    page = editor
    page.focus("#query")
    page.keyboard.type("SELECT")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    assert page.input_value("#query") == "SELECT  1"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert page.input_value("#query") != "SELECT  1", "it can be undone"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "query"
    page.focus("#query")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "description"


def test_a_click_on_a_name_puts_it_where_the_cursor_is(editor: Page) -> None:
    page = editor
    page.fill("#query", "SELECT  FROM posts")
    page.evaluate("document.querySelector('#query').setSelectionRange(7, 7)")
    page.click("#t-posts button[data-insert=hashtags]")
    assert page.input_value("#query") == "SELECT hashtags FROM posts"
    assert page.evaluate("document.activeElement.id") == "query"
    page.evaluate("""document.querySelector('button[data-insert=url]').dataset.insert = 'an "odd" one'""")
    page.click("#t-posts button:has-text('url')")
    assert page.input_value("#query") == 'SELECT hashtags"an ""odd"" one" FROM posts'


def test_the_coloured_copy_says_what_the_field_says(editor: Page) -> None:
    text = (
        "-- 'no' text\nSELECT 'it''s /* no */', 12.5, @{x}, \"a\" /* two\nlines */ FROM posts -- end\n\n'open"
    )
    editor.fill("#query", text)
    assert editor.evaluate("document.querySelector('.paper').textContent") == text + "\n"
    coloured = editor.locator(".paper .sql-text").all_inner_texts()
    assert coloured == ["'it''s /* no */'", "'open"]
    assert editor.locator(".paper .sql-word").all_inner_texts() == ["SELECT", "FROM"]
    assert editor.locator(".numbers span").all_inner_texts() == ["1", "2", "3", "4", "5"]
    same = (
        "(name) => { const box = document.querySelector(name); return [box.scrollHeight, box.scrollWidth] }"
    )
    assert editor.evaluate(same, ".paper") == editor.evaluate(same, "#query"), "they lie upon each other"


def test_a_long_line_passes_behind_the_numbers(editor: Page) -> None:
    editor.fill("#query", "SELECT 1")
    box = editor.locator(".numbers").bounding_box()
    assert box is not None
    before = editor.screenshot(clip=box)
    editor.fill("#query", f"SELECT {'1, ' * 200}2")
    editor.wait_for_function("document.querySelector('.paper').scrollLeft > 500")
    assert editor.screenshot(clip=box) == before


def test_variables_come_and_go_without_a_reload(editor: Page) -> None:
    page = editor
    page.fill("#name", "kept")
    page.click("text=Add a variable")
    expect(page.locator("#v0-name")).to_be_focused()
    page.keyboard.type("days")
    page.click("text=Add a variable")
    expect(page.locator("#v1-name")).to_be_focused()
    page.click("button:has-text('Remove variable 2')")
    expect(page.locator("#v1-name")).to_have_count(0)
    assert page.input_value("#v0-name") == "days"
    assert page.input_value("#name") == "kept"
    assert page.evaluate("window.still")


def test_leaving_with_something_unsaved_asks_first(editor: Page) -> None:
    page = editor
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    page.click("#query")
    page.keyboard.type("SELECT 1")
    page.click("nav >> text=Docs", no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.url.endswith(NEW)
    page.fill("#name", "Saved without a question")
    page.click("button:has-text('Save')")
    expect(page.locator("h1")).to_have_text("Saved without a question")
    page.click("nav >> text=Docs")
    expect(page.locator("h1")).to_have_text("Reference")
    assert asked == ["beforeunload"]


def test_a_server_that_is_gone_takes_nothing_typed_along(editor: Page) -> None:
    editor.fill("#query", "SELECT 1")
    editor.context.clear_cookies()
    editor.press("#query", "Control+Enter")
    expect(editor.locator("#result .note.bad")).to_contain_text("What you typed is still here")
    assert editor.input_value("#query") == "SELECT 1"


def test_it_works_without_javascript(site: Site) -> None:
    page = site.context(java_script_enabled=False).new_page()
    page.goto(NEW)
    expect(page.locator("[data-live]").first).to_be_hidden()
    page.fill("#query", "SELECT name, @{a} AS a FROM profiles")
    page.fill("#name", "No script")
    page.press("#name", "Enter")
    expect(page.locator("#v0-name")).to_have_value("a")
    page.fill("#v0-example", "hello")
    page.click("button.button:has-text('Run')")
    expect(page.locator("#result table.data tbody")).to_contain_text("hello")
    page.click("button:has-text('Explain')")
    expect(page.locator("#result")).to_contain_text("Walks through all of")
    page.click("button:has-text('Save')")
    expect(page.locator("h1")).to_have_text("No script")
    page.fill("#f-a", "again")
    page.click("form .button:has-text('Run')")
    expect(page.locator("table.data tbody")).to_contain_text("again")
