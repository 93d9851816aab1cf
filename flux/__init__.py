"""Flux: LinkedIn analytics as feeds that any tool can read."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).parent.parent

# The systems that Flux solves are small: threads of the linear algebra cost more than they give, and take
# the processors from requests. Read when numpy is loaded, so it stands before anything that loads it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def create_app(settings: Mapping[str, str] | None = None) -> "Flask":
    """The application; `settings` stand in for the environment. Raises ConfigurationError.

    Imports stand in here: the process that reads an untrusted file loads an importer and no web server.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from flux import api, cli, errors, extensions, logs, mcp, odata, quotas, web
    from flux.config import read_settings

    values = read_settings(os.environ if settings is None else settings, ROOT / "instance")
    app = Flask(
        __name__,
        instance_path=values["FLUX_INSTANCE_PATH"],
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.url_map.merge_slashes = False  # a redirect would repeat the address, and in it the key
    app.config.from_mapping(values)
    app.config["SECRET_KEY"] = values["FLUX_SECRET_KEY"]
    app.config["MAX_CONTENT_LENGTH"] = int(values["FLUX_MAX_UPLOAD_MB"]) * 2**20
    if proxies := int(values["FLUX_TRUSTED_PROXIES"]):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    logs.install()
    extensions.bind(app)
    errors.register(app)
    quotas.register(app)
    api.register(app)
    mcp.register(app)
    odata.register(app)
    web.register(app)
    app.cli.add_command(cli.flux)
    return app
