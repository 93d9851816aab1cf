"""A call of query_dataset against the same request of the feed: the same rows of the same data, both cold."""

import json
from collections.abc import Iterator
from typing import Any

from bench.data import FIRST, LAST, PEPPER, Filled
from bench.load import Target, get
from bench.servers import COLD, Servers
from bench.table import Figure, Pace, alternate, milliseconds
from flux import keys
from flux.store.engine import open_engine

MOST = 2.0  # times the feed's CPU
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
WINDOW = {"from": FIRST.isoformat(), "to": LAST.isoformat()}
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "a page of 50 posts": ("posts", {"limit": 50}),
    "a page of 500 posts": ("posts", {"limit": 500}),
    "three years by week": ("engagement-trends", {"granularity": "weekly"}),
}


def measure(
    where: str, servers: Servers, data: Filled, database_pids: list[int], pace: Pace
) -> Iterator[Figure]:
    """`database_pids`: the database's own server, whose CPU counts for both."""
    server = servers.flux(data, COLD)
    pids, key = [server.process.pid, *database_pids], _key(data)
    for told, (dataset, more) in QUESTIONS.items():
        asked = {"profile_id": data.public(0), **WINDOW, **more}
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        feed = Target(f"{server.url}/api/v1/datasets/{dataset}?{query}", pids, data.header)
        asked["limit"] = more.get("limit", 500)
        body = _call({"dataset": dataset, **asked})
        call = Target(f"{server.url}/mcp", pids, {**HEADERS, "Authorization": f"Bearer {key}"}, 200, body)
        _check(get(feed), get(call))
        costs = alternate({"feed": feed, "call": call}, pace)
        note = milliseconds(call=costs["call"].cpu, feed=costs["feed"].cpu) + " of CPU"
        title = f"MCP: {told}, of the feed's cost, {where}"
        yield Figure(title, costs["call"].cpu / costs["feed"].cpu, MOST, less_is_better=True, note=note)


def _key(data: Filled) -> str:
    engine = open_engine(data.url)
    _, key = keys.issue(engine, PEPPER, data.account_id, "mcp", "bench")
    engine.dispose()
    return key


def _call(arguments: dict[str, Any]) -> bytes:
    params = {"name": "query_dataset", "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def _check(feed: bytes, call: bytes) -> None:
    """Raises where the two do not give the same rows."""
    result = json.loads(call)["result"]["structuredContent"]
    rows = [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]
    if not rows or rows != json.loads(feed)["data"]:
        raise RuntimeError("the call and the feed give different rows")
