"""The connector as Data Studio runs it: key, form, schema, data, errors; in Node, with real requests."""

import json
import re
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from flux.catalog import CATALOG
from flux.describe.datastudio import describe_connector
from flux.snippets import PLACEHOLDER, Feed, render
from tests.connectors.conftest import AWKWARD, BY_ID, EVERY, METRIC, House

JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}


def run(house: House, feed: Feed, *steps: tuple[str, Any], kept: dict[str, str] | None = None) -> Any:
    """What came of each step."""
    code = house.write("data_studio", feed, "Code.js")
    held = {"dscc.key": house.tenant.key} if kept is None else kept
    told = house.run("data_studio.cjs", code, house.plan(kept=held, steps=steps))
    assert not any(house.tenant.key in address for address in told["asked"])
    return told


def request(name: str, *fields: str, **params: str) -> dict[str, Any]:
    asked = {"configParams": {"dataset": name, **params}, "fields": [{"name": f} for f in fields]}
    return asked | {"dateRange": JANUARY}


def test_a_key_is_tried_and_kept(house: House) -> None:
    key = house.tenant.key
    steps = (
        ("isAuthValid", None),
        ("setCredentials", {"key": key[:-1] + ("a" if key[-1] != "a" else "b")}),
        ("isAuthValid", None),
        ("setCredentials", {"key": f" {key}\n"}),
        ("isAuthValid", None),
        ("resetAuth", None),
        ("isAuthValid", None),
    )
    told = run(house, house.feed("posts"), *steps, kept={})
    gave = [step["gave"] for step in told["steps"]]
    assert [g if isinstance(g, bool) else (g or {}).get("setIsValid") for g in gave] == [
        False, False, False, True, True, None, False,
    ]  # fmt: skip
    assert told["kept"] == {}


def test_the_form_asks_for_the_dataset_first(house: House) -> None:
    told = run(house, house.feed("posts"), ("getConfig", {}))["steps"][0]["gave"]
    assert told["setIsSteppedConfig"] is True
    assert [part["setId"] for part in told["parts"]] == ["dataset"]
    assert told["parts"][0]["setIsDynamic"] is True
    assert [name for _, name in told["parts"][0]["options"]] == list(CATALOG)


@pytest.mark.parametrize("name", CATALOG)
def test_then_for_what_the_dataset_takes(house: House, name: str) -> None:
    told = run(house, house.feed("posts"), ("getConfig", request(name)))["steps"][0]["gave"]
    assert (told["setIsSteppedConfig"], told["setDateRangeRequired"]) == (False, True)
    parts = {part["setId"]: part for part in told["parts"]}
    wanted = [n for n in ("granularity", "by", "tz") if CATALOG[name].param(n)]
    assert set(parts) == {"dataset", "profile_id", *wanted}
    assert {label for label, _ in parts["profile_id"]["options"]} >= {t.replace("\n", " ") for t in AWKWARD}
    for asked in wanted:
        param = CATALOG[name].param(asked)
        assert param is not None
        assert tuple(value for _, value in parts[asked].get("options", ())) == param.choices


@EVERY
def test_every_field_comes_as_text_in_the_order_asked_for(house: House, name: str) -> None:
    feed = house.feed(name, compare="")
    ids = [field["id"] for field in fields_of(feed)]
    own = dict(zip(ids, feed.dataset.columns, strict=True))
    fields = list(own)[::-1]  # the other way round
    params = {"least": "2"} if name == METRIC else {"tz": "Europe/Berlin"}
    asked = request(feed.dataset.name, *fields, **params)
    schema, data = (
        step["gave"] for step in run(house, feed, ("getSchema", asked), ("getData", asked))["steps"]
    )
    assert [part["setId"] for part in schema["setFields"]["parts"]] == list(own)
    assert [part["setId"] for part in data["setFields"]["parts"]] == fields
    wanted = house.rows(feed)
    assert len(data["rows"]) == len(wanted)
    for row, right in zip(data["rows"], wanted, strict=True):
        for field, text in zip(fields, row, strict=True):
            check(text, right[own[field].name], own[field].type)


def fields_of(feed: Feed) -> list[dict[str, Any]]:
    """The fields of the feed, as the connector has them."""
    [told] = [told for told in describe_connector(feed.dataset) if told["name"] == feed.dataset.name]
    fields: list[dict[str, Any]] = told["fields"]
    return fields


@EVERY
def test_every_field_has_an_id_of_its_own_as_google_takes_it(house: House, name: str) -> None:
    ids = [field["id"] for field in fields_of(house.feed(name))]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z]\w*", id, re.ASCII) for id in ids)
    if name == METRIC:
        assert ids[5:] == ["likes_post", "likes_post_2", "column___", "column____2"]


def check(text: str, value: Any, type: str) -> None:
    """Asserts that a text is how Data Studio takes a value of the API."""
    if value is None:
        assert text == ""
    elif type in ("integer", "number"):
        assert float(text) == value
    elif type in ("date", "datetime"):
        assert text == f"{datetime.fromisoformat(value):{'%Y%m%d' if type == 'date' else '%Y%m%d%H%M%S'}}"
    elif type == "boolean":
        assert text == ("true" if value else "false")
    else:
        assert text == (" ".join(value) if type == "list" else value)


def test_the_parameters_choose_the_rows(house: House) -> None:
    profile = house.rows(house.feed("overview"))[3]
    params = {"granularity": "monthly", "profile_id": profile["profile_id"]}
    asked = request("engagement-trends", "engagement", "date", "profile_name", **params)
    told = run(house, house.feed("posts"), ("getData", asked))
    assert told["steps"][0]["gave"]["rows"] == [
        [str(profile["engagement"]), "20260101", profile["profile_name"]]
    ]


def test_long_answers_come_page_by_page(house: House) -> None:
    feed = house.feed("posts", compare="")
    whole = run(house, feed, ("getData", request("posts", "post_id")))
    code = house.folder / "Code.js"
    assert "const PAGE = 5000;" in code.read_text()
    code.write_text(code.read_text().replace("const PAGE = 5000;", "const PAGE = 4;"))
    plan = house.plan(kept={"dscc.key": house.tenant.key}, steps=[("getData", request("posts", "post_id"))])
    paged = house.run("data_studio.cjs", code, plan)
    assert paged["steps"] == whole["steps"]
    assert len(paged["steps"][0]["gave"]["rows"]) == len(AWKWARD) * 2
    assert len(paged["asked"]) == len(AWKWARD) * 2 // 4 + 1


def test_what_is_wrong_is_told_in_words(house: House) -> None:
    steps = (
        ("getData", {"configParams": {}}),
        ("getSchema", request("gone")),
        ("getData", request("posts", "nothing")),
        ("getData", request("posts", "likes", tz="Mars")),
    )
    told = run(house, house.feed("posts"), *steps)["steps"]
    assert all("gave" not in step for step in told)
    for step, words in zip(told, ("Choose a dataset", "Choose a dataset", '"nothing"', "Mars"), strict=True):
        assert words in step["text"]
    assert re.search(r"\(req_\w+\)$|\([\w-]{8,}\)$", told[3]["text"]), "the request can be found in the log"


def test_a_missing_or_revoked_key_is_told(house: House) -> None:
    asked = ("getData", request("posts", "likes"))
    none = run(house, house.feed("posts"), asked, kept={})["steps"][0]
    assert "There is no key" in none["text"]
    wrong = run(house, house.feed("posts"), asked, kept={"dscc.key": house.tenant.key[:-1]})["steps"][0]
    assert "key" in wrong["text"]
    assert house.tenant.key[:-1] not in json.dumps(wrong)


def test_a_server_that_is_down_does_not_make_the_key_wrong(house: House) -> None:
    feed = Feed("http://127.0.0.1:1", CATALOG["posts"], ())
    code = house.write("data_studio", feed, "Code.js")
    steps = [("isAuthValid", None), ("getData", request("posts", "likes")), ("setCredentials", {"key": "x"})]
    plan = house.plan(kept={"dscc.key": "x"}, steps=steps, allowed=["http://127.0.0.1:1/"])
    valid, data, kept = house.run("data_studio.cjs", code, plan)["steps"]
    assert valid["gave"] is True
    assert "does not answer" in data["text"]
    assert kept["gave"]["setIsValid"] is False


class _Elsewhere(BaseHTTPRequestHandler):
    """Sends everybody elsewhere."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/login")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_the_key_does_not_go_along_with_a_redirect(house: House) -> None:
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        code = house.write("data_studio", Feed(base, CATALOG["posts"], ()), "Code.js")
        plan = house.plan(
            kept={"dscc.key": "x"}, steps=[("getData", request("posts", "likes"))], allowed=[base + "/"]
        )
        told = house.run("data_studio.cjs", code, plan)
        server.shutdown()
    assert "it answered 302" in told["steps"][0]["text"]


def test_only_what_may_be_summed_is_summed(house: House) -> None:
    told = run(house, house.feed("posts"), ("getSchema", request("overview")))["steps"][0]["gave"]
    fields = {part["setId"]: part for part in told["setFields"]["parts"]}
    assert fields["engagement"]["setAggregation"] == "SUM"
    assert fields["engagement_per_post"]["setAggregation"] == "AVG"
    assert fields["from"]["setType"] == "YEAR_MONTH_DAY"
    assert fields["best_post_url"]["setType"] == "URL"
    assert "setAggregation" not in fields["profile_name"]


def test_the_manifest_keeps_googles_rules(house: House) -> None:
    told = json.loads(
        render(BY_ID["data_studio_manifest"], Feed("https://flux.example.org", CATALOG["posts"], ()))
    )
    studio = told["dataStudio"]
    assert len(studio["name"]) <= 28
    assert len(studio["shortDescription"]) <= 114
    assert told["urlFetchWhitelist"] == ["https://flux.example.org/"]
    needed = {"name", "company", "companyUrl", "logoUrl", "addonUrl", "supportUrl", "description"}
    assert needed <= studio.keys()
    assert PLACEHOLDER not in json.dumps(told)
