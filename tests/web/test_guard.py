"""What protects the pages: tokens, origins, cookies, headers; each broken once to see it hold."""

import io
import re

import pytest
from flask import Flask

from flux import create_app
from flux.extensions import MACHINE_PATHS
from tests.tenants import PASSWORD, Tenant
from tests.web.visitor import Visitor, visit

FORMS = (
    "/login",
    "/logout",
    "/setup",
    "/demo",
    "/import",
    "/settings/account",
    "/settings/api",
    "/profiles/new",
)


def test_every_post_without_a_token_is_refused(app: Flask, visitor: Visitor) -> None:
    rules = [r for r in app.url_map.iter_rules() if "POST" in (r.methods or ())]
    pages = [
        re.sub(r"<[^>]+>", "prof_00000000007", r.rule) for r in rules if not r.rule.startswith(MACHINE_PATHS)
    ]
    assert set(FORMS) <= set(pages)
    for path in pages:
        assert visitor.client.post(path, data={"name": "x"}).status_code == 400, path
        assert visitor.client.post(path, data={"csrf_token": "forged"}).status_code == 400, path


def test_another_visitors_token_is_refused(app: Flask, visitor: Visitor) -> None:
    found = re.search(r'name="csrf_token" value="([^"]+)"', visit(app).get("/login").text)
    assert found
    assert visitor.client.post("/demo", data={"csrf_token": found[1]}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://localhost"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 303),
    ],
)
def test_a_form_from_elsewhere_is_refused(visitor: Visitor, headers: dict[str, str], status: int) -> None:
    response = visitor.post("/logout", form="/", headers=headers)
    assert response.status_code == status
    assert visitor.get("/settings/api").status_code == (302 if status == 303 else 200)


def test_get_changes_nothing(visitor: Visitor) -> None:
    for path in ("/logout", "/demo"):
        assert visitor.get(path).status_code == 405


@pytest.mark.parametrize("path", ["/", "/settings/api", "/settings/api/feed", "/import", "/docs", "/nowhere"])
def test_pages_carry_their_headers(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.search(r"script-src 'nonce-[\w-]{20,}'", policy)
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_the_nonce_is_new_each_time(visitor: Visitor) -> None:
    assert (
        visitor.get("/docs").headers["Content-Security-Policy"]
        != visitor.get("/docs").headers["Content-Security-Policy"]
    )


def test_no_page_has_inline_style_or_script(visitor: Visitor) -> None:
    for path in (
        "/",
        "/import",
        "/settings/api",
        "/settings/api/feed",
        "/docs",
        "/settings/account",
        "/profiles/new",
    ):
        text = visitor.get(path).text
        assert not re.search(r"<[^>]+\s(style|on\w+)=", text), path
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(https?:)?//", text), path
        assert not re.search(r"<script(?![^>]*\snonce=)", text), path


def test_cookies_on_plain_http(app: Flask, ada: Tenant) -> None:
    cookie = visit(app).sign_in().headers["Set-Cookie"]
    assert cookie.startswith("flux=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_cookies_and_headers_on_https(settings: dict[str, str], ada: Tenant) -> None:
    app = create_app({**settings, "FLUX_BASE_URL": "https://flux.example.org"})
    response = visit(app).get("/login", base_url="https://flux.example.org")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-flux=")
    assert "; Secure" in cookie
    assert "; Path=/" in cookie
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    app.extensions["flux_engine"].dispose()


def test_an_upload_that_is_too_large_is_told(settings: dict[str, str], ada: Tenant) -> None:
    app = create_app({**settings, "FLUX_MAX_UPLOAD_MB": "1"})
    visitor = visit(app)
    visitor.sign_in()
    data = {"file": (io.BytesIO(b"x" * 2**21), "big.csv"), "profile": ada.profile.public_id}
    response = visitor.post("/import", data)
    assert response.status_code == 413
    assert "The file has 2 MiB: at most 1 MiB are taken in. Nothing was changed." in response.text
    response.request.input_stream.close()
    app.extensions["flux_engine"].dispose()


def test_a_page_that_is_not_there_says_so(visitor: Visitor) -> None:
    response = visitor.get("/nowhere")
    assert response.status_code == 404
    assert "Not here" in response.text
    assert response.headers["X-Request-Id"] in response.text


def test_an_error_never_repeats_a_password(app: Flask, ada: Tenant) -> None:
    assert PASSWORD not in visit(app).sign_in(email="bad").text
