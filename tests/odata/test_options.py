"""Query options: selected, ordered, counted and paged as the same would be done to the feed's rows."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from flux.catalog import CATALOG
from flux.describe.edm import SETS
from flux.odata.options import PAGE
from flux.store.profiles import create_profile
from tests.odata.reader import Reader, Row
from tests.tenants import Tenant, make_posts, post

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def by(name: str, falling: bool = False) -> Any:
    """Sorts rows by a column; null is less than anything."""
    return {"key": lambda row: (row[name] is not None, row[name] or 0), "reverse": falling}


def refusal(reader: Reader, path: str, options: dict[str, Any] | None = None) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    answer = reader.get(path, options)
    error = answer.get_json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_columns_are_chosen(reader: Reader) -> None:
    body = reader.body("Posts", {"$select": "likes, url,likes"})
    assert body["@odata.context"].endswith("$metadata#Posts(likes,url)")
    assert [list(row) for row in body["value"][:2]] == [["likes", "url"]] * 2
    assert body["value"] == [{n: row[n] for n in ("likes", "url")} for row in reader.rows("Posts")]
    assert list(reader.rows("Posts", {"$select": "*"})[0]) == [c.name for c in CATALOG["posts"].columns]
    status, code, message = refusal(reader, "Posts", {"$select": "like"})
    assert (status, code) == (400, "invalid_parameter")
    assert "'like'" in message
    assert "perhaps 'likes'" in message


def test_rows_are_ordered(reader: Reader) -> None:
    every = reader.rows("Posts")
    assert reader.rows("Posts", {"$orderby": "likes"}) == sorted(every, **by("likes"))
    twice = sorted(sorted(every, **by("comments")), **by("likes", True))
    assert reader.rows("Posts", {"$orderby": "likes desc,comments asc"}) == twice
    assert {row["likes"] for row in twice[-5:]} == {None}, "unknown comes last where it falls"
    moments = sorted(every, key=lambda row: datetime.fromisoformat(row["published_at"]))
    assert reader.rows("Posts", {"$orderby": "published_at"}) == moments
    words = sorted(every, key=lambda row: (row["text"] is not None, len(row["text"] or "")))
    assert reader.rows("Posts", {"$orderby": "length(text)"}) == words


def test_rows_are_cut_and_counted(reader: Reader) -> None:
    every = reader.rows("Posts")
    assert reader.rows("Posts", {"$top": 3, "$skip": 4}) == every[4:7]
    assert reader.rows("Posts", {"$top": 0}) == []
    assert reader.rows("Posts", {"$skip": 1_000}) == []
    some = reader.body("Posts", {"$top": 2, "$count": "true", "$filter": "likes gt 10"})
    liked = [row for row in every if (row["likes"] or 0) > 10]
    assert (some["@odata.count"], some["value"]) == (len(liked), liked[:2])
    assert reader.body("Posts", {"$top": 2, "$count": "true"})["@odata.count"] == len(every)
    assert "@odata.count" not in reader.body("Posts", {"$count": "false"})
    assert reader.get("Posts/$count").text == str(len(every))
    assert reader.get("Posts/$count", {"$filter": "likes gt 10", "$top": 1}).text == str(len(liked))
    assert reader.get("Posts/$count", {"$skip": 3, "$orderby": "likes"}).text == str(len(every))
    for name in SETS:
        assert reader.get(f"{name}/$count").text == str(len(reader.rows(name)))


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("Posts", {}),
        ("Posts", {"$top": 20, "$skip": 5}),
        ("Posts", {"$top": 14}),
        ("Posts", {"$top": 14, "order": "asc"}),
        ("Posts", {"$orderby": "likes desc"}),
        ("Posts", {"$filter": "likes gt 5", "$count": "true"}),
        ("Posts", {"range": "all", "tz": "Asia/Tokyo", "$select": "url,date"}),
        ("Breakdown", {"by": "format"}),
        ("EngagementTrends", {"granularity": "weekly", "from": "2025-11-05", "to": "2026-01-05"}),
        ("Overview", {"compare": "previous"}),
    ],
)
def test_pages_join_to_the_whole(reader: Reader, path: str, options: dict[str, Any]) -> None:
    pages = reader.pages(path, options, size=7)
    assert [row for page in pages for row in page] == reader.rows(path, options)
    assert {len(page) for page in pages[:-1]} <= {7}
    assert 0 < len(pages[-1]) <= 7


@SQLITE
def test_a_page_has_five_thousand_rows(reader: Reader, filled: Tenant) -> None:
    asked = {"from": "2008-01-01", "to": "2021-12-31", "profile_id": filled.profile.public_id}
    body = reader.body("EngagementTrends", asked)
    assert len(body["value"]) == PAGE == 5_000
    rest = reader.client.get(body["@odata.nextLink"], headers=reader.header).get_json()
    assert "@odata.nextLink" not in rest
    assert body["value"] + rest["value"] == reader.feed("engagement-trends", asked)
    large = reader.body("EngagementTrends", asked, Prefer="odata.maxpagesize=900000")
    assert len(large["value"]) == PAGE


@SQLITE
def test_the_next_link_holds_the_question_and_never_the_key(client: FlaskClient, filled: Tenant) -> None:
    key = filled.key
    asked = {"key": key, "range": "all", "$filter": "likes gt 1", "$count": "true"}
    answer = client.get("/odata/Posts", query_string=asked, headers={"Prefer": "odata.maxpagesize=2"})
    assert key not in answer.text
    link = urlsplit(answer.get_json()["@odata.nextLink"])
    told = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert told.pop("$skiptoken").startswith("2-")
    assert told == {"range": "all", "$filter": "likes gt 1", "$count": "true"}
    assert key not in str(answer.headers)


def test_pages_of_data_that_moved_are_gone(reader: Reader, engine: Engine, filled: Tenant) -> None:
    small = {"Prefer": "odata.maxpagesize=2"}
    link = reader.body("Posts", Prefer="odata.maxpagesize=2")["@odata.nextLink"]
    assert reader.client.get(link, headers=reader.header | small).status_code == 200
    make_posts(engine, filled.profile, filled.account_id, [post("2026-02-05T08:00")])
    gone = reader.client.get(link, headers=reader.header | small)
    assert (gone.status_code, gone.get_json()["error"]["code"]) == (410, "gone")
    assert "Refresh" in gone.get_json()["error"]["message"]
    assert reader.get("Posts", {"$skiptoken": "5"}).status_code == 400


def test_the_datasets_own_parameters_are_taken(reader: Reader, filled: Tenant) -> None:
    one = filled.profile.public_id
    cases: list[tuple[str, dict[str, str], str, dict[str, str]]] = [
        ("Posts", {"profile_id": one}, "posts", {"profile_id": one, "range": "all"}),
        ("Posts", {"from": "2025-11-01", "to": "2025-11-30"}, "posts", {}),
        ("Posts", {"tz": "Asia/Tokyo", "range": "last_year"}, "posts", {}),
        ("Posts", {"order": "asc"}, "posts", {"range": "all"}),
        ("EngagementTrends", {"granularity": "monthly"}, "engagement-trends", {"range": "all"}),
        ("Breakdown", {"by": "length"}, "breakdown", {"range": "all"}),
        ("Overview", {"compare": "previous", "range": "this_year"}, "overview", {}),
        ("EngagementTrendsWeekly", {"compare": "previous"}, "engagement-trends", {"granularity": "weekly"}),
        ("EngagementTrendsWeekly", {"granularity": "weekly"}, "engagement-trends", {"range": "all"}),
        ("Posts", {"_": "1", "nonsense": "x", "format": "csv"}, "posts", {"range": "all", "format": "json"}),
    ]
    for path, options, dataset, more in cases:
        assert reader.rows(path, options) == reader.feed(dataset, options | more), (path, options)


@SQLITE
def test_a_parameter_with_a_set_of_its_own_is_that_set(reader: Reader) -> None:
    for path, options, name in [
        ("Breakdown", {"by": "hour"}, "BreakdownByHour"),
        ("Overview", {"compare": "previous"}, "OverviewCompared"),
        ("EngagementTrendsWeekly", {"compare": "previous"}, "EngagementTrendsCompared"),
        ("Breakdown", {"by": "day_of_week"}, "Breakdown"),
    ]:
        assert reader.body(path, options)["@odata.context"].endswith(f"#{name}")


@SQLITE
@pytest.mark.parametrize(
    ("options", "status", "code", "told"),
    [
        ({"$top": "-1"}, 400, "invalid_parameter", "'-1'"),
        ({"$top": "x"}, 400, "invalid_parameter", "whole number"),
        ({"$skip": "9" * 30}, 400, "invalid_parameter", "$skip"),
        ({"$count": "1"}, 400, "invalid_parameter", "true or false"),
        ({"$orderby": "likes upward"}, 400, "invalid_parameter", "'upward'"),
        ({"$orderby": "nothing"}, 400, "invalid_parameter", "columns of Posts"),
        ({"$fliter": "likes gt 1"}, 400, "invalid_parameter", "$filter"),
        ({"filter": "likes gt 1"}, 400, "unknown_parameter", "'$filter'"),
        ({"top": "1"}, 400, "unknown_parameter", "'$top'"),
        ({"limit": "1"}, 400, "invalid_parameter", "$top"),
        ({"offset": "1"}, 400, "invalid_parameter", "$skip"),
        ({"$top": ["1", "2"]}, 400, "invalid_parameter", "given once"),
        ({"$expand": "x"}, 501, "not_implemented", "$expand"),
        ({"$apply": "x"}, 501, "not_implemented", "$apply"),
        ({"$search": "x"}, 501, "not_implemented", "$search"),
        ({"range": "allways"}, 400, "invalid_parameter", "allways"),
        ({"rnage": "all"}, 400, "unknown_parameter", "range"),
        ({"range": "all", "from": "2025-01-01"}, 400, "invalid_parameter", "range"),
        ({"tz": "Mars"}, 400, "invalid_parameter", "IANA"),
        ({"profile_id": "prof_00000000000"}, 404, "profile_not_found", "prof_0"),
    ],
)
def test_bad_options_are_told(
    reader: Reader, options: dict[str, Any], status: int, code: str, told: str
) -> None:
    found = refusal(reader, "Posts", options)
    assert found[:2] == (status, code)
    assert told in found[2]


@SQLITE
def test_a_set_and_another_choice_do_not_fit(reader: Reader) -> None:
    status, code, message = refusal(reader, "EngagementTrendsWeekly", {"granularity": "daily"})
    assert (status, code) == (400, "invalid_parameter")
    assert "weekly and daily" in message


def test_days_in_a_filter_are_never_read_beyond(engine: Engine, ada: Tenant, client: FlaskClient) -> None:
    """Three profiles since 1999 are more cells than fit; the filter leaves those that do."""
    others = [create_profile(engine, ada.account_id, name) for name in ("Two", "Three")]
    for profile in (ada.profile, *others):
        make_posts(engine, profile, ada.account_id, [post("1999-01-05T08:00"), post("2025-12-05T08:00")])
    reader = Reader(client, ada.header)
    status, code, message = refusal(reader, "EngagementTrends")
    assert (status, code) == (400, "too_many_cells")
    assert "20,000" in message
    assert "$filter=date ge" in message
    rows = reader.rows("EngagementTrends", {"$filter": "date ge 2025-12-01 and posts gt 0"})
    assert [(row["date"], row["posts"]) for row in rows] == [("2025-12-05", 1)] * 3
    assert reader.rows("EngagementTrends", {"$filter": "date lt 1999-01-01"}) == []
    assert reader.rows("EngagementTrends", {"$filter": "date gt 2100-01-01"}) == []
    assert reader.get("EngagementTrends/$count", {"$filter": "date eq 2025-12-05"}).text == "3"
    assert refusal(reader, "EngagementTrends", {"$filter": "posts gt 0"})[1] == "too_many_cells"
    week = reader.rows("EngagementTrendsWeekly", {"$filter": "date le 2025-12-01 and date ge 2025-12-01"})
    assert [row["posts"] for row in week] == [1, 1, 1], "a week is summed to its end"


@SQLITE
@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("Posts?$top=5", "posts?limit=5&range=all"),
        ("Posts", "posts?range=all"),
        ("Posts?$filter=likes gt 3", "posts?range=all"),
        ("BreakdownByHour", "breakdown?by=hour&range=all"),
    ],
)
def test_a_page_costs_the_statements_of_its_feed(
    reader: Reader, statements: list[str], path: str, feed: str
) -> None:
    reader.get("Posts")  # the key's last use is noted, the pool is warm
    counts = []
    for address in (f"/odata/{path}", f"/api/v1/datasets/{feed}"):
        statements.clear()
        assert reader.client.get(address, headers=reader.header).status_code == 200
        counts.append(len(statements))
    # Key, profiles, begin, versions, the rows and their fits, commit; a feed with a limit also counts.
    assert counts[0] <= counts[1]
    assert counts[0] < 10


@SQLITE
def test_a_page_reads_no_more_posts_than_it_has(reader: Reader, statements: list[str]) -> None:
    rows: list[Row] = reader.rows("Posts", {"$top": 5, "$skip": 2})
    assert len(rows) == 5
    read = [text for text in statements if "hashtags" in text]
    assert len(read) == 1
    assert read[0].endswith("LIMIT 6 OFFSET 2")


@SQLITE
def test_what_a_filter_denies_is_read_all_the_same(reader: Reader) -> None:
    every = reader.rows("EngagementTrends")
    late = [row for row in every if row["date"] >= "2025-12-01"]
    assert reader.rows("EngagementTrends", {"$filter": "not (date lt 2025-12-01)"}) == late
