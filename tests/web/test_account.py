"""Signing in and out, the first run, the password: what a cookie opens, and when it stops."""

import re

import pytest
from flask import Flask
from sqlalchemy import Engine

from flux import accounts
from flux.extensions import MACHINE_PATHS
from flux.store.accounts import count_users
from tests.tenants import PASSWORD, PEPPER, Tenant
from tests.web.visitor import Visitor, visit

SIGNED_IN_PAGES = (
    "/import",
    "/import/imp_00000000007",
    "/settings/account",
    "/settings/api",
    "/settings/api/feed",
    "/settings/api/feed/doctor",
    "/settings/api/feed/files/X",
    "/settings/api/links",
    "/settings/api/keys/key_00000000007/roll",
    "/settings/api/keys/key_00000000007/revoke",
    "/settings/metrics",
    "/settings/metrics/new",
    "/settings/metrics/met_00000000007",
    "/settings/metrics/met_00000000007/edit",
    "/settings/metrics/met_00000000007/delete",
    "/profiles/new",
    "/profiles/prof_00000000007",
    "/profiles/prof_00000000007/edit",
    "/profiles/prof_00000000007/delete",
    "/projects/proj_00000000007/analyses/an_00000000007",
    "/projects/proj_00000000007/analyses/an_00000000007/delete",
    "/projects/proj_00000000007/analyses/new",
    "/projects",
    "/projects/proj_00000000007",
    "/projects/proj_00000000007/data-sources/ds_00000000007/delete",
    "/projects/proj_00000000007/delete",
    "/projects/proj_00000000007/edit",
)


@pytest.mark.parametrize("path", SIGNED_IN_PAGES)
def test_a_stranger_is_asked_to_sign_in(app: Flask, ada: Tenant, path: str) -> None:
    response = visit(app).get(path)
    assert response.status_code == 302
    assert response.location == f"/login?next={path}"


def test_every_page_is_in_the_list_above(app: Flask) -> None:
    open_to_all = {
        "/",
        "/login",
        "/logout",
        "/setup",
        "/docs",
        "/docs/api",
        "/static/<path:filename>",
        "/healthz",
        "/readyz",
    }
    rules = [
        r
        for r in app.url_map.iter_rules()
        if "GET" in (r.methods or ()) and not r.rule.startswith(MACHINE_PATHS)
    ]
    pages = {re.sub(r"<[^>]+>", "X", r.rule) for r in rules if r.rule not in open_to_all}
    assert pages == {re.sub(r"(prof|key|imp|proj|ds|an|met)_0+7", "X", path) for path in SIGNED_IN_PAGES}


def test_the_front_page_leads_to_sign_in_and_back(app: Flask, ada: Tenant) -> None:
    assert visit(app).get("/").location == "/login"
    assert visit(app).sign_in().location == "/"


def test_sign_in_goes_on_to_where_one_wanted_to_go(app: Flask, ada: Tenant) -> None:
    wanted = "/settings/api/feed?dataset=posts&range=all"
    visitor = visit(app)
    asked = visitor.get(visitor.get(wanted).location)
    assert 'value="/settings/api/feed?dataset=posts&amp;range=all"' in asked.text
    assert visitor.sign_in(next=wanted).location == wanted


@pytest.mark.parametrize(
    "payload",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\x00/evil",
        " /evil",
        "javascript:alert(1)",
        "http:evil.example",
        "evil.example",
        "",
    ],
)
def test_sign_in_never_leads_elsewhere(app: Flask, ada: Tenant, payload: str) -> None:
    assert visit(app).sign_in(next=payload).location == "/"


def test_wrong_password_and_unknown_address_are_told_alike(app: Flask, ada: Tenant) -> None:
    wrong = visit(app).sign_in(password="not the password at all")
    unknown = visit(app).sign_in(email="nobody@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert "do not belong together" in wrong.text
    assert "do not belong together" in unknown.text


def test_sign_out_ends_a_copied_cookie(app: Flask, visitor: Visitor) -> None:
    thief = visit(app)
    thief.client.set_cookie("flux", visitor.cookie())
    assert thief.get("/settings/api").status_code == 200
    assert visitor.post("/logout", form="/").status_code == 303
    assert visitor.get("/settings/api").status_code == 302
    assert thief.get("/settings/api").status_code == 302


def test_signing_in_makes_a_new_session(app: Flask, ada: Tenant) -> None:
    first, second = visit(app), visit(app)
    first.sign_in()
    second.sign_in()
    first.post("/logout", form="/")
    assert second.get("/settings/api").status_code == 200


def test_a_cookie_planted_before_sign_in_stays_outside(app: Flask, ada: Tenant) -> None:
    victim, thief = visit(app), visit(app)
    thief.get("/login")
    victim.client.set_cookie("flux", thief.cookie())
    assert victim.sign_in().status_code == 303
    assert thief.get("/settings/api").status_code == 302


def test_a_new_password_ends_every_other_session(app: Flask, visitor: Visitor) -> None:
    other = visit(app)
    other.sign_in()
    thief = visit(app)
    thief.client.set_cookie("flux", visitor.cookie())
    fresh = "another long pass phrase 42"
    assert visitor.post("/settings/account", {"old": PASSWORD, "new": fresh}).status_code == 303
    assert visitor.get("/settings/account").status_code == 200
    assert other.get("/settings/api").status_code == 302
    assert thief.get("/settings/api").status_code == 302
    assert visit(app).sign_in().status_code == 401
    assert visit(app).sign_in(password=fresh).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("not it at all", "another long pass phrase", "your present password"),
        (PASSWORD, "short", "12 to 128"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    app: Flask, visitor: Visitor, old: str, new: str, told: str
) -> None:
    response = visitor.post("/settings/account", {"old": old, "new": new})
    assert response.status_code == 400
    assert told in response.text
    assert visit(app).sign_in().status_code == 303


def test_sign_in_is_slowed_down_by_address_of_mail(app: Flask, ada: Tenant) -> None:
    for _ in range(10):
        assert visit(app).sign_in(password="wrong wrong wrong").status_code == 401
    refused = visit(app).sign_in()
    assert refused.status_code == 429
    assert "too many attempts" in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 300


def test_sign_in_is_slowed_down_by_address(app: Flask, ada: Tenant) -> None:
    statuses = [visit(app).sign_in(email=f"x{n}@example.org").status_code for n in range(31)]
    assert statuses == [401] * 30 + [429]


# --- the first run --------------------------------------------------------------------------------


def test_with_no_user_everything_leads_to_setup(app: Flask) -> None:
    assert visit(app).get("/").location == "/setup"
    assert visit(app).get("/login").location == "/setup"
    assert "one-time token" in visit(app).text("/setup").lower()


def test_setup_signs_in_and_the_token_works_once(app: Flask, engine: Engine) -> None:
    token = accounts.setup_token(engine, PEPPER)
    assert token is not None
    visitor = visit(app)
    assert f'value="{token}"' in visitor.get(f"/setup?token={token}").text
    data = {"token": token, "email": "First@Example.org", "password": PASSWORD}
    assert visitor.post("/setup", data).location == "/"
    assert "Bring in your LinkedIn numbers" in visitor.text("/")
    assert visit(app).get("/setup").location == "/login"
    late = visit(app)
    assert late.post("/setup", {**data, "email": "second@example.org"}, form="/login").location == "/login"
    assert count_users(engine) == 1


@pytest.mark.parametrize(
    "change",
    [{"token": "guessed"}, {"email": "no address"}, {"password": "short"}, {"password": "aaaaaaaaaaaaaaa"}],
)
def test_setup_refuses_and_keeps_what_was_typed(app: Flask, engine: Engine, change: dict[str, str]) -> None:
    token = accounts.setup_token(engine, PEPPER) or ""
    data = {"token": token, "email": "first@example.org", "password": PASSWORD, **change}
    response = visit(app).post("/setup", data)
    assert response.status_code == 400
    assert f'value="{data["email"]}"' in response.text
    assert data["password"] not in response.text
    assert count_users(engine) == 0
