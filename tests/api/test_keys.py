"""Where a key may stand, and every reason for which one is refused."""

import base64
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, update

from flux import keys
from flux.key_limits import KINDS, Limits
from flux.store import vault
from flux.store.accounts import move_account
from flux.store.engine import writing
from flux.store.tables import api_keys
from tests.api.test_datasets import assert_error
from tests.tenants import PEPPER, Tenant, make_key

PATH = "/api/v1/datasets/overview"


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_key_in_the_header_the_address_or_as_a_password(client: FlaskClient, ada: Tenant) -> None:
    assert client.get(PATH, headers=ada.header).status_code == 200
    assert client.get(f"{PATH}?key={ada.key}").status_code == 200
    assert client.get(PATH, headers={"Authorization": f"bearer {ada.key}"}).status_code == 200
    assert client.get(PATH, headers=basic("anything", ada.key)).status_code == 200
    assert client.get(PATH, headers=basic(ada.key, "")).status_code == 200
    assert client.get(f"{PATH}?key={ada.key}", headers=ada.header).status_code == 200


def test_two_different_keys_are_refused(client: FlaskClient, ada: Tenant, bob: Tenant) -> None:
    error = assert_error(client.get(f"{PATH}?key={ada.key}", headers=bob.header), "invalid_parameter")
    assert ada.key not in str(error) and bob.key not in str(error)
    assert_error(client.get(f"{PATH}?key={ada.key}&key={bob.key}"), "invalid_parameter")


def test_without_a_key_only_bearer_is_asked_for(client: FlaskClient) -> None:
    for answer in (client.get(PATH), client.get(f"{PATH}?key=")):
        assert_error(answer, "missing_api_key")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "token", ["nonsense", "flux_bi_", "flux_bi_" + "a" * 38, "Bearer", "\u00fc", "flux_bi_" + "a" * 10_000]
)
def test_what_is_no_key_is_told(client: FlaskClient, token: str) -> None:
    answer = client.get(PATH, query_string={"key": token})
    assert "not a Flux key" in assert_error(answer, "invalid_api_key")["message"]
    assert token[:60] not in answer.text or len(token) < 9


def test_a_typo_is_told_from_an_unknown_key(client: FlaskClient, ada: Tenant) -> None:
    for place in (9, 20, 45):
        letter = "a" if ada.key[place] != "a" else "b"
        typo = ada.key[:place] + letter + ada.key[place + 1 :]
        assert (
            "mistyped"
            in assert_error(client.get(PATH, query_string={"key": typo}), "invalid_api_key")["message"]
        )
    unknown = keys.mint(KINDS[0])
    assert (
        "not known"
        in assert_error(client.get(PATH, query_string={"key": unknown}), "invalid_api_key")["message"]
    )


def test_a_revoked_key_is_refused_at_the_next_request(
    client: FlaskClient, engine: Engine, ada: Tenant
) -> None:
    assert client.get(PATH, headers=ada.header).status_code == 200
    keys.revoke(engine, vault.list_keys(engine, ada.account_id)[0])
    answer = client.get(PATH, headers=ada.header)
    error = assert_error(answer, "revoked_api_key")
    assert ada.key[-4:] in error["message"] and ada.key not in error["message"]
    assert "WWW-Authenticate" in answer.headers


def test_an_expired_key_is_refused(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    with writing(engine) as connection:
        connection.execute(update(api_keys).values(expires_at=int(time.time()) - 1))
    assert_error(client.get(PATH, headers=ada.header), "expired_api_key")


@pytest.mark.parametrize("kind", ["mcp", "api", "env", "secret"])
def test_a_key_of_another_kind_is_told_which_is_wanted(
    client: FlaskClient, engine: Engine, ada: Tenant, kind: str
) -> None:
    key = make_key(engine, ada.account_id, kind=kind)
    error = assert_error(client.get(PATH, headers={"Authorization": f"Bearer {key}"}), "wrong_key_kind")
    assert "flux_bi_" in error["message"]


@pytest.mark.parametrize("plan", ["pulse", "standard", "professional"])
def test_the_plan_gate(client: FlaskClient, engine: Engine, ada: Tenant, plan: str) -> None:
    move_account(engine, ada.account_id, plan, None, None)
    for path in (PATH, "/api/v1/datasets", "/api/v1/profiles", "/api/v1/status"):
        assert "edge" in assert_error(client.get(path, headers=ada.header), "plan_required")["message"]
    move_account(engine, ada.account_id, "enterprise", 7, None)
    assert client.get(PATH, headers=ada.header).headers["X-RateLimit-Limit"] == "7"


@pytest.mark.parametrize(
    ("block", "status"), [("127.0.0.0/8", 200), ("127.0.0.1", 200), ("10.0.0.0/8", 403), ("::1/128", 403)]
)
def test_a_key_limited_to_addresses(
    client: FlaskClient, engine: Engine, ada: Tenant, block: str, status: int
) -> None:
    key = make_key(engine, ada.account_id, Limits(allow=[block]))
    answer = client.get(PATH, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == status
    if status == 403:
        assert "127.0.0.1" in assert_error(answer, "address_not_allowed")["message"]


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(
    app: Flask, settings: dict[str, str], engine: Engine, ada: Tenant
) -> None:
    from flux import create_app

    key = make_key(engine, ada.account_id, Limits(allow=["203.0.113.0/24"]))
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "203.0.113.9"}
    assert app.test_client().get(PATH, headers=headers).status_code == 403
    behind = create_app(settings | {"FLUX_TRUSTED_PROXIES": "1"})
    assert behind.test_client().get(PATH, headers=headers).status_code == 200
    behind.extensions["flux_engine"].dispose()


def test_last_use_is_noted_once_a_minute_with_the_tool(
    client: FlaskClient, engine: Engine, ada: Tenant
) -> None:
    agent = {"User-Agent": "Mozilla/5.0 (compatible; GoogleDocs; apps-spreadsheets; +http://docs.google.com)"}
    client.get(PATH, headers=ada.header | agent)
    (first,) = vault.list_keys(engine, ada.account_id)
    assert first.last_used_as == "Google Sheets"
    assert abs((first.last_used_at or 0) - time.time()) < 5
    client.get(PATH, headers=ada.header | {"User-Agent": "curl/8"})
    assert vault.list_keys(engine, ada.account_id)[0].last_used_as == "Google Sheets"
    with writing(engine) as connection:
        connection.execute(update(api_keys).values(last_used_at=int(time.time()) - 61))
    client.get(PATH, headers=ada.header | {"User-Agent": "curl/8"})
    assert vault.list_keys(engine, ada.account_id)[0].last_used_as == "curl"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_feed_does_not_wait_for_an_import_to_note_its_use(
    client: FlaskClient, engine: Engine, ada: Tenant
) -> None:
    with writing(engine):  # somebody else holds SQLite's one write lock
        begun = time.monotonic()
        assert client.get(PATH, headers=ada.header).status_code == 200
        assert time.monotonic() - begun < 5  # far below the ten seconds that a writer waits


def test_a_rolled_key_keeps_its_rights_and_the_old_one_its_overlap(
    client: FlaskClient, engine: Engine, ada: Tenant
) -> None:
    key = make_key(
        engine, ada.account_id, Limits(datasets=["overview"], allow=["127.0.0.1"], rate_limit_per_hour=5)
    )
    old = vault.list_keys(engine, ada.account_id)[0]
    fresh, text = keys.roll(engine, PEPPER, old, 3600)
    for token in (key, text):
        answer = client.get(PATH, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.headers["X-RateLimit-Limit"]) == (200, "5")
    stored = {k.id: k for k in vault.list_keys(engine, ada.account_id)}
    assert stored[old.id].replaced_by == fresh.id
    assert 3590 <= (stored[old.id].expires_at or 0) - time.time() <= 3600
    assert (fresh.datasets, fresh.allow) == (("overview",), ("127.0.0.1/32",))
    keys.roll(engine, PEPPER, fresh, 0)
    assert_error(client.get(PATH, headers={"Authorization": f"Bearer {text}"}), "expired_api_key")


@pytest.mark.parametrize(
    "path", ["/api/v1//datasets", "//api/v1/status", "/api/v1/datasets/", "//settings/api"]
)
def test_no_redirect_repeats_a_key(client: FlaskClient, ada: Tenant, path: str) -> None:
    answer = client.get(path, query_string={"key": ada.key})
    assert ada.key not in str(answer.headers) + answer.text


def test_only_a_keyed_hash_is_at_rest(engine: Engine, ada: Tenant) -> None:
    with engine.connect() as connection:
        stored = " ".join(
            str(value) for row in connection.exec_driver_sql("SELECT * FROM api_keys") for value in row
        )
    assert ada.key not in stored and ada.key[8:40] not in stored
    assert keys.digest(PEPPER, ada.key) in stored
    assert keys.digest("another secret", ada.key) not in stored


def test_kinds_are_told_apart_by_the_longest_prefix() -> None:
    for kind in KINDS:
        minted = keys.mint(kind)
        assert keys.kind_of(minted) is kind
        assert len(minted) == len(kind.prefix) + 38


def test_keys_never_come_twice() -> None:
    minted: set[Any] = {keys.mint(KINDS[0]) for _ in range(1000)}
    assert len(minted) == 1000


def test_health_needs_no_key(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json()["status"] == "ok"
    assert client.get("/readyz").get_json() == {"status": "ok", "checks": {"database": "ok"}}
