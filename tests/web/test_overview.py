"""The front page, a profile's dashboard, and profiles made, changed and deleted."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux.catalog.ranges import RANGES
from flux.store.profiles import create_profile, find_profile, find_profiles
from tests.tenants import Tenant, make_days, make_posts, post
from tests.web.visitor import Visitor


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def figures(page: str) -> dict[str, list[str]]:
    found = re.findall(r"<dt>([^<]+)</dt>\s*<dd>([^<\s]+)\s*(?:<span class=\"change[^>]*>([^<]+)<)?", page)
    return {name: [value, change] for name, value, change in found}


def test_an_account_with_data_shows_totals_against_those_before(
    engine: Engine, visitor: Visitor, ada: Tenant
) -> None:
    rows = [post(days_ago(3), text="The best of all", likes=1_000, comments=30, shares=6)]
    rows += [
        post(days_ago(4), text="A plain one", likes=4, comments=0, shares=0),
        post(days_ago(95), likes=500, comments=10, shares=10),
    ]
    make_posts(engine, ada.profile, ada.account_id, rows)
    page = visitor.text("/")
    assert figures(page) == {
        "Engagement": ["1,040", "+100 %"],
        "Posts": ["2", "+100 %"],
        "Per post": ["520", "±0 %"],
    }
    best = re.findall(r'<p class="excerpt">([^<]+)', page)
    assert best == ["The best of all", "A plain one"]
    assert page.count('<svg role="img"') == 1


def test_an_old_export_is_shown_whole_at_first(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, [post("2020-05-05T08:00", likes=5, comments=0, shares=0)])
    assert figures(visitor.text("/"))["Engagement"] == ["5", ""]
    assert figures(visitor.text(f"/profiles/{ada.profile.public_id}"))["Engagement"] == ["5", ""]
    assert "No post in this window" in visitor.text("/?range=last_90_days")


def test_unknown_is_not_zero(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, [post(days_ago(2), text="Unmeasured")])
    page = visitor.text(f"/profiles/{ada.profile.public_id}")
    assert figures(page)["Engagement"][0] == "–"
    assert figures(page)["Posts"][0] == "1"
    assert "1 of 1 posts have no known engagement" in page


@pytest.mark.parametrize("name", RANGES)
def test_every_window_has_its_dashboard(engine: Engine, visitor: Visitor, ada: Tenant, name: str) -> None:
    make_posts(engine, ada.profile, ada.account_id, [post(days_ago(1), likes=5, comments=0, shares=0)])
    make_days(
        engine, ada.profile, ada.account_id, {"day": days_ago(1)[:10], "impressions": 70, "new_followers": -2}
    )
    for granularity in ("daily", "weekly", "monthly", "nonsense"):
        page = visitor.text(f"/profiles/{ada.profile.public_id}?range={name}&granularity={granularity}")
        assert page.count('<svg role="img"') == 7
        assert not re.search(r'="(nan|inf|-inf|None)', page)
    visitor.text(f"/?range={name}")


def test_a_window_that_is_none_is_passed_over(visitor: Visitor) -> None:
    for query in ("range=forever", "range=", "page=0", "page=x", "page=99"):
        visitor.text(f"/?{query}")


def test_many_profiles_come_in_pages(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    for number in range(60):
        create_profile(engine, ada.account_id, f"P{number}")
    first = visitor.text("/")
    assert first.count("<article") == 12
    assert "More profiles" in first
    assert visitor.text("/?page=6").count("<article") == 1


def test_what_people_wrote_is_never_markup(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    bad = "<script>alert(1)</script>"
    profile = create_profile(engine, ada.account_id, bad)
    row = post(days_ago(1), text=bad, url="javascript:alert(1)", likes=1, comments=0, shares=0)
    make_posts(engine, profile, ada.account_id, [row])
    for path in (
        "/",
        f"/profiles/{profile.public_id}",
        "/import",
        "/settings/api",
        "/settings/api/feed?dataset=posts",
    ):
        page = visitor.get(path).text
        assert "<script>alert" not in page, path
        assert 'href="javascript:' not in page, path


def test_sample_data_by_a_button(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    assert visitor.post("/demo", form="/").status_code == 303
    page = visitor.text("/")
    assert "Sample data are in" in page
    assert [p.kind for p in find_profiles(engine, ada.account_id)] == ["personal", "personal", "company"]
    assert visitor.post("/demo", form="/").status_code == 303
    assert len(find_profiles(engine, ada.account_id)) == 3


def test_a_profile_is_made_changed_and_deleted(engine: Engine, visitor: Visitor, ada: Tenant) -> None:
    told = {
        "name": "Acme",
        "kind": "company",
        "timezone": "europe/berlin",
        "url": "https://www.linkedin.com/company/acme",
    }
    made = visitor.post("/profiles/new", told)
    assert made.status_code == 303
    profile = find_profiles(engine, ada.account_id)[1]
    assert (profile.name, profile.kind, profile.zone, profile.url) == (
        "Acme",
        "company",
        "Europe/Berlin",
        told["url"],
    )
    path = f"/profiles/{profile.public_id}"
    assert visitor.post(f"{path}/edit", {**told, "name": "Acme Ltd", "timezone": ""}).status_code == 303
    assert find_profile(engine, ada.account_id, profile.public_id).name == "Acme Ltd"
    assert visitor.post(f"{path}/delete", {"name": "Acme"}).status_code == 400
    assert visitor.post(f"{path}/delete", {"name": "Acme Ltd"}).status_code == 303
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "1 to 200"),
        ({"name": "ada"}, "already"),
        ({"timezone": "Mars"}, "IANA"),
        ({"kind": "cat"}, "one of"),
        ({"url": "javascript:x"}, "https://"),
    ],
)
def test_a_profile_that_cannot_be_is_told(visitor: Visitor, change: dict[str, str], told: str) -> None:
    response = visitor.post("/profiles/new", {"name": "New one", "kind": "personal", **change})
    assert response.status_code == 400
    assert told in response.text


def test_best_posts_are_those_with_the_most_adjusted_engagement(
    app: Flask, engine: Engine, visitor: Visitor, ada: Tenant
) -> None:
    rows = [post(days_ago(n % 80), text=f"Post {n}", likes=n % 7, comments=0, shares=0) for n in range(30)]
    make_posts(engine, ada.profile, ada.account_id, [*rows, post(days_ago(1), text="Unmeasured")])
    best = re.findall(
        r"<p class=\"excerpt\">([^<]+)</p>.*?<strong>([\d.]+)</strong> <span>adjusted",
        visitor.text("/"),
        re.DOTALL,
    )
    feed = app.test_client().get("/api/v1/datasets/posts?range=last_90_days", headers=ada.header).get_json()
    ranked = sorted(
        (r for r in feed["data"] if r["adjusted_engagement"] is not None),
        key=lambda r: (r["adjusted_engagement"], r["published_at"]),
        reverse=True,
    )
    assert [text for text, _ in best] == [r["text"] for r in ranked[:5]]
    assert [float(score) for _, score in best] == [r["adjusted_engagement"] for r in ranked[:5]]


def test_best_posts_of_two_profiles_are_compared_by_what_is_typical_for_each(
    engine: Engine, visitor: Visitor, ada: Tenant
) -> None:
    small, large = (
        create_profile(engine, ada.account_id, "Small"),
        create_profile(engine, ada.account_id, "Large"),
    )
    for profile, level in ((small, 10), (large, 1000)):
        rows = [
            post(days_ago(n), text=f"{profile.name} {n}", likes=level, comments=0, shares=0)
            for n in range(1, 40)
        ]
        rows[20] |= {
            "likes": level * (4 if profile is small else 2),
            "engagement": level * (4 if profile is small else 2),
        }
        make_posts(engine, profile, ada.account_id, rows)
    best = re.findall(r"<p class=\"excerpt\">([^<]+)</p>", visitor.text("/"))
    assert best[:2] == ["Small 21", "Large 21"]
