"""The doctor's patient: a feed, and the key, link or address with which it is asked for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from flask import request

from flux.doctor import Tool
from flux.keys import kind_of
from flux.mistakes import Mistake
from flux.snippets import Feed
from flux.store.vault import Holder

FEEDS = "/api/v1/feeds/"

_ADDRESS = re.compile(r"https?://[^\s\"'<>;]+", re.IGNORECASE)
_FEED = r"(/api/v1/(?:datasets|metrics|feeds)/.+)"
_PORTS = {"http": ":80", "https": ":443"}
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Patient:
    """A feed, and the key or link with which it is asked for; without one: `holder`, for a dry run.

    `query` is that of a pasted address, which is asked as it stands: in it is all that the tool was given.
    """

    base: str
    path: str
    params: Pairs = ()
    secret: str = ""
    holder: Holder | None = None
    query: str | None = None

    @property
    def is_link(self) -> bool:
        """Whether the secret stands in the path."""
        return self.path.startswith(FEEDS)

    def address(self, tool: Tool) -> str:
        """What is pasted into the tool."""
        return self.base + self.target(tool)

    def target(self, tool: Tool) -> str:
        """The address behind the base."""
        if self.query is not None:
            return f"{self.path}?{self.query}" if self.query else self.path
        params = [*self.params, ("format", tool.format)]
        if tool.key == "address" and self.secret and not self.is_link:
            params.append(("key", self.secret))
        return f"{self.path}?{_encoded(params)}"

    def hidden(self) -> "Patient":
        """The same with a word in place of its secret, to be shown."""
        pairs = parse_qsl(self.query or "", keep_blank_values=True)
        return replace(
            self,
            secret=self.secret and "KEY",
            path=f"{FEEDS}LINK" if self.is_link else self.path,
            query=self.query and _encoded((n, "KEY" if n == "key" else v) for n, v in pairs),
        )


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    return urlencode(list(pairs), quote_via=quote, safe=",")


def read_patient(pasted: str, feed: Feed, holder: Holder) -> Patient:
    """What is to be asked for: the feed with a key, a link, or an address, also within a formula.

    Raises Mistake for an address of another host, since nobody but this installation is asked, and for one
    that is no feed's.
    """
    pasted = pasted.strip()
    chosen = Patient(feed.base, f"/{feed.path}", feed.params)
    if found := _ADDRESS.search(pasted):
        return _read_address(found[0], feed.base)
    kind = kind_of(pasted)
    if kind is not None and kind.name == "link":
        return Patient(feed.base, FEEDS + pasted, secret=pasted)
    return replace(chosen, secret=pasted) if pasted else replace(chosen, holder=holder)


def _read_address(address: str, base: str) -> Patient:
    try:
        parts = urlsplit(address)
    except ValueError:  # such as a bracket that is not closed
        raise _no_feed(base) from None
    own = [urlsplit(home) for home in (base, request.url_root.rstrip("/"))]
    here = [home for home in own if _host(home) == _host(parts)]
    if not here:
        raise Mistake(
            f"That address is of another host, {_host(parts).rpartition('@')[2][:100]}: the doctor asks "
            f"nobody but this installation, {base}. Paste an address of it, a key, or a link.",
            parameter="secret",
        )
    for home in here:
        if found := re.fullmatch(re.escape(home.path) + _FEED, parts.path):
            path = found[1]
            keys = (value for name, value in parse_qsl(parts.query) if name == "key")
            secret = path.removeprefix(FEEDS) if path.startswith(FEEDS) else next(keys, "")
            place = f"{parts.scheme}://{parts.netloc}{home.path}"
            return Patient(place, path, secret=secret, query=parts.query)
    raise _no_feed(base)


def _no_feed(base: str) -> Mistake:
    return Mistake(
        f"That address is no feed's: a feed's begins with {base}/api/v1/datasets/, …/metrics/ or …/feeds/. "
        "Copy it from the picker.",
        parameter="secret",
    )


def _host(parts: SplitResult) -> str:
    """Host and port; a port that goes without saying is left out."""
    return parts.netloc.lower().removesuffix(_PORTS.get(parts.scheme, ""))


def wrong(patient: Patient) -> Patient:
    """The same with a slip in its key, which is put where each tool has it."""
    secret = patient.secret or "flux_bi_"
    slip = secret[:-5] + ("b" if secret[-5:-4] == "a" else "a") + secret[-4:]
    path = patient.path.replace(secret, slip) if patient.is_link else patient.path
    return replace(patient, path=path, secret=slip, holder=None, query=None)
