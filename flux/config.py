"""SETTINGS: every environment variable that Flux reads, declared once."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its environment variable, the value without it, and what it does."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting(
        "FLUX_DATABASE_URL",
        "",
        "Where data is kept: `postgresql://…` or `sqlite:///…`. Empty: SQLite in the instance folder.",
    ),
    Setting(
        "FLUX_REDIS_URL",
        "",
        "`redis://…` for exact quotas and a shared cache with several processes. Empty: in memory, one "
        "process.",
    ),
    Setting(
        "FLUX_SECRET_KEY",
        "",
        "Signs sessions and keys the hash of API keys. Empty: made once and kept in the instance folder. "
        "Changing it ends every session and every key.",
    ),
    Setting(
        "FLUX_BASE_URL",
        "",
        "The address that snippets and links show, such as `https://flux.example.org`. Empty: taken from the "
        "request.",
    ),
    Setting(
        "FLUX_INSTANCE_PATH",
        "",
        "Folder of the SQLite file, the secret and uploads. Empty: `instance/` beside `app.py`.",
    ),
    Setting(
        "FLUX_TRUSTED_PROXIES",
        "0",
        "How many reverse proxies stand in front and may tell the client's address, scheme and host.",
    ),
    Setting("FLUX_MAX_UPLOAD_MB", "100", "The largest file that may be imported, in MiB."),
    Setting(
        "FLUX_IMPORT_MEMORY_MB", "1024", "Memory limit of the process that reads an uploaded file, in MiB."
    ),
    Setting("FLUX_IMPORT_SECONDS", "120", "Time limit of that process, in seconds."),
    Setting(
        "FLUX_INLINE_UPLOAD_MB",
        "4",
        "A file up to this size, in MiB, is imported while its sender waits; a larger one by the worker.",
    ),
    Setting(
        "FLUX_JOB_PATIENCE",
        "30",
        "Seconds without a sign of life after which a job's worker counts as dead and the job is taken over.",
    ),
    Setting(
        "FLUX_CACHE_BODY_KB",
        "2048",
        "Answers larger than this, in KiB, are made anew each time instead of being cached.",
    ),
    Setting(
        "FLUX_MAX_EVENTS",
        "1000000",
        "The most events that an account may keep. What comes beyond is refused: `flux event delete` makes "
        "room.",
    ),
    Setting(
        "FLUX_RESULT_CACHE_SECONDS",
        "300",
        "Seconds for which the result of an SQL query is kept, where an account has no time of its own; at "
        "least 300. New data show at once.",
    ),
    Setting(
        "FLUX_SANDBOX_MB",
        "2048",
        "What the files on which the accounts' SQL runs may take, in MiB: those unused longest go first.",
    ),
    Setting(
        "FLUX_BURST_PER_MINUTE",
        "1200",
        "Requests a minute and key that are answered at all, 304 and HEAD included, per process.",
    ),
)


class ConfigurationError(Exception):
    """A setting that cannot be used; the message names it, its value and what would be right."""


def read_settings(environment: Mapping[str, str], default_instance: Path) -> dict[str, str]:
    """Every setting's value, defaults filled in; makes the instance folder and, once, the secret.

    Raises ConfigurationError for a number that is none.
    """
    values = {s.name: environment.get(s.name) or s.default for s in SETTINGS}
    for setting in SETTINGS:
        if setting.default.isdigit() and not values[setting.name].isdigit():
            raise ConfigurationError(
                f"{setting.name} is '{values[setting.name]}': it must be a whole number, such as "
                f"{setting.default}"
            )
    instance = Path(values["FLUX_INSTANCE_PATH"] or default_instance).absolute()
    instance.mkdir(parents=True, exist_ok=True)
    values["FLUX_INSTANCE_PATH"] = str(instance)
    values["FLUX_DATABASE_URL"] = _driver(values["FLUX_DATABASE_URL"]) or f"sqlite:///{instance / 'flux.db'}"
    values["FLUX_SECRET_KEY"] = values["FLUX_SECRET_KEY"] or _kept_secret(instance / "secret_key")
    values["FLUX_BASE_URL"] = values["FLUX_BASE_URL"].rstrip("/")
    return values


def _driver(url: str) -> str:
    """Names psycopg2 for the spellings of a PostgreSQL URL that hosting services hand out."""
    for head in ("postgres://", "postgresql://"):
        if url.startswith(head):
            return "postgresql+psycopg2://" + url.removeprefix(head)
    return url


def _kept_secret(path: Path) -> str:
    """The secret in `path`, made first if it is not there; processes that start at once agree on one."""
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text()
