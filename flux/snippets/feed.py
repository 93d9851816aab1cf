"""What a snippet fetches: a dataset's or a saved metric's address, and the columns that come back."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from flux.catalog.declare import Dataset

PLACEHOLDER = "YOUR_BI_KEY"


@dataclass(frozen=True, slots=True)
class Feed:
    """What a snippet fetches. `params` choose the rows; how these are written, each snippet says itself."""

    base: str  # https://flux.example.org, without a slash at the end
    dataset: Dataset
    params: tuple[tuple[str, str], ...]
    key: str = PLACEHOLDER
    link: str = (
        ""  # the secret of a link: then the feed has an address of its own, without key and parameters
    )

    @property
    def path(self) -> str:
        """The dataset's path or the link's, without the first slash."""
        return f"api/v1/feeds/{self.link}" if self.link else f"api/v1/{self.dataset.path}"

    @property
    def host(self) -> str:
        """Scheme and host: what the key may be sent to."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def profiles(self) -> str:
        """The profiles chosen, separated by commas; empty: all that the key may see."""
        return dict(self.params).get("profile_id", "") if self.dataset.folder == "datasets" else ""

    @property
    def choice(self) -> str:
        """The feed as the picker's own address tells it."""
        return urlencode([("dataset", self.dataset.name), *self.params])

    def asked(self, format: str, raw: bool = False) -> list[tuple[str, str]]:
        """The parameters of that format; `raw` where no cell can become a formula: text as it was written."""
        unguarded = [("safe", "0")] if raw and ("safe", "0") not in self.params else []
        return [*(() if self.link else self.params), *unguarded, ("format", format)]

    def url(self, format: str, with_key: bool = False, raw: bool = False, **written: str) -> str:
        """The address of the feed in that format; with the key in it for tools that cannot send headers."""
        asked = [*self.asked(format, raw), *written.items()]
        if self.link:
            asked.remove(("format", format))  # its end says so
        elif with_key:
            asked.append(("key", self.key))
        query = urlencode(asked, quote_via=quote, safe=",")
        return f"{self.base}/{self.path}{'.' + format if self.link else ''}{'?' + query if query else ''}"

    def columns(self) -> list[dict[str, str]]:
        """Name and type of each column of the answer."""
        compared = ("compare", "previous") in self.params
        found = self.dataset.columns + (self.dataset.compared_columns() if compared else ())
        return [{"name": c.name, "type": c.type} for c in found]

    def typed(self, **types: str) -> dict[str, str]:
        """The columns of the types named, with each type's word in a tool's own language, in their order."""
        return {c["name"]: types[c["type"]] for c in self.columns() if c["type"] in types}
