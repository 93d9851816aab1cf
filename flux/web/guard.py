"""What protects every page: cookies, who may post, what a browser may load, and what it may keep."""

import secrets
import time
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge

from flux.accounts import SESSION_SECONDS
from flux.extensions import MACHINE_PATHS, limiter

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
STATIC_SECONDS = 31_536_000  # their addresses change with their content


def register(app: Flask) -> None:
    """Binds cookies, checks and headers to the app."""
    secure = app.config["FLUX_BASE_URL"].startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-flux" if secure else "flux",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=SESSION_SECONDS,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page left open overnight still works
        WTF_CSRF_SSL_STRICT=False,  # `check_origin` below does that, also behind a proxy
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS,
    )
    # Before CSRFProtect, which reads the whole form: a file that is too large gets a sentence of its own.
    app.before_request_funcs.setdefault(None, [])[:0] = [check_size, check_origin]
    app.after_request(protect)
    app.context_processor(lambda: {"csp_nonce": nonce()})


def nonce() -> str:
    """The mark that this request's own scripts carry."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    found: str = g.csp_nonce
    return found


def is_page() -> bool:
    """Whether the address is one for people."""
    return not request.path.startswith((*MACHINE_PATHS, "/static/"))


def check_size() -> None:
    """Refuses a body that is too large before it is read."""
    limit = current_app.config["MAX_CONTENT_LENGTH"]
    if is_page() and limit and (request.content_length or 0) > limit:
        sent, most = (request.content_length or 0) / 2**20, limit / 2**20
        raise RequestEntityTooLarge(
            f"The file has {sent:,.0f} MiB: at most {most:,.0f} MiB are taken in. Nothing was changed."
        )


def check_origin() -> None:
    """Lets only this site's own pages post; a browser says truly where a request comes from."""
    if request.method in SAFE_METHODS or not is_page():
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or origin in _own_origins()
    if not allowed:
        raise Forbidden(
            "This form was sent from another site, so nothing was done. Open the page here and try again."
        )


def _own_origins() -> set[str]:
    base = urlsplit(current_app.config["FLUX_BASE_URL"])
    return {request.host_url.rstrip("/"), f"{base.scheme}://{base.netloc}"}


def protect(response: Response) -> Response:
    """A page loads nothing from elsewhere, runs its own script only, and is kept by no cache."""
    if request.path.startswith(MACHINE_PATHS):
        return response
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if not is_page():
        return response
    headers["Content-Security-Policy"] = POLICY.format(nonce=nonce())
    headers["Referrer-Policy"] = "same-origin"  # "no-referrer" would take the Origin from our own forms too
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = (
        "same-origin"  # static files stay open: Data Studio shows the logo
    )
    headers["Cache-Control"] = (
        "no-cache" if request.blueprint == "docs" and not current_user.is_authenticated else "no-store"
    )
    if response.status_code == 429 and limiter.current_limit is not None:
        headers["Retry-After"] = str(max(1, limiter.current_limit.reset_at - int(time.time())))
    return response
