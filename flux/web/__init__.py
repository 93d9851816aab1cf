"""The door for people: sign-in, import, keys, feeds, and the pages that show what is there."""

import hashlib
from pathlib import Path

from flask import Flask

from flux.describe.form import label
from flux.web import (
    account,
    analyses,
    connectors,
    docs,
    doctor,
    guard,
    imports,
    keys,
    links,
    metric_editor,
    metrics,
    overview,
    picker,
    profiles,
    projects,
)
from flux.web.words import FILTERS

PARTS = (
    account,
    overview,
    profiles,
    imports,
    projects,
    analyses,
    keys,
    links,
    picker,
    doctor,
    connectors,
    metrics,
    metric_editor,
    docs,
)


def register(app: Flask) -> None:
    """Binds every page to the app."""
    guard.register(app)
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    app.jinja_env.filters.update(FILTERS, label=label)
    app.jinja_env.globals["asset_version"] = _asset_version(Path(app.static_folder or ""))


def _asset_version(folder: Path) -> str:
    """Changes with any of the static files, so that browsers may keep them for ever."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()[:12]
