"""Grafana: its SDK reads the dashboard, YAML the settings, and every panel's question is answered."""

import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from flux.catalog import CATALOG
from flux.snippets import Feed, render
from tests.connectors.conftest import BY_ID, EVERY, House

KINDS = {
    "string": "string",
    "list": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "timestamp",
    "datetime": "timestamp",
}


def dashboard(house: House, **params: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(render(BY_ID["grafana_dashboard"], house.feed("overview", **params)))
    return told


def filled(text: str, variables: dict[str, str]) -> str:
    """A text with the dashboard's variables and its window, as Grafana fills it in."""
    known = variables | {"__from:date:YYYY-MM-DD": "2026-01-01", "__to:date:YYYY-MM-DD": "2026-01-31"}
    return re.sub(r"\$\{([^}]+)\}", lambda found: known[found[1]], text)


def ask(house: House, target: dict[str, Any], variables: dict[str, str]) -> list[dict[str, Any]]:
    """The rows at the root of the answer, sent as Infinity sends it."""
    asked = [(p["key"], filled(p["value"], variables)) for p in target["url_options"]["params"]]
    answer = requests.get(f"{target['url']}?{urlencode(asked)}", headers=house.tenant.header, timeout=10)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()[target["root_selector"]]
    return rows


def variables_of(told: dict[str, Any]) -> dict[str, str]:
    return {v["name"]: v["current"]["value"] for v in told["templating"]["list"]}


def test_every_panel_gets_the_columns_that_it_names(house: House) -> None:
    told = dashboard(house)
    kinds = [panel["type"] for panel in told["panels"]]
    assert kinds == [*["stat"] * 4, "timeseries", "barchart", "barchart", "table"]
    for panel in told["panels"]:
        for target in panel["targets"]:
            rows = ask(house, target, variables_of(told))
            names = [column["selector"] for column in target["columns"]]
            assert rows and names, panel["title"]
            assert set(names) <= rows[0].keys()
            dataset = CATALOG[target["url"].rsplit("/", 1)[1]]
            types = {c.name: KINDS[c.type] for c in dataset.columns if c.name in names}
            assert {c["selector"]: c["type"] for c in target["columns"]} == types


def test_what_a_panel_does_names_columns_that_it_has(house: House) -> None:
    for panel in dashboard(house)["panels"]:
        names = {column["text"] for column in panel["targets"][0]["columns"]}
        told = json.dumps({"t": panel.get("transformations", []), "o": panel["options"]})
        for found in re.findall(r'"field": "(\w+)"|"xField": "(\w+)"|"fields": "/\^(\w+)\$/"', told):
            assert set(filter(None, found)) <= names
        for change in panel.get("transformations", []):
            fields = change["options"].get("fields") or {}
            assert set(fields) <= names
        for override in panel["fieldConfig"]["overrides"]:
            assert override["matcher"]["options"] in names


def test_the_profiles_chosen_are_asked_for(house: House) -> None:
    first, second, *_ = house.rows(house.feed("overview"))
    chosen = f"{first['profile_id']},{second['profile_id']}"
    told = dashboard(house, profile_id=chosen)
    rows = ask(house, told["panels"][0]["targets"][0], variables_of(told))
    assert [row["profile_id"] for row in rows] == [first["profile_id"], second["profile_id"]]


def test_every_granularity_on_offer_is_one(house: House) -> None:
    told = dashboard(house)
    [offered] = [v for v in told["templating"]["list"] if v["name"] == "granularity"]
    assert [option["value"] for option in offered["options"]] == offered["query"].split(",")
    for option in offered["options"]:
        target = told["panels"][4]["targets"][0]
        assert ask(house, target, variables_of(told) | {"granularity": option["value"]})


def test_every_variable_is_declared(house: House) -> None:
    told = dashboard(house)
    used = set(re.findall(r"\$\{(\w+)[}:]", json.dumps(told["panels"])))
    assert used - {"__from", "__to", "__value"} == variables_of(told).keys()


def test_grafanas_own_sdk_loses_nothing(house: House) -> None:
    assert lost(dashboard(house)) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [((), "refreshh"), (("panels", 0), "gridPosition"), (("templating", "list", 1), "lable")],
)
def test_what_it_does_not_know_is_found(house: House, path: tuple[Any, ...], name: str) -> None:
    told = dashboard(house)
    inner = told
    for step in path:
        inner = inner[step]
    inner[name] = "x"
    assert lost(told) == ["/".join(["", *map(str, path), name])]


def lost(told: dict[str, Any]) -> list[str]:
    """What the SDK does not know of a dashboard."""
    return missing(told, json.loads(JSONEncoder().encode(Dashboard.from_json(told))))


def missing(told: Any, again: Any, path: str = "") -> list[str]:
    """What of `told` is not in `again`, by its path."""
    if isinstance(told, dict) and isinstance(again, dict):
        return [gone for k, v in told.items() for gone in missing(v, again.get(k), f"{path}/{k}")]
    if isinstance(told, list) and isinstance(again, list) and len(told) == len(again):
        pairs = enumerate(zip(told, again, strict=True))
        return [gone for at, (a, b) in pairs for gone in missing(a, b, f"{path}/{at}")]
    return [] if told == again else [path]


def test_the_settings_are_yaml_that_the_data_source_takes(house: House) -> None:
    feed = house.feed("posts")
    told = yaml.safe_load(render(BY_ID["grafana_provisioning"], feed))
    assert told["apiVersion"] == 1
    [source] = told["datasources"]
    assert source["type"] == "yesoreyeram-infinity-datasource"
    assert source["uid"] == variables_of(dashboard(house))["source"]
    assert source["jsonData"]["auth_method"] == "bearerToken"
    assert source["jsonData"]["allowedHosts"] == [feed.base], "without it the plugin refuses to send the key"
    header = {"Authorization": f"Bearer {source['secureJsonData']['bearerToken']}"}
    health = requests.get(source["jsonData"]["customHealthCheckUrl"], headers=header, timeout=5)
    assert health.status_code == 200


def test_only_the_host_is_allowed(house: House) -> None:
    feed = Feed("https://example.org/flux", CATALOG["posts"], ())
    told = yaml.safe_load(render(BY_ID["grafana_provisioning"], feed))
    parts = urlsplit(feed.base)
    assert told["datasources"][0]["jsonData"]["allowedHosts"] == [f"{parts.scheme}://{parts.netloc}"]


@EVERY
def test_one_feed_as_a_query(house: House, name: str) -> None:
    feed = house.feed(name)
    told = json.loads(render(BY_ID["grafana_infinity"], feed))
    rows = ask(house, told, {})
    assert rows == house.rows(feed)
    assert [column["selector"] for column in told["columns"]] == list(rows[0])
    assert [column["type"] for column in told["columns"]] == [KINDS[c["type"]] for c in feed.columns()]
