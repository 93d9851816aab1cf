"""A link is made beside the picker, shown once, listed, rolled, revoked; each of its snippets is fetched."""

import html
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux import keys
from flux.key_limits import Limits
from flux.store.accounts import move_account
from flux.store.metrics import delete_metric
from flux.store.vault import list_keys
from flux.web import links
from tests.asking import make_metric
from tests.tenants import PEPPER, Tenant, make_posts, post
from tests.web.visitor import Visitor

PAGE = "/settings/api/links"
_LINK = re.compile(r"flux_link_[0-9A-Za-z]{38}")
NASTY = ['a "quoted", text', "line\r\nbreak", "=1+1", "naïve 🚀", "7100000000000000007", "00123", "-5"]
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def filled(engine: Engine, ada: Tenant) -> Tenant:
    """ada, with posts whose text is as nasty as can be."""
    rows = [
        post(f"2026-01-{day + 1:02d}T09:00:00", text=text, likes=1, comments=0, shares=0)
        for day, text in enumerate(NASTY)
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    return ada


def make(visitor: Visitor, feed: str, **data: Any) -> str:
    """Makes a link through its form; the page that shows it."""
    answer = visitor.post(PAGE, {"name": "Marketing sheet", "feed": feed, **data}, form=f"{PAGE}?feed=x")
    assert answer.status_code == 200, html.unescape(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    return html.unescape(answer.text)


def secret_of(page: str) -> str:
    found = _LINK.search(page)
    assert found
    return found[0]


def test_the_pickers_own_form_makes_a_link_to_the_feed_that_it_shows(
    app: Flask, visitor: Visitor, filled: Tenant
) -> None:
    picker = "/settings/api/feed?dataset=posts&range=all&order=asc&delimiter=semicolon&safe=0"
    page = visitor.text(picker)
    assert "are not kept with it: add them to its address" in page
    feed = re.search(r'name="feed" value="([^"]*)"', page)
    assert feed and feed[1] == "posts?range=all&order=asc&safe=0"
    answer = visitor.post(PAGE, {"name": "x", "feed": feed[1]}, form=picker)
    client = app.test_client()
    found = client.get(f"/api/v1/feeds/{secret_of(answer.text)}.csv")
    same = client.get(f"/api/v1/datasets/{feed[1]}&format=csv", headers=filled.header)
    assert found.status_code == 200 and found.data == same.data


def test_it_is_shown_once_and_listed_with_what_it_opens(visitor: Visitor, ada: Tenant) -> None:
    secret = secret_of(make(visitor, "engagement-trends?from=-12w&granularity=weekly"))
    for path in (PAGE, "/settings/api", "/settings/api/feed", "/", "/docs"):
        assert secret not in visitor.get(path).text, path
    listed = visitor.text("/settings/api")
    assert f"flux_link_…{secret[-4:]}" in listed and "Marketing sheet" in listed
    assert "from=-12w&granularity=weekly" in listed
    assert "/settings/api/feed?dataset=engagement-trends&from=-12w&granularity=weekly" in listed


@pytest.mark.parametrize(
    "feed",
    ["posts?range=all", "overview?delimiter=semicolon&decimal=comma", "breakdown?by=hour", "daily-activity"],
)
def test_every_snippet_of_it_is_an_address_that_works(
    app: Flask, visitor: Visitor, filled: Tenant, feed: str
) -> None:
    page = make(visitor, feed)
    secret = secret_of(page)
    assert "YOUR_BI_KEY" not in page and "key=" not in page
    addresses = re.findall(rf"http://localhost(/api/v1/feeds/{secret}[^\s\"'<]*)", page)
    formulas = re.findall(r'=IMPORTDATA\("http://localhost([^"]+)"[,;] ","[,;] "en_US"\)', page)
    assert len(formulas) == 2 and set(formulas) <= set(addresses)
    assert any("delimiter=semicolon" in address for address in addresses)
    feed = feed.partition("?delimiter")[0]  # that is no part of it, or the formulas would not fit
    path = f"/api/v1/datasets/{feed}{'&' if '?' in feed else '?'}format=csv"
    expected = app.test_client().get(path, headers=filled.header).data
    for address in addresses:
        answer = app.test_client().get(address)
        assert answer.status_code == 200, address
        assert "delimiter" in address or answer.data == expected


def test_the_power_query_of_it_asks_without_a_key(app: Flask, visitor: Visitor, filled: Tenant) -> None:
    page = make(visitor, "posts?range=all")
    [relative] = re.findall(r'RelativePath = "([^"]+)"', page)
    query = dict(re.findall(r'(\w+) = "([^"]+)"', page.partition("Query = [")[2].partition("]")[0]))
    answer = app.test_client().get(f"/{relative}", query_string=query)
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    assert set(query) == {"format", "safe"} and "ApiKeyName" not in page and "Authorization" not in page
    assert "credentials: Anonymous" in page


def test_limits_hold(app: Flask, visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    page = make(visitor, "overview", allow="203.0.113.0/24", lifetime="30", per_hour="7")
    [found] = [k for k in list_keys(engine, ada.account_id) if k.kind == "link"]
    assert found.allow == ("203.0.113.0/24",) and found.rate_limit_per_hour == 7
    assert found.expires_at is not None and found.created_at + 29 * 86_400 < found.expires_at
    assert app.test_client().get(f"/api/v1/feeds/{secret_of(page)}.csv").status_code == 403


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"feed": "overview?from=soon"}, "'soon'"),
        ({"feed": "views"}, "There is no dataset 'views'"),
        ({"feed": "overview", "name": " "}, "1 to 100 characters"),
        ({"feed": "overview", "allow": "everywhere"}, "everywhere"),
        ({"feed": "overview", "expires": "2020-01-01"}, "a moment to come"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(
    visitor: Visitor, engine: Engine, ada: Tenant, data: dict[str, str], told: str
) -> None:
    answer = visitor.post(PAGE, {"name": "My sheet", **data}, form=f"{PAGE}?feed=overview")
    text = html.unescape(answer.text)
    assert answer.status_code == 400 and told in text
    assert f'value="{data["feed"]}"' in text and f'value="{data.get("name", "My sheet")}"' in text
    assert all(k.kind != "link" for k in list_keys(engine, ada.account_id))


def test_a_plan_without_the_data_api_makes_none(visitor: Visitor, engine: Engine, ada: Tenant) -> None:
    move_account(engine, ada.account_id, "standard", None, None)
    answer = visitor.post(PAGE, {"name": "x", "feed": "overview"}, form=f"{PAGE}?feed=overview")
    assert answer.status_code == 400
    assert "does not include this: Link to one feed" in html.unescape(answer.text)


def test_rolled_on_the_page_both_work_and_the_new_one_is_shown(
    app: Flask, visitor: Visitor, ada: Tenant
) -> None:
    old = secret_of(make(visitor, "overview?range=last_month"))
    path = re.findall(r"/settings/api/keys/key_\w+/roll", visitor.text("/settings/api"))[0]
    page = html.unescape(visitor.post(path, {"overlap": "3600"}).text)
    new = secret_of(page)
    assert new != old and "The old link goes on until" in page and "=IMPORTDATA" in page
    client = app.test_client()
    answers = [client.get(f"/api/v1/feeds/{secret}.csv") for secret in (old, new)]
    assert answers[0].status_code == 200 and answers[0].data == answers[1].data


def test_revoked_on_the_page_it_opens_nothing(app: Flask, visitor: Visitor, ada: Tenant) -> None:
    secret = secret_of(make(visitor, "overview"))
    path = re.findall(r"/settings/api/keys/key_\w+/revoke", visitor.text("/settings/api"))[0]
    visitor.post(path)
    assert app.test_client().get(f"/api/v1/feeds/{secret}.csv").status_code == 401


@SQLITE
def test_a_saved_metrics_link_is_made_and_can_be_rolled_when_that_is_gone(
    app: Flask, visitor: Visitor, engine: Engine, ada: Tenant
) -> None:
    metric = make_metric(engine, ada, "SELECT count(*) AS posts FROM posts")
    page = make(visitor, metric.public_id)
    assert app.test_client().get(f"/api/v1/feeds/{secret_of(page)}.csv").text == "posts\r\n0\r\n"
    assert "Mine" in visitor.text("/settings/api").partition('id="new"')[0]
    delete_metric(engine, metric)
    listed = visitor.text("/settings/api")
    assert "a deleted metric" in listed
    path = re.findall(r"/settings/api/keys/key_\w+/roll", listed)[0]
    assert secret_of(visitor.post(path, {"overlap": "0"}).text)


def test_there_is_a_most(visitor: Visitor, ada: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST", 1)
    make(visitor, "overview")
    answer = visitor.post(PAGE, {"name": "x", "feed": "overview"}, form=f"{PAGE}?feed=overview")
    assert answer.status_code == 400 and "fewer than 1 active" in html.unescape(answer.text)
    assert visitor.post("/settings/api", {"name": "a key"}).status_code == 200  # keys are counted apart


def test_another_accounts_link_is_neither_listed_nor_ended(
    visitor: Visitor, engine: Engine, ada: Tenant, bob: Tenant
) -> None:
    key, _ = keys.issue(engine, PEPPER, bob.account_id, "link", "Bobs sheet", Limits(feed="overview"))
    assert "Bobs sheet" not in visitor.text("/settings/api")
    assert visitor.get(f"/settings/api/keys/{keys.key_name(key)}/revoke").status_code == 404
