"""The picker without a browser: its form is the declaration, its preview the feed's own rows."""

import csv
import html
import io
import re
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.demo import make_demo
from flux.describe.form import chosen, form
from tests.tenants import Tenant
from tests.web.visitor import Visitor

PATH = "/settings/api/feed"


class Fields(HTMLParser):
    """The names that a page's form would send, and the rows of its preview."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.options: dict[str, list[str]] = {}
        self.cells: list[list[str]] = []
        self._select, self._in, self._cell = "", "", False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in ("input", "select") and told.get("name") and told["name"] != "csrf_token":
            self.names.add(str(told["name"]))
            self._select = str(told["name"])
        if tag == "option":
            self.options.setdefault(self._select, []).append(str(told.get("value")))
        if tag == "table" and told.get("class") == "data":
            self._in = "data"
        if tag == "tr" and self._in:
            self.cells.append([])
        if tag in ("td", "th") and self._in:
            self.cells[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._in = ""
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.cells[-1][-1] += data


@pytest.fixture
def demo(engine: Engine, ada: Tenant) -> Tenant:
    make_demo(engine, ada.account_id)
    return ada


@pytest.mark.parametrize("name", CATALOG)
def test_every_declared_parameter_has_its_field(visitor: Visitor, name: str) -> None:
    page = visitor.text(f"{PATH}?dataset={name}")
    fields = Fields(page.partition('id="result"')[0])  # a link and the doctor have forms of their own
    declared = {p.name for p in CATALOG[name].params}
    assert fields.names == declared | {"dataset"}
    for param in CATALOG[name].params:
        assert set(param.choices) <= set(fields.options.get(param.name, [])), param.name


@pytest.mark.parametrize("name", CATALOG)
def test_the_form_offers_nothing_that_is_refused(
    app: Flask, visitor: Visitor, demo: Tenant, name: str
) -> None:
    for group in form(CATALOG[name], {}, [demo.profile], {}):
        for field in group.fields:
            for value, _ in field.choices:
                extra = "&delimiter=semicolon" if (field.name, value) == ("decimal", "comma") else ""
                text = visitor.text(f"{PATH}?dataset={name}&{field.name}={value}{extra}")
                assert "That cannot be asked" not in text, (field.name, value)


@pytest.mark.parametrize("name", CATALOG)
def test_the_preview_is_what_the_address_answers(
    app: Flask, visitor: Visitor, demo: Tenant, name: str
) -> None:
    page = visitor.text(
        f"{PATH}?dataset={name}&{CATALOG[name].example.replace('format=csv', '')}&safe=0&format=csv"
    )
    address = re.search(r'<pre id="feed-url"[^>]*><code>http://localhost([^<]+)</code>', page)
    assert address
    answer = app.test_client().get(address[1].replace("YOUR_BI_KEY", demo.key))
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
    shown = Fields(page).cells
    assert shown[0] == rows[0]
    assert len(shown) == min(len(rows), 21)
    for cells, row in zip(shown[1:], rows[1:], strict=False):
        for cell, value in zip(cells, row, strict=True):
            assert cell == value or (len(value) > 80 and cell.endswith("…"))


def test_the_address_leaves_defaults_out_and_never_holds_a_key(visitor: Visitor) -> None:
    page = visitor.text(
        f"{PATH}?dataset=posts&from=&to=&order=desc&delimiter=comma&tz=Europe/Berlin&limit=5&format=csv"
    )
    found = re.search(r'<pre id="feed-url"[^>]*><code>([^<]+)</code>', page)
    assert found
    assert (
        found[1]
        == "http://localhost/api/v1/datasets/posts?tz=Europe%2FBerlin&limit=5&format=csv&key=YOUR_BI_KEY"
    )


def test_a_bookmark_fills_the_form(visitor: Visitor, ada: Tenant) -> None:
    page = visitor.text(
        f"{PATH}?dataset=posts&limit=7&order=asc&profile_id={ada.profile.public_id}&tz=Asia/Tokyo"
    )
    assert re.search(r'name="limit" value="7"', page)
    assert re.search(r'<option value="asc" selected>', page)
    assert re.search(rf'value="{ada.profile.public_id}" checked', page)
    assert re.search(r'name="tz" value="Asia/Tokyo"', page)


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("from=soon", "from", "a day from 1970-01-01"),
        ("tz=Mars/Olympus", "tz", "an IANA time zone"),
        ("range=last_month&from=-7d", "range", "left out where 'from' is given"),
        ("decimal=comma", "decimal", "used with delimiter=semicolon"),
        ("granularity=yearly", "granularity", "one of daily, weekly, monthly"),
        ("profile_id=prof_nobody", "profile_id", "There is no profile 'prof_nobody'"),
        ("from=1990-01-01&profile_id=", "from", None),
    ],
)
def test_what_cannot_be_asked_is_told_beside_its_field(
    visitor: Visitor, query: str, field: str, told: str | None
) -> None:
    page = visitor.text(f"{PATH}?dataset=engagement-trends&{query}")
    if told is None:
        assert 'class="error"' not in page
        return
    error = re.search(rf'<p class="error" id="f-{field}-error">([^<]+)</p>', page)
    assert error
    assert told in html.unescape(error[1])
    assert "IMPORTDATA" not in page


@pytest.mark.parametrize("name", ["", "nothing", "posts%00", "<script>"])
def test_an_unknown_dataset_shows_the_first(visitor: Visitor, name: str) -> None:
    page = visitor.text(f"{PATH}?dataset={name}")
    assert '<option value="engagement-trends" selected>' in page
    assert "<script>alert" not in page


def test_what_is_typed_is_never_markup(visitor: Visitor) -> None:
    page = visitor.get(f"{PATH}?dataset=posts&from=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&tz=%3Cb%3E").text
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_an_empty_account_sees_how_to_go_on(visitor: Visitor) -> None:
    assert "0 rows, all of them" in visitor.text(f"{PATH}?dataset=posts")


def test_a_window_without_posts_offers_everything(visitor: Visitor, demo: Tenant) -> None:
    page = visitor.text(f"{PATH}?dataset=engagement-trends&from=1999-01-01&to=1999-02-01&granularity=weekly")
    link = re.search(r'href="(/settings/api/feed\?[^"]*range=all[^"]*)"', page)
    assert link
    assert "granularity=weekly" in link[1]
    assert "No post lies in this window" not in visitor.text(link[1])


def test_the_preview_costs_no_quota(app: Flask, visitor: Visitor, demo: Tenant) -> None:
    for _ in range(3):
        visitor.text(f"{PATH}?dataset=posts")
    left = app.test_client().get("/api/v1/status", headers=demo.header).get_json()["data"]["rate_limit"]
    assert left["remaining"] == left["limit"]


def test_chosen_joins_profiles_and_drops_defaults() -> None:
    asked = {"profile_id": ["prof_a", "prof_b,prof_a"], "granularity": ["daily"], "range": [" last_month "]}
    wanted = [("profile_id", "prof_a,prof_b,prof_a"), ("range", "last_month")]
    assert chosen(CATALOG["engagement-trends"], asked) == wanted
