"""The parameters that datasets share, and the limits that hold for all."""

from flux.catalog.declare import Param
from flux.catalog.periods import PERIODS
from flux.catalog.ranges import RANGES

MAX_PROFILES = 50
MAX_CELLS = 20_000
MAX_ROWS = 1_000_000

PROFILE_ID = Param(
    "profile_id",
    "ids",
    f"Profiles to answer for: ids separated by commas, or the parameter repeated; at most {MAX_PROFILES}.",
    "prof_0Aq3kQ9ZxYb",
    default_help="all profiles that the key may see",
)
FROM = Param(
    "from",
    "date",
    "First day, inclusive: `2026-01-31`, `today`, `yesterday`, or counted back from today as `-90d`, `-12w`, "
    "`-6m`, `-1y`.",
    "-90d",
    "-90d",
)
TO = Param("to", "date", "Last day, inclusive; written as `from`.", "today", "today")
RANGE = Param(
    "range",
    "choice",
    "A named window, instead of `from` and `to`. `last_7_days` ends today; `this_month` runs from the 1st to "
    "today.",
    "last_30_days",
    choices=RANGES,
)
TZ = Param(
    "tz",
    "zone",
    "IANA time zone in which days, weekdays and hours are counted.",
    "Europe/Berlin",
    default_help="each profile's own, else UTC",
)
GRANULARITY = Param(
    "granularity",
    "choice",
    "Length of a period. Weeks are ISO weeks, from Monday.",
    "weekly",
    "daily",
    tuple(PERIODS),
)
COMPARE = Param(
    "compare",
    "choice",
    "`previous` adds `previous_*` and `change_*` columns: the stretch of equal length just before; for a "
    "`this_…` range the same elapsed part of the period before.",
    "previous",
    choices=("previous",),
)
FORMAT = Param(
    "format",
    "choice",
    "How rows are written; also by `Accept: text/csv` and as `/datasets/NAME.csv`.",
    "csv",
    "json",
    ("json", "csv"),
    representation=True,
)
DELIMITER = Param(
    "delimiter",
    "choice",
    "What stands between CSV cells.",
    "semicolon",
    "comma",
    ("comma", "semicolon", "tab"),
    representation=True,
)
DECIMAL = Param(
    "decimal",
    "choice",
    "Decimal mark in CSV. `comma` needs another delimiter than the comma.",
    "comma",
    "dot",
    ("dot", "comma"),
    representation=True,
)
SAFE = Param(
    "safe",
    "flag",
    "`1`: a CSV text cell that a spreadsheet could take for a formula (it begins with `=`, `+`, `-`, `@`, "
    "tab or CR) gets a leading `'`. Numbers are never touched. `0`: raw text.",
    "0",
    "1",
    ("0", "1"),
    representation=True,
)
BOM = Param(
    "bom",
    "flag",
    "`1`: CSV begins with a byte order mark, for a double click in Excel.",
    "1",
    "0",
    ("0", "1"),
    representation=True,
)

WINDOW = (PROFILE_ID, FROM, TO, RANGE, TZ)
WRITING = (FORMAT, DELIMITER, DECIMAL, SAFE, BOM)
