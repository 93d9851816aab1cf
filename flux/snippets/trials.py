"""TRIALS: for each tool what the tests run, what they cannot, and how to check that in two minutes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """How far the tests have gone with a tool. `check`: the steps by which anybody sees whether it works."""

    tool: str
    tried: str
    untried: str
    check: tuple[str, ...]


_SECOND_READ = "Compare the number of rows and the sum of `engagement` with the picker's preview."

TRIALS = (
    Trial(
        "Google Sheets",
        "Both formulas are read by a spreadsheet engine, each in its locale, and the address that it finds "
        "is fetched. The script is checked by TypeScript against Google's types and run in Node: menu, "
        "prompt, timer and sheet are stand-ins that have only what those types have, requests are real.",
        "Google Sheets itself: the warning before the first import, the hourly refresh, how a cell shows "
        "what is written into it.",
        (
            "Paste the formula into an empty sheet and choose “Allow access”.",
            "Extensions → Apps Script: paste the script, save, reload the document, Flux → Refresh now.",
            _SECOND_READ,
        ),
    ),
    Trial(
        "Data Studio (formerly Looker Studio)",
        "The connector is checked by TypeScript against Google's types and run in Node: key, stepped form, "
        "schema, data, pages and errors, with real requests. Its manifest is checked against Google's rules.",
        "Data Studio itself: consent, its cache, how charts aggregate. Stand-ins have only what Google's "
        "types have, but do what its reference says, not what its code does.",
        (
            "script.google.com → New project: paste both files, Deploy → Test deployments, open the link.",
            "Give it the key, choose a dataset, then Next, then Connect.",
            "Put a scorecard of `Engagement` on the page. " + _SECOND_READ,
        ),
    ),
    Trial(
        "Power BI",
        "All queries and the connector are parsed by Microsoft's parser, the functions that they use are "
        "known ones, and what each asks for is fetched and has the columns that it types.",
        "Power BI: no engine of M runs outside Windows. The connector was neither built nor signed.",
        (
            "Get data → Blank query → Advanced editor: paste, choose the credentials that the note names.",
            "Look at the types in the column heads: figures as 123, days as a calendar.",
            _SECOND_READ,
        ),
    ),
    Trial(
        "Excel",
        "The query is parsed by Microsoft's parser, and what it asks for is fetched.",
        "Excel itself.",
        (
            "Data → Get data → From other sources → Blank query → Advanced editor, paste, Done.",
            "Choose “Web API”, paste the key, then Close & load.",
            _SECOND_READ,
        ),
    ),
    Trial(
        "OData (Excel, Power BI)",
        "The service is read by a strict client of the protocol. The query is parsed by Microsoft's "
        "parser, and what it asks for is fetched.",
        "Excel and Power BI themselves: what they push to the server, and their dialogs.",
        (
            "Get data → OData feed: give it this installation's address with /odata/ behind it.",
            "Choose “Basic”, any user name, the key as password, then a dataset.",
            _SECOND_READ,
        ),
    ),
    Trial(
        "LibreOffice",
        "Run: opened and linked, the one in English (USA), the other in German; every dataset and a metric.",
        "Nothing.",
        ("Sheet → External links…, paste, Enter, choose the language and CSV_all.", _SECOND_READ),
    ),
    Trial(
        "Grafana",
        "The dashboard is read and written by Grafana's own SDK without loss, the settings are read as YAML, "
        "and every panel's question is fetched and has the columns that it names.",
        "A Grafana server with the Infinity plugin.",
        (
            "Save flux.yaml under provisioning/datasources, start Grafana anew, choose “Test” at Flux.",
            "Dashboards → New → Import → flux-dashboard.json.",
            "Compare the scorecards with the picker's preview of the overview for the same days.",
        ),
    ),
    Trial(
        "curl",
        "Run: 200 and a file, then 304 and the same file; refused or broken off, the file stays as it was.",
        "Nothing.",
        ("Run it twice: the second time no data are sent, and the file stays.",),
    ),
    Trial("pandas", "Run for every dataset and a metric.", "Nothing.", ("Run it.", _SECOND_READ)),
    Trial("Polars", "Run for every dataset and a metric.", "Nothing.", ("Run it.", _SECOND_READ)),
    Trial(
        "JavaScript",
        "Run in Node for every dataset and a metric.",
        "Deno and Bun.",
        ("Save it as feed.mjs and run `node feed.mjs`.", _SECOND_READ),
    ),
    Trial("R", "Run for every dataset and a metric.", "Nothing.", ("Run it with Rscript.", _SECOND_READ)),
    Trial(
        "DuckDB",
        "Run for every dataset and a metric, with its own httpfs.",
        "`INSTALL httpfs`, which fetches the extension from DuckDB's site: the tests bring it as a package.",
        ("Start duckdb and paste it.", _SECOND_READ),
    ),
)
