"""Thousands of broken and odd messages, the same ones each time: none of them breaks the server."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from flux.catalog import CATALOG
from tests.mcp.agent import HANDSHAKE, META, MODERN, Agent

COUNT = 3_000
DEEP = {"deep": 20, "deeper": 900, "deepest": 5_000}  # lists within lists, put in when the text is written
ODD: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        5.0,
        1e2,
        2**31,
        2**63,
        2**64,
        10**400,
        -(10**30),
        1e308,
        "",
        " ",
        "\0",
        "a\0b",
    ),
    *("\ud800", "\udfff\ud800", "😀", "\u202e", "x" * 20_000, "%s%n", "'; DROP TABLE posts; --", "../../etc"),
    *([], {}, [[]], {"": ""}, [None], {"$ref": "#"}, ["\ud800"], {"\0": "\0"}),
    *("2026-99-99", "-99999d", "9" * 40, "٣", "NaN", *DEEP),
    *("9999-12-31T23:59-23:00", "0001-01-01T00:00+23:00"),
]
SEEDS: list[tuple[str, dict[str, Any]]] = [
    (
        "initialize",
        {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    ),
    ("server/discover", {}),
    ("tools/list", {"cursor": None}),
    ("ping", {}),
    ("resources/read", {"uri": "x"}),
    ("prompts/get", {"name": "x"}),
    ("notifications/initialized", {}),
    *(
        ("tools/call", {"name": name, "arguments": arguments})
        for name, arguments in (
            ("list_profiles", {"limit": 5}),
            ("list_datasets", {}),
            *(("query_dataset", {"dataset": dataset, "range": "all"}) for dataset in CATALOG),
            (
                "query_dataset",
                {
                    "dataset": "posts",
                    "columns": ["text", "likes"],
                    "from": "-30d",
                    "to": "today",
                    "tz": "UTC",
                    "filters": [
                        {"column": "likes", "op": ">", "value": 3},
                        {"column": "published_at", "op": "<", "value": "2026-01-31T09:00:00"},
                    ],
                    "order_by": [{"column": "engagement", "direction": "desc"}],
                    "limit": 5,
                    "cursor": "eA",
                },
            ),
            (
                "search_posts",
                {"query": '"a growth" OR aardvark*', "sort": "date", "limit": 3, "range": "all"},
            ),
            ("get_post", {"post_id": "urn:li:activity:1"}),
            ("score_post", {"text": "x", "profile_id": "prof_00000000001", "planned_at": "2026-03-31T09:00"}),
            ("score_post", {"post_id": "urn:li:activity:1"}),
            ("run_metric", {"metric_id": "met_00000000001", "variables": {"since": "-90d"}}),
        )
    ),
]


def mutated(chance: random.Random) -> tuple[bytes, dict[str, str]]:
    """A body and its headers: a message with some of its parts changed, or its bytes."""
    method, params = chance.choice(SEEDS)
    body: Any = {"jsonrpc": "2.0", "id": chance.choice([7, "seven"]), "method": method, "params": params}
    body = json.loads(json.dumps(body))
    headers = {}
    if chance.random() < 0.5:
        body["params"]["_meta"] = dict(META)
        headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        headers |= {"Mcp-Name": str(params.get("name", params.get("uri", "")))} if params else {}
    for _ in range(chance.randrange(3)):
        change(body, chance)
    text = json.dumps(body).encode()  # a lone surrogate goes out as its escape
    for name, depth in DEEP.items():
        text = text.replace(f'"{name}"'.encode(), b"[" * depth + b"]" * depth)
    if chance.random() < 0.15:
        at = chance.randrange(len(text))
        text = text[:at] + bytes(chance.randrange(256) for _ in range(chance.randrange(4))) + text[at + 1 :]
    if chance.random() < 0.1:
        headers[chance.choice(["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"])] = chance.choice(
            ["", "x", "=?base64?/w==?=", "=?base64?", "2025-11-25", "é"]
        )
    return text, headers


def change(body: Any, chance: random.Random) -> None:
    """Puts something odd into one place of a message, takes one away, or adds one."""
    place, key = chance.choice(list(places(body)))
    what = chance.random()
    if what < 0.7:
        place[key] = chance.choice(ODD)
    elif what < 0.85:
        del place[key]
    elif isinstance(place, dict):
        place[chance.choice(["x", "columns", "\0", "\ud800", "limit"])] = chance.choice(ODD)
    if not body:
        body["id"] = 7


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place within a message."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in list(inner):
        yield value, key
        yield from places(one)


@pytest.mark.parametrize("seed", range(6))
def test_no_message_breaks_the_server(agent: Agent, seed: int) -> None:
    app, chance = agent.client.application, random.Random(seed)
    app.config["FLUX_BURST_PER_MINUTE"] = "1000000"
    statuses = []
    for _ in range(COUNT // 6):
        body, headers = mutated(chance)
        known = {"Authorization": f"Bearer {agent.key}", "Content-Type": "application/json"}
        answer = agent.client.post("/mcp", data=body, headers=known | headers)
        statuses.append(answer.status_code)
        assert answer.status_code < 500, (answer.text, body[:2_000], headers)
        if answer.status_code != 202:
            assert answer.get_json()["jsonrpc"] == "2.0"
    assert {200, 202, 400} <= set(statuses)
    assert statuses.count(200) > len(statuses) / 4, "most messages are still understood"
