"""curl, pandas, Polars, JavaScript, R and DuckDB run their snippets as they stand, for every feed."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import node
from tests.connectors.conftest import AWKWARD, EVERY, House, same
from tests.services import need


def run(folder: Path, *words: str | Path) -> None:
    env = node.environment() | {"LC_ALL": "C.UTF-8", "TZ": "America/New_York"}
    done = subprocess.run(
        words, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]


def more(script: Path, *lines: str) -> Path:
    """The script, as somebody goes on with it."""
    script.write_text("\n".join([script.read_text(), *lines, ""]))
    return script


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@EVERY
def test_curl(house: House, curl: str, name: str) -> None:
    feed = house.feed(name, safe="0") if name != "metric" else house.feed(name)
    script = house.write("curl", feed, "feed.sh")
    run(house.folder, "/bin/sh", script)
    with (house.folder / f"{feed.dataset.name}.csv").open(newline="", encoding="utf-8") as file:
        told = list(csv.DictReader(file))
    if name == "metric":  # guarded: the file may be opened in a spreadsheet
        for row in told:
            row['the "text"'] = row['the "text"'].removeprefix("'")
    same(feed, told, house.rows(feed))


@EVERY
def test_pandas(house: House, name: str) -> None:
    feed = house.feed(name)
    script = house.write("pandas", feed, "feed.py")
    more(
        script,
        'frame.to_json("out", orient="records", lines=True, date_format="iso", double_precision=15)',
        "types = {name: str(type) for name, type in frame.dtypes.items()}",
        'import json; open("types", "w").write(json.dumps(types))',
    )
    run(house.folder, sys.executable, script)
    same(feed, lines_of(house.folder / "out"), house.rows(feed))
    types = json.loads((house.folder / "types").read_text())
    wanted = feed.typed(integer="Int64", number="Float64", date="datetime64", boolean="boolean")
    assert {column: types[column].split("[")[0] for column in wanted} == wanted


@EVERY
def test_polars(house: House, name: str) -> None:
    feed = house.feed(name)
    script = more(house.write("polars", feed, "feed.py"), 'frame.write_ndjson("out")')
    run(house.folder, sys.executable, script)
    same(feed, lines_of(house.folder / "out"), house.rows(feed))


@EVERY
def test_javascript(house: House, name: str) -> None:
    feed = house.feed(name)
    script = house.write("javascript", feed, "feed.mjs")
    more(script, 'import { writeFileSync } from "node:fs";', 'writeFileSync("out", JSON.stringify(rows));')
    run(house.folder, node.node(), script)
    same(feed, json.loads((house.folder / "out").read_text()), house.rows(feed))


@EVERY
def test_r(house: House, name: str) -> None:
    program = need(shutil.which("Rscript"), "R (Rscript)")
    feed = house.feed(name)
    script = house.write("r", feed, "feed.R")
    more(script, 'write.csv(data, "out", na = "", row.names = FALSE, fileEncoding = "UTF-8")')
    more(script, 'write.csv(sapply(data, function(column) class(column)[1]), "types")')
    run(house.folder, program, script)
    with (house.folder / "out").open(newline="", encoding="utf-8") as file:
        same(feed, list(csv.DictReader(file)), house.rows(feed))
    with (house.folder / "types").open(newline="") as file:
        types = {row[0]: row[1] for row in list(csv.reader(file))[1:]}
    wanted = feed.typed(
        integer="numeric", number="numeric", date="Date", datetime="POSIXct", boolean="logical"
    )
    assert {column: types[column] for column in wanted} == wanted


DUCK = """
import pathlib, sys
import duckdb
from duckdb_extensions import import_extension
import_extension("httpfs")
text = pathlib.Path(sys.argv[1]).read_text().replace("INSTALL httpfs;", "")
first, select = text.split("SELECT", 1)
duckdb.execute("SET TimeZone = 'UTC'")
duckdb.execute(first)
duckdb.execute("COPY (SELECT" + select.rstrip().rstrip(";") + ") TO 'out' (FORMAT json)")
"""


@EVERY
def test_duckdb(house: House, name: str) -> None:
    feed = house.feed(name)
    script = house.write("duckdb", feed, "feed.sql")
    (house.folder / "run.py").write_text(DUCK)
    run(house.folder, sys.executable, "run.py", script)
    same(feed, lines_of(house.folder / "out"), house.rows(feed))


@EVERY
def test_the_data_are_awkward_indeed(house: House, name: str) -> None:
    rows = house.rows(house.feed(name))
    texts = {str(value) for row in rows for value in row.values()}
    assert {text.replace("\n", " ") for text in AWKWARD} <= {text.replace("\n", " ") for text in texts}
    numbers = [v for row in rows for v in row.values() if isinstance(v, int | float)]
    assert name in ("posts", "breakdown") or min(numbers) < 0
