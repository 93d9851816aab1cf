"""SNIPPETS: a feed, ready to paste into each tool. One text file each under templates/snippets/."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flux.catalog.declare import Dataset
from flux.describe.datastudio import describe_connector
from flux.describe.escapes import ESCAPES

PLACEHOLDER = "YOUR_BI_KEY"
TEMPLATES = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text for one tool: `templates/snippets/<id>.txt`. `file` is its name where it is one to be saved."""

    id: str
    tool: str
    label: str
    language: str
    note: str
    file: str | None = None


SNIPPETS = (
    Snippet(
        "google_sheets",
        "Google Sheets",
        "Formula",
        "Google Sheets",
        "Paste it into a cell and choose “Allow access”. For sheets whose formulas take commas "
        "(United States, United Kingdom …). Sheets asks again about once an hour while the "
        "document is open.",
    ),
    Snippet(
        "google_sheets_semicolon",
        "Google Sheets",
        "Formula with semicolons",
        "Google Sheets",
        "The same for sheets whose formulas take semicolons (Germany, France, Brazil …).",
    ),
    Snippet(
        "apps_script",
        "Google Sheets",
        "Apps Script",
        "JavaScript",
        "Keeps the key out of the cells. Extensions → Apps Script, paste, run `setKey` once, then"
        " `refresh`, or put `refresh` on a timer. Writes typed values, never formulas. 20,000 "
        "requests a day.",
        "Code.gs",
    ),
    Snippet(
        "data_studio",
        "Data Studio (formerly Looker Studio)",
        "Connector: Code.gs",
        "JavaScript",
        "A connector for this installation, every dataset in it. script.google.com → New project,"
        " paste both files, Deploy → Test deployments, open the link. Needs this address to be "
        "public and https. Data Studio keeps answers for up to 12 hours.",
        "Code.gs",
    ),
    Snippet(
        "data_studio_manifest",
        "Data Studio (formerly Looker Studio)",
        "Connector: appsscript.json",
        "JSON",
        "Its manifest: Project settings → Show “appsscript.json”.",
        "appsscript.json",
    ),
    Snippet(
        "power_bi_header",
        "Power BI",
        "Key in the query",
        "Power Query M",
        "Get data → Blank query → Advanced editor, paste; credentials: Anonymous. Works in "
        "Desktop and in the service; whoever can read the query can read the key.",
    ),
    Snippet(
        "power_bi_api_key_name",
        "Power BI",
        "Key in the credential store",
        "Power Query M",
        "For Desktop and Excel: choose “Web API” when asked for credentials, and paste the key there.",
    ),
    Snippet(
        "power_bi_basic",
        "Power BI",
        "Key as a password",
        "Power Query M",
        "For scheduled refresh in the service, which offers Anonymous and Basic only: choose "
        "“Basic”, any user name, the key as password. If the connection test fails, tick “Skip "
        "test connection”.",
    ),
    Snippet(
        "pbids",
        "Power BI",
        "Connection file",
        "JSON",
        "Save it as flux.pbids and open it: Power BI asks for credentials. Choose “Basic” with "
        "the key as password.",
        "flux.pbids",
    ),
    Snippet(
        "excel",
        "Excel",
        "Power Query",
        "Power Query M",
        "Data → Get data → From other sources → Blank query → Advanced editor, paste; choose “Web"
        " API” and paste the key. Excel for Windows; refreshes by Data → Refresh all.",
    ),
    Snippet(
        "grafana_infinity",
        "Grafana",
        "Infinity data source",
        "JSON",
        "The Infinity data source: authentication “Bearer token” with the key, this address among"
        " the allowed hosts; then this as the query. Asks at each refresh of the dashboard; "
        "unchanged data cost nothing.",
    ),
    Snippet(
        "curl",
        "curl",
        "Command line",
        "Shell",
        "Keeps the answer's tag beside the file: unchanged data are not sent again and do not count.",
    ),
    Snippet(
        "pandas",
        "pandas",
        "Python",
        "Python",
        "pandas 2 or later; dates come as dates, unknown figures as missing ones.",
    ),
    Snippet(
        "r",
        "R",
        "R",
        "R",
        "Base R 4, no package needed.",
    ),
    Snippet(
        "duckdb",
        "DuckDB",
        "SQL",
        "SQL",
        "DuckDB 1.1 or later, with its httpfs extension.",
    ),
)

M_TYPES = {
    "string": "type text",
    "list": "type text",
    "integer": "Int64.Type",
    "number": "type number",
    "boolean": "type logical",
    "date": "type date",
    "datetime": "type datetimezone",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """What a snippet fetches. `params` choose the rows; how these are written, each snippet says itself."""

    base: str  # https://flux.example.org, without a slash at the end
    dataset: Dataset
    params: tuple[tuple[str, str], ...]
    key: str = PLACEHOLDER

    @property
    def path(self) -> str:
        """The dataset's path, without the first slash."""
        return f"api/v1/datasets/{self.dataset.name}"

    @property
    def host(self) -> str:
        """Scheme and host: what the key may be sent to."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}"

    def url(self, format: str, with_key: bool = False) -> str:
        """The address of the feed in that format; with the key in it for tools that cannot send headers."""
        asked = [*self.params, ("format", format), *([("key", self.key)] if with_key else [])]
        return f"{self.base}/{self.path}?{urlencode(asked, quote_via=quote, safe=',')}"

    def columns(self) -> list[dict[str, str]]:
        """Name and type of each column of the answer."""
        compared = ("compare", "previous") in self.params
        found = self.dataset.columns + (self.dataset.compared_columns() if compared else ())
        return [{"name": c.name, "type": c.type} for c in found]


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - these are programs, not pages; every value goes through its language's escape
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(ESCAPES)


def render(snippet: Snippet, feed: Feed) -> str:
    """The snippet for a feed, ready to paste."""
    template = _environment.get_template(f"snippets/{snippet.id}.txt")
    return template.render(feed=feed, m_types=M_TYPES, connector=describe_connector)


def tools() -> dict[str, list[Snippet]]:
    """The snippets by tool, in their order."""
    found: dict[str, list[Snippet]] = {}
    for snippet in SNIPPETS:
        found.setdefault(snippet.tool, []).append(snippet)
    return found
