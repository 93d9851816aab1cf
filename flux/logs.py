"""Logs without secrets: whatever any logger of the process says is cleaned before a handler sees it."""

import logging
import re
import threading
from typing import Any

_HIDDEN = "…"

# A key or most of one, also with its underscores percent-encoded; what follows the prefix goes.
_KEY = re.compile(r"(flux(?:_|%5f)(?:(?:bi|api|env|cs|at|link)(?:_|%5f))?)[0-9a-z]{12,}", re.IGNORECASE)
# A link's secret is a part of a path, and would be one as well with its prefix cut off.
_LINK = re.compile(r"(/feeds(?:/|%2f))[^\s?&;,'\"<>)]+", re.IGNORECASE)
# ?key=…, client_secret=…, token=… in an address, in a form or in a call.
_NAMED = re.compile(
    r"\b((?:[\w-]*key|token|[\w-]*_token|[\w-]*secret|password)=)[^\s&;,'\"<>)]+", re.IGNORECASE
)
_HEADER = re.compile(
    r"(authorization['\"]?\s*[:=,]\s*['\"]?)(?!(?:bearer|basic)\b)[^\s'\",)}\]]+", re.IGNORECASE
)
_SCHEME = re.compile(r"\b(bearer|basic)(\s+|%20|\+)[\w.~+/=%-]{8,}", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"(://[^\s:/@]*:)[^\s/@]+@")

# Each rule with what it cannot do without: most lines hold none of it, and a look is cheaper than a pattern.
_RULES = (
    (("flux_", "flux%5f"), _KEY, rf"\1{_HIDDEN}"),
    (("/feeds",), _LINK, rf"\1{_HIDDEN}"),
    (("=",), _NAMED, rf"\1{_HIDDEN}"),
    (("authorization",), _HEADER, rf"\1{_HIDDEN}"),
    (("bearer", "basic"), _SCHEME, rf"\1 {_HIDDEN}"),
    (("@",), _PASSWORD_IN_URL, rf"\1{_HIDDEN}@"),
)

_CONTROLS = {n: f"\\x{n:02x}" for n in (*range(32), 127)}
# These write one line a message: a line break in an address must not forge a second one.
_ONE_LINE = ("flux", "gunicorn.access")
_FORMAT = "%(asctime)s [%(process)d] [%(levelname)s] %(name)s: %(message)s"

_formatter = logging.Formatter()
_make_record = logging.getLogRecordFactory()


def scrub(text: str) -> str:
    """`text` without keys, tokens, passwords and `Authorization` values; what they were called stays."""
    lower = text.lower()
    for marks, pattern, kept in _RULES:
        if any(mark in lower for mark in marks):
            text = pattern.sub(kept, text)
    return text


def install() -> None:
    """Cleans every record that is made from now on in this process, its traceback included.

    A filter on a logger misses what its children pass up, and one on a handler the handlers that come
    later: so records are cleaned where all of them are made. To be called in every process; twice is once.
    """
    logging.setLogRecordFactory(_clean_record)
    threading.excepthook = _log_thread
    logging.getLogger("flux").setLevel(logging.INFO)
    logging.basicConfig(format=_FORMAT, level=logging.WARNING)  # does nothing where handlers are set up


def _clean_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _make_record(*args, **kwargs)
    record.msg, record.args = scrub(_message(record)), None
    if record.name in _ONE_LINE:
        record.msg = record.msg.translate(_CONTROLS)
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = scrub(_formatter.formatException(record.exc_info))
    if record.stack_info:
        record.stack_info = scrub(record.stack_info)
    return record


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a wrong format: logging itself would print all as it is
        return f"{record.msg} {record.args}"


def _log_thread(told: threading.ExceptHookArgs) -> None:
    """An exception that ends a thread is logged like any other, instead of printed as it is."""
    if told.exc_value is not None:
        error = (told.exc_type, told.exc_value, told.exc_traceback)
        logging.getLogger("flux").error("a thread ended with an exception", exc_info=error)
