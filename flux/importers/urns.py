"""URNs: a LinkedIn post's identity, and the moment that is written into it."""

import re
from urllib.parse import unquote

_KINDS = {"activity": "activity", "share": "share", "ugcpost": "ugcPost"}
# The digits are needed: slugs contain words such as "share-your-story".
_LONG = re.compile(r"(activity|share|ugcpost)[:\-](\d{15,19})(?!\d)", re.IGNORECASE)
_SHORT = re.compile(r"urn:li:(activity|share|ugcpost):(\d{1,19})(?!\d)", re.IGNORECASE)
_GROUP = re.compile(r"urn:li:grouppost:(\d+-\d+)", re.IGNORECASE)
_FIRST_MS, _LAST_MS = 1_262_304_000_000, 4_102_444_800_000  # 2010 to 2100; older ids hold no time


def find_urn(text: str) -> str | None:
    """The canonical URN in a URL or URN, percent-encoded or not; None where there is none."""
    if "%" in text:
        text = unquote(unquote(text))
    found = _LONG.search(text) or _SHORT.search(text)
    if found:
        return f"urn:li:{_KINDS[found[1].lower()]}:{found[2]}"
    group = _GROUP.search(text)
    return f"urn:li:groupPost:{group[1]}" if group else None


def id_ms(urn: str) -> int | None:
    """Unix milliseconds in the id of an activity, share or ugcPost URN; None where it holds none."""
    head, _, number = urn.rpartition(":")
    if not number.isdigit() or head.rpartition(":")[2] not in _KINDS.values():
        return None
    ms = int(number) >> 22
    return ms if _FIRST_MS <= ms < _LAST_MS else None


def id_time(urn: str) -> int | None:
    """Unix seconds in the id of a URN; None where it holds none."""
    ms = id_ms(urn)
    return None if ms is None else ms // 1000


def is_activity(urn: str) -> bool:
    """Whether a URN is an activity's: its time is that of publication, a share's may be of scheduling."""
    return urn.startswith("urn:li:activity:")
