"""/healthz: the process answers. /readyz: what it stands on answers too."""

from flask import Blueprint, Response, current_app, jsonify

from flux.extensions import engine, limiter
from flux.release import RELEASE
from flux.store.engine import fetch


def route(blueprint: Blueprint) -> None:
    """Puts both under their addresses."""
    blueprint.add_url_rule("/healthz", view_func=healthz)
    blueprint.add_url_rule("/readyz", view_func=readyz)


def healthz() -> Response:
    """200 while the process answers."""
    return jsonify(status="ok", release=RELEASE)


def readyz() -> tuple[Response, int]:
    """200 if database and Redis answer, 503 with the one that does not.

    Feeds go on without Redis, on this process's own counters: a balancer may wish to know.
    """
    checks = {"database": _database()}
    if current_app.config["FLUX_REDIS_URL"]:
        checks["redis"] = "ok" if limiter.storage.check() else "does not answer"
    ready = all(state == "ok" for state in checks.values())
    return jsonify(status="ok" if ready else "unavailable", checks=checks), 200 if ready else 503


def _database() -> str:
    try:
        fetch(engine, "SELECT name FROM plans LIMIT 1", ())
    except Exception:  # noqa: BLE001 - whatever a driver raises: not ready is the answer, not a fault
        return "does not answer, or is not set up: run `flask --app app flux init`"
    return "ok"
