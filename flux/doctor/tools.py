"""TOOLS: how each tool asks for a feed, what it shows where it gets none, and what it cannot take."""

from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a tool, beside its key."""

    method: str = "GET"
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as the feed sees it. Sizes are in bytes, lengths in characters; None: no limit that matters."""

    name: str
    key: str  # where its key stands: address, bearer, basic
    asks: tuple[Ask, ...]  # in its order
    fails: str  # what it shows instead of rows, whatever the reason
    habit: str  # what is to be known where all is well
    reads: tuple[str, ...] = ("csv",)  # formats; the first is the one that it is to ask for
    abroad: bool = False  # asks from its maker's servers, which reach public addresses only, from any address
    secure: bool = False  # takes https only
    longest: int | None = None  # of an address
    largest: int | None = None  # of an answer
    most_cells: int | None = None

    @property
    def format(self) -> str:
        """The format that its snippet asks for."""
        return self.reads[0]


MB = 1_000_000
_GZIP = ("Accept-Encoding", "gzip")
_ALL = ("Accept-Encoding", "deflate, gzip, br, zstd")
_PLAIN = ("Accept-Encoding", "identity")
_ANY = ("Accept", "*/*")

TOOLS = (
    Tool(
        "Google Sheets, formula", "address", (Ask(),),
        "#N/A, “Could not fetch url”",
        "Asks again about once an hour while the document is open, and keeps answers by address, failures "
        "too: add &_=1 to the address to ask anew.",
        abroad=True, longest=2_000, largest=MB, most_cells=600_000,
    ),
    Tool(
        "Google Sheets, Apps Script", "bearer", (Ask("GET", (_GZIP,)),),
        "a message with Flux's own words, and the sheet as it was",
        "The key stays out of the document. 20,000 requests a day.",
        reads=("json",), abroad=True, longest=2_000, largest=50 * MB,
    ),
    Tool(
        "Data Studio (formerly Looker Studio)", "bearer", (Ask("GET", (_GZIP,)),),
        "an error in place of the chart, with Flux's own words",
        "Keeps answers for up to 12 hours: refresh the data in the report to see new ones at once.",
        reads=("json",), abroad=True, secure=True, largest=50 * MB,
    ),
    Tool(
        "Power BI service", "basic", (Ask("GET", (_ANY, _GZIP)),),
        "a refresh that failed, “Unable to connect”",
        "Choose “Basic”, any user name, the key as password; if the connection test fails, tick “Skip test "
        "connection”.",
        abroad=True, secure=True,
    ),
    Tool(
        "Excel and Power BI Desktop", "address", (Ask("GET", (_ANY, _GZIP)),),
        "“DataSource.Error”, or a question for other credentials",
        "Choose “Web API” for the key, “Anonymous” for a link. The formula WEBSERVICE does not suit: it "
        "takes 32,767 characters of an answer.",
        longest=2_048,
    ),
    Tool(
        "LibreOffice", "address",
        (Ask("HEAD", (_ANY, _ALL)), Ask("HEAD", (_ANY, _ALL)), Ask("GET", (_ANY, _ALL))),
        "“The link could not be updated.”, or Err:519",
        "Asks for the headers twice before it asks for rows: those are free.",
    ),
    Tool(
        "Grafana, Infinity", "bearer", (Ask("GET", (("Accept", "text/csv; charset=utf-8"), _GZIP)),),
        "an error in the panel",
        "The data source's allowed hosts must have this one.",
        reads=("csv", "json"),
    ),
    Tool(
        "curl", "bearer", (Ask("GET", (_ANY,)),),
        "exit status 22, and the file as it was",
        "With --etag-compare, unchanged data are not sent again and do not count.",
        reads=("csv", "json"),
    ),
    Tool("pandas", "bearer", (Ask("GET", (_PLAIN,)),), "HTTPError", "Asks for all of it each time."),
    Tool("R", "bearer", (Ask("GET", (_ANY, _ALL)),), "“cannot open URL”, HTTP status", "Asks for all of it."),
    Tool(
        "Polars, by address", "address",
        (Ask("HEAD", (_PLAIN,)), Ask("GET", (_PLAIN, ("Range", "bytes=0-")))),
        "ComputeError", "Asks for the headers first, then for parts.",
    ),
    Tool(
        "DuckDB", "bearer", (Ask("HEAD", (_PLAIN,)), Ask("GET", (_PLAIN, ("Range", "bytes=0-")))),
        "“HTTP Error”, after five tries",
        "Asks for the headers first, then for parts.",
    ),
)  # fmt: skip
