"""SNIPPETS: what there is to paste or to save, tool by tool. A text file each under templates/snippets/."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text for one tool: `templates/snippets/<id>.txt`. `file` is its name where it is one to be saved."""

    id: str
    tool: str
    label: str
    language: str
    note: str
    file: str | None = None
    of_metrics: bool = True  # whether it can read a saved metric, too


SNIPPETS = (
    Snippet(
        "google_sheets",
        "Google Sheets",
        "Formula",
        "Google Sheets",
        "Paste it into a cell and choose “Allow access”. For sheets whose formulas take commas "
        "(United States, United Kingdom …). Sheets asks again about once an hour while the "
        "document is open. A text of digits becomes a number: the script keeps it as it is.",
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
        "Keeps the key out of the document. Extensions → Apps Script, paste, save, reload the "
        "document: the new menu Flux refreshes now or every hour and asks for the key once. Writes "
        "typed values, never formulas. 20,000 requests a day.",
        "Code.gs",
    ),
    Snippet(
        "data_studio",
        "Data Studio (formerly Looker Studio)",
        "Connector: Code.gs",
        "JavaScript",
        "A connector for this installation, every dataset in it. script.google.com → New project,"
        " paste both files, Deploy → Test deployments, open the link. Needs this address to be "
        "public and https. It asks for the key when the data source is made. Data Studio keeps answers "
        "for up to 12 hours.",
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
        "power_query_connector",
        "Power BI",
        "Custom connector",
        "Power Query M",
        "Every dataset in the navigator, the key in the credential store. Build it with the Power Query "
        "SDK of Visual Studio Code, put the .mez into Documents/Power BI Desktop/Custom Connectors, and "
        "allow any extension in the options; the service needs a gateway.",
        "flux.pq",
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
        "odata",
        "OData (Excel, Power BI)",
        "Power Query",
        "Power Query M",
        "Blank query → Advanced editor, paste; choose “Basic”, any user name, the key as password. "
        "Filters and sorts on the server. Or by hand: Get data → OData feed.",
        of_metrics=False,
    ),
    Snippet(
        "odata_pbids",
        "OData (Excel, Power BI)",
        "Connection file",
        "JSON",
        "Power BI Desktop opens it with every dataset in the navigator; credentials as above.",
        "flux-odata.pbids",
        of_metrics=False,
    ),
    Snippet(
        "libreoffice",
        "LibreOffice",
        "Address",
        "Address",
        "Sheet → External links…, paste, choose English (USA) and comma, mark columns of text as text (or a "
        "text of digits becomes a number), then CSV_all. Refreshes as often as you say there.",
    ),
    Snippet(
        "libreoffice_decimal_comma",
        "LibreOffice",
        "Address with decimal commas",
        "Address",
        "The same for where one writes 1,5 (Germany, France, Brazil …): your language and semicolon.",
    ),
    Snippet(
        "grafana_provisioning",
        "Grafana",
        "Data source",
        "YAML",
        "The Infinity data source: save this under provisioning/datasources and start "
        "Grafana anew; or set the same by hand.",
        "flux.yaml",
    ),
    Snippet(
        "grafana_dashboard",
        "Grafana",
        "Dashboard",
        "JSON",
        "Dashboards → New → Import. Scorecards, trend, weekdays, hours and the best posts, for the "
        "dashboard's own window. Asks at each refresh; unchanged data cost nothing.",
        "flux-dashboard.json",
    ),
    Snippet(
        "grafana_infinity",
        "Grafana",
        "One feed as a query",
        "JSON",
        "For a panel of your own: the Infinity data source with this as its query.",
    ),
    Snippet(
        "curl",
        "curl",
        "Command line",
        "Shell",
        "Keeps the answer's tag beside the file: unchanged data are not sent again and do not count. Only a "
        "whole answer takes the file's place; after a refusal the .new file beside it says why.",
    ),
    Snippet(
        "pandas",
        "pandas",
        "Python",
        "Python",
        "pandas 2 or later; dates come as dates, unknown figures as missing ones, text as it was written.",
    ),
    Snippet(
        "polars",
        "Polars",
        "Python",
        "Python",
        "Polars 1 or later; types as the catalog has them, no package besides.",
    ),
    Snippet(
        "javascript",
        "JavaScript",
        "Module",
        "JavaScript",
        "Node 18 or later, Deno, Bun: save it as feed.mjs. On a server, never in a page.",
        "feed.mjs",
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
