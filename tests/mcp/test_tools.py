"""The tools over the wire: the feeds' own rows, paged, sifted and ordered; mistakes that teach."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.describe.tool import ANNOTATIONS, TOOLS
from flux.key_limits import Limits
from flux.mcp.plain import clean
from flux.store.profiles import create_profile
from tests.mcp.agent import Agent, make_agent
from tests.mcp.conftest import COUNT
from tests.tenants import Tenant, make_posts, post


def feed(client: FlaskClient, tenant: Tenant, name: str, **asked: str) -> list[dict[str, Any]]:
    """The rows of the feed itself."""
    answer = client.get(f"/api/v1/datasets/{name}", headers=tenant.header, query_string=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["data"]
    return found


def records(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows by the names of their columns."""
    return [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]


def pages(agent: Agent, name: str, **arguments: Any) -> list[dict[str, Any]]:
    """Every page of a result."""
    found = [agent.call(name, **arguments)]
    while found[-1]["truncated"]:
        found.append(agent.call(name, **arguments, cursor=found[-1]["next_cursor"]))
    assert found[-1]["next_cursor"] is None
    return found


# --- what is told before a call -------------------------------------------------------------------


def test_every_tool_is_told_as_read_only_with_schemas(either: Agent) -> None:
    tools = either.result("tools/list")["tools"]
    assert [tool["name"] for tool in tools] == [
        "list_profiles",
        "list_datasets",
        "query_dataset",
        "search_posts",
        "get_post",
        "score_post",
        "run_metric",
    ]
    for tool in tools:
        assert tool["title"] and tool["description"]
        assert ANNOTATIONS.items() <= tool["annotations"].items()
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object" and schema["additionalProperties"] is False


def test_every_parameter_and_dataset_of_the_catalog_can_be_asked() -> None:
    taken = next(tool for tool in TOOLS if tool.name == "query_dataset").input["properties"]
    assert taken["dataset"]["enum"] == list(CATALOG)
    for dataset in CATALOG.values():
        for param in dataset.params:
            if not param.representation and param.name not in ("limit", "offset", "order"):
                assert taken[param.name].get("enum", list(param.choices)) == list(param.choices)


def test_instructions_tell_the_day_and_distrust_of_posts(agent: Agent) -> None:
    told = agent.result("server/discover")["instructions"]
    assert re.search(r"Today is 20\d\d-\d\d-\d\d \(UTC\)", told)
    assert "untrusted" in told
    assert [name for name in (tool.name for tool in TOOLS) if name not in told] == []


def test_a_result_is_told_as_text_too(either: Agent) -> None:
    result = either.result("tools/call", name="list_profiles", arguments={})
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]


def test_tools_that_give_texts_of_posts_say_whose_words_they_are() -> None:
    told = {tool.name for tool in TOOLS if "untrusted" in tool.help}
    assert told == {"query_dataset", "search_posts", "get_post", "run_metric"}


def test_an_agent_is_told_how_profiles_and_words_are_asked_for() -> None:
    taken = {tool.name: tool.input["properties"] for tool in TOOLS}
    assert taken["query_dataset"]["profile_id"] == taken["search_posts"]["profile_id"]
    words = taken["search_posts"]["query"]["description"]
    for part in ("must all occur", "no OR", "no stemming", '"big data"', "strat*", "-hiring"):
        assert part in words


# --- lists ----------------------------------------------------------------------------------------


def test_profiles_come_in_pages(agent: Agent, engine: Engine, ada: Tenant) -> None:
    for number in range(4):
        create_profile(
            engine, ada.account_id, f"Page {number}", "company", "Europe/Berlin", "https://example.org"
        )
    found = pages(agent, "list_profiles", limit=2)
    assert [page["returned"] for page in found] == [2, 2, 1]
    every = [profile for page in found for profile in page["profiles"]]
    assert every[0]["id"] == ada.profile.public_id and every[0]["data_updated_at"]
    assert [p["name"] for p in every[1:]] == ["Page 0", "Page 1", "Page 2", "Page 3"]
    assert {p["first_post_at"] for p in every[1:]} == {None}


def test_datasets_are_told_with_columns_and_parameters(agent: Agent) -> None:
    told = {dataset["name"]: dataset for dataset in agent.call("list_datasets")["datasets"]}
    assert list(told) == list(CATALOG)
    for name, dataset in CATALOG.items():
        assert [c["name"] for c in told[name]["columns"]] == [c.name for c in dataset.columns]
    assert told["engagement-trends"]["parameters"]["granularity"] == ["daily", "weekly", "monthly"]
    assert "previous_engagement" in told["overview"]["compared_columns"]
    assert "limit" not in told["posts"]["parameters"]


# --- query_dataset --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOG)
def test_the_rows_are_the_feeds(client: FlaskClient, agent: Agent, ada: Tenant, name: str) -> None:
    found = pages(agent, "query_dataset", dataset=name, limit=40)
    assert [row for page in found for row in records(page)] == feed(client, ada, name) != []
    assert all(page["returned"] == 40 for page in found[:-1])


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("engagement-trends", {"granularity": "weekly", "range": "last_30_days"}),
        ("engagement-trends", {"compare": "previous", "from": "-6w", "to": "yesterday"}),
        ("breakdown", {"by": "hour", "tz": "Asia/Tokyo"}),
        ("overview", {"range": "all"}),
        ("posts", {"from": "-100d", "to": "-20d", "tz": "America/New_York"}),
    ],
)
def test_parameters_choose_as_they_do_for_the_feed(
    client: FlaskClient, agent: Agent, ada: Tenant, name: str, asked: dict[str, str]
) -> None:
    asked |= {"profile_id": ada.profile.public_id}
    found = agent.call("query_dataset", dataset=name, limit=500, **asked)
    assert records(found) == feed(client, ada, name, **asked) != []
    assert found["meta"]["profiles"] == [ada.profile.public_id]


def test_columns_come_as_chosen(client: FlaskClient, agent: Agent, ada: Tenant) -> None:
    found = agent.call(
        "query_dataset", dataset="posts", columns=["engagement", "date", "engagement"], limit=5
    )
    assert found["columns"] == ["engagement", "date"]
    assert found["rows"] == [[r["engagement"], r["date"]] for r in feed(client, ada, "posts", limit="5")]


FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({"column": "likes", "op": ">", "value": 8}, lambda r: r["likes"] is not None and r["likes"] > 8),
    ({"column": "likes", "op": "<=", "value": 2.5}, lambda r: r["likes"] is not None and r["likes"] <= 2),
    ({"column": "likes", "op": "!=", "value": 0}, lambda r: r["likes"] not in (0, None)),
    ({"column": "likes", "op": "is_null"}, lambda r: r["likes"] is None),
    ({"column": "format", "op": "not_null"}, lambda r: r["format"] is not None),
    (
        {"column": "format", "op": "in", "value": ["video", "image"]},
        lambda r: r["format"] in ("video", "image"),
    ),
    ({"column": "text", "op": "contains", "value": "GROWTH"}, lambda r: "growth" in r["text"]),
    ({"column": "hashtags", "op": "contains", "value": "N1"}, lambda r: "#n1" in r["hashtags"]),
    ({"column": "hashtags", "op": "contains", "value": "#n"}, lambda r: False),
    ({"column": "maturing", "op": "=", "value": True}, lambda r: r["maturing"] is True),
    ({"column": "maturing", "op": "in", "value": [False]}, lambda r: r["maturing"] is False),
]


@pytest.mark.parametrize(("given", "passes"), FILTERS, ids=[str(f[0].values()) for f in FILTERS])
def test_rows_are_sifted(
    client: FlaskClient, agent: Agent, ada: Tenant, given: dict[str, Any], passes: Any
) -> None:
    found = pages(agent, "query_dataset", dataset="posts", range="all", filters=[given], limit=30)
    wanted = [row for row in feed(client, ada, "posts", range="all") if passes(row)]
    assert [row for page in found for row in records(page)] == wanted


def test_days_and_moments_are_compared_as_such(client: FlaskClient, agent: Agent, ada: Tenant) -> None:
    rows = feed(client, ada, "posts", range="all")
    middle = rows[60]
    zone = datetime.fromisoformat(middle["published_at"]).replace(tzinfo=None).isoformat() + "+00:00"
    for column, value in (("date", middle["date"]), ("published_at", zone)):
        asked = [{"column": column, "op": ">=", "value": value}]
        found = agent.call(
            "query_dataset", dataset="posts", range="all", filters=asked, limit=500, tz="Asia/Tokyo"
        )
        assert found["returned"] == 61, column


@pytest.mark.parametrize(
    ("op", "value", "count"),
    [
        (">=", "2026-01-06", 1),
        ("<", "2026-01-06", 1),
        ("=", "2026-01-06T01:30:00", 1),
        ("=", "2026-01-05T12:30:00Z", 1),
        ("in", ["2026-01-05T23:30:00", "2026-01-05T12:30:00+00:00", "2026-01-06"], 2),
        (">", "0001-01-01T00:00+23:00", 2),
        ("in", ["9999-12-31T23:59-23:00", "0001-01-01T00:00+23:00"], 0),
    ],
)
def test_a_moment_without_an_offset_is_of_the_rows_zone(
    agent: Agent, engine: Engine, ada: Tenant, op: str, value: object, count: int
) -> None:
    other = create_profile(engine, ada.account_id, "Elsewhere", timezone="Pacific/Auckland")
    made = [post("2026-01-05T10:30:00"), post("2026-01-05T12:30:00")]  # 23:30 and 01:30 there
    make_posts(engine, other, ada.account_id, made)
    asked = {"range": "all", "profile_id": other.public_id}
    filters = [{"column": "published_at", "op": op, "value": value}]
    assert agent.call("query_dataset", dataset="posts", filters=filters, **asked)["returned"] == count


def test_rows_come_in_the_order_asked_with_what_is_unknown_last(
    client: FlaskClient, agent: Agent, ada: Tenant
) -> None:
    rows = feed(client, ada, "posts", range="all")
    order = [{"column": "format"}, {"column": "likes", "direction": "desc"}]
    found = pages(agent, "query_dataset", dataset="posts", range="all", order_by=order, limit=50)
    given = [row for page in found for row in records(page)]
    rows.sort(key=lambda r: -1 if r["likes"] is None else r["likes"], reverse=True)
    rows.sort(key=lambda r: r["format"] or "~")
    assert given == rows
    assert given[-1]["format"] is None


def test_two_profiles_moments_are_ordered_across_zones(agent: Agent, engine: Engine, ada: Tenant) -> None:
    other = create_profile(engine, ada.account_id, "Elsewhere", timezone="Pacific/Auckland")
    make_posts(engine, other, ada.account_id, [post("2026-01-05T11:30:00"), post("2026-01-05T10:30:00")])
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-05T11:00:00")])
    asked = {"from": "2026-01-05", "to": "2026-01-06"}
    order = [{"column": "published_at"}]
    found = agent.call("query_dataset", dataset="posts", columns=["published_at"], order_by=order, **asked)
    moments = [datetime.fromisoformat(row[0]) for row in found["rows"]]
    assert moments == sorted(moments) and len({m.utcoffset() for m in moments}) == 2
    assert found["rows"] != sorted(found["rows"])


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("list_profiles", {}),
        ("query_dataset", {"dataset": "posts", "order_by": [{"column": "likes"}]}),
        ("search_posts", {"query": "aardvark"}),
    ],
)
def test_a_whole_number_may_be_written_with_a_point(agent: Agent, name: str, asked: dict[str, Any]) -> None:
    assert agent.call(name, **asked, limit=10.0) == agent.call(name, **asked, limit=10)


# --- cursors --------------------------------------------------------------------------------------


def test_a_cursor_goes_with_its_question_only(agent: Agent) -> None:
    asked = {"dataset": "posts", "range": "all"}
    cursor = agent.call("query_dataset", **asked, limit=10)["next_cursor"]
    assert agent.call("query_dataset", **asked, limit=60, cursor=cursor)["returned"] == 60
    for other in ({"columns": ["text"]}, {"range": "last_year"}, {"order_by": [{"column": "date"}]}):
        told = agent.mistake("query_dataset", **(asked | other), cursor=cursor)
        assert "next_cursor" in told, other
    for broken in ("x", cursor[:-2], "é", "8" * 200):
        assert "next_cursor" in agent.mistake("query_dataset", **asked, cursor=broken)


def test_a_cursor_ends_when_the_data_move(agent: Agent, engine: Engine, ada: Tenant) -> None:
    asked = {"dataset": "posts", "range": "all", "limit": 10}
    cursor = agent.call("query_dataset", **asked)["next_cursor"]
    make_posts(engine, ada.profile, ada.account_id, [post("2026-01-01T09:00:00")])
    told = agent.mistake("query_dataset", **asked, cursor=cursor)
    assert "changed" in told and "without 'cursor'" in told
    assert agent.call("query_dataset", **asked)["truncated"]


# --- mistakes that teach --------------------------------------------------------------------------

MISTAKES: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("query_dataset", {}, ("'dataset' is missing",)),
    ("query_dataset", {"dataset": "post"}, ("'post'", "engagement-trends, posts, overview")),
    ("query_dataset", {"dataset": "posts", "colums": ["text"]}, ("'colums'", "'columns'")),
    ("query_dataset", {"dataset": "posts", "zzz": 1}, ("'zzz'", "query_dataset takes dataset, columns")),
    (
        "query_dataset",
        {"dataset": "posts", "columns": ["engagment"]},
        ("'engagment'", "'engagement'", "impressions"),
    ),
    ("query_dataset", {"dataset": "posts", "columns": []}, ("'columns'", "must be a list that is not empty")),
    ("query_dataset", {"dataset": "posts", "columns": "text"}, ("'columns'", "'text'", "must be a list")),
    ("query_dataset", {"dataset": "posts", "columns": 0}, ("'columns'", "'0'", "must be a list")),
    ("query_dataset", {"dataset": "posts", "profile_id": ["prof_1"]}, ("'a list'", "must be a text")),
    ("query_dataset", {"dataset": "posts", "by": "hour"}, ("'by'", "left out for posts")),
    ("query_dataset", {"dataset": "posts", "limit": 501}, ("'501'", "from 1 to 500")),
    ("query_dataset", {"dataset": "posts", "limit": True}, ("'limit'", "'true'", "must be a whole number")),
    ("query_dataset", {"dataset": "posts", "limit": 1.5}, ("'limit'", "'1.5'", "must be a whole number")),
    ("query_dataset", {"dataset": "posts", "limit": 0}, ("'limit'", "'0'", "from 1 to 500")),
    ("query_dataset", {"dataset": "posts", "from": "soon"}, ("'soon'", "YYYY-MM-DD")),
    ("query_dataset", {"dataset": "posts", "tz": "Mars/Base"}, ("'Mars/Base'", "Europe/Berlin")),
    ("query_dataset", {"dataset": "posts", "profile_id": "prof_1"}, ("'prof_1'", "list_profiles")),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "likes", "op": ">", "value": "5"}]},
        ("'5'", "a number", "'likes'"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "text", "op": "like", "value": "5"}]},
        ("'filters[0].op'", "'like'", "contains"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "likes", "op": "contains", "value": "5"}]},
        ("contains", "'likes'"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "likes", "op": "="}]},
        ("'value'", "a number"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "date", "op": "=", "value": "-90d"}]},
        ("'-90d'", "YYYY-MM-DD"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "maturing", "op": "<", "value": True}]},
        ("'<'", "'maturing'"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "hashtags", "op": "=", "value": "#n1"}]},
        ("'='", "'contains'", "'hashtags'"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "likes", "op": "=", "value": True}]},
        ("'true'", "a number", "'likes'"),
    ),
    (
        "query_dataset",
        {"dataset": "posts", "filters": [{"column": "likes", "op": "in", "value": 5}]},
        ("'5'", "list"),
    ),
    ("query_dataset", {"dataset": "posts", "order_by": [{"column": "when"}]}, ("'when'", "published_at")),
    ("query_dataset", {"dataset": "posts", "tz": "a\0b"}, ("'tz'", "NUL")),
    ("query_dataset", {"dataset": "posts", "columns": [[[[[[[[["x"]]]]]]]]]}, ("'columns'", "deep")),
    ("query_dataset", {"dataset": "engagement-trends", "from": "1990-01-01", "to": "2090-01-01"}, ("cells",)),
    ("list_datasets", {"x": 1}, ("'x'", "takes no arguments")),
    ("get_post", {"post_id": "urn:li:share:1"}, ("urn:li:share:1", "search_posts")),
    ("run_metric", {"metric_id": "met_1"}, ("met_1", "list_datasets")),
]


@pytest.mark.parametrize(("name", "arguments", "told"), MISTAKES)
def test_a_mistake_says_what_would_be_right(
    agent: Agent, name: str, arguments: dict[str, Any], told: tuple[str, ...]
) -> None:
    text = agent.mistake(name, **arguments)
    assert [part for part in told if part not in text] == [], text


# --- what a key is limited to ---------------------------------------------------------------------


def test_a_key_limited_to_a_dataset_reads_no_other(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    agent = make_agent(client, engine, ada.account_id, Limits(datasets=("overview",)))
    assert [d["name"] for d in agent.call("list_datasets")["datasets"]] == ["overview"]
    assert agent.call("query_dataset", dataset="overview")["returned"] == 1
    for name, arguments in (
        ("query_dataset", {"dataset": "posts"}),
        ("search_posts", {"query": "aardvark"}),
        ("get_post", {"post_id": "urn:li:share:1"}),
        ("score_post", {"post_id": "urn:li:share:1"}),
    ):
        assert "limited to overview" in agent.mistake(name, **arguments), name


def test_a_key_limited_to_a_profile_sees_no_other(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    other = create_profile(engine, ada.account_id, "Elsewhere")
    hidden = post("2026-01-05T09:00:00", text="a hidden aardvark", likes=1, comments=1, shares=1)
    make_posts(engine, other, ada.account_id, [hidden])
    agent = make_agent(client, engine, ada.account_id, Limits(profiles=(ada.profile.public_id,)))
    assert [p["id"] for p in agent.call("list_profiles")["profiles"]] == [ada.profile.public_id]
    found = agent.call("query_dataset", dataset="posts", range="all", limit=500)
    assert found["returned"] == COUNT and "hidden" not in json.dumps(found)
    assert other.public_id in agent.mistake("query_dataset", dataset="posts", profile_id=other.public_id)
    assert hidden["urn"] in agent.mistake("get_post", post_id=hidden["urn"])
    assert hidden["urn"] in agent.mistake("score_post", post_id=hidden["urn"])


# --- untrusted text -------------------------------------------------------------------------------


def test_texts_come_without_what_hides_in_them(agent: Agent, engine: Engine, ada: Tenant) -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    text = "Plain\r\n\tline \u202eright\u202c to\u200b left\x07\x1b[2J"
    text += f"{hidden} 👩\u200d💻 naïve\u00a0ﬁn \u2066x\u2069"
    profile = create_profile(engine, ada.account_id, "Eve\u202e\u200f", url="https://example.org/\u202e")
    make_posts(
        engine, profile, ada.account_id, [post("2026-01-05T09:00:00", text=text, hashtags="#a\u202e #b")]
    )
    found = agent.call("query_dataset", dataset="posts", range="all", profile_id=profile.public_id)
    (row,) = records(found)
    assert row["text"] == "Plain\n\tline right to left[2J 👩\u200d💻 naïve\u00a0ﬁn x"
    assert (row["profile_name"], row["hashtags"]) == ("Eve", ["#a", "#b"])
    assert [p["name"] for p in agent.call("list_profiles")["profiles"]][-1] == "Eve"
    whole = agent.call("get_post", post_id=row["post_id"])["post"]
    assert whole == row


@pytest.mark.parametrize(
    "letter", "\u00ad\u034f\u115f\u1160\u17b4\u180b\u180f\u3164\ufe00\ufe0e\uffa0\U0001d173"
)
def test_letters_that_nobody_sees_are_left_out(letter: str) -> None:
    assert clean(f"a{letter}b") == "ab"
    assert clean("❤\ufe0f می\u200cخواهم") == "❤\ufe0f می\u200cخواهم", "emoji and scripts keep theirs"
