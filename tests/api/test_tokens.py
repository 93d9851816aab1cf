"""Access tokens: what they are given for, what ends them, and where they are good."""

import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, update

from flux import keys
from flux.key_limits import TOKEN, Limits
from flux.store import vault
from flux.store.accounts import move_account
from flux.store.engine import writing
from flux.store.tables import access_tokens, api_keys
from tests.api.caller import ask_sql, make_caller, make_pair, make_token
from tests.api.test_datasets import assert_error
from tests.api.test_keys import basic
from tests.tenants import PEPPER, Tenant, make_key

PATH = "/metrics/auth/token"
ONE = "SELECT 1 AS one"
BOTH = ["environmentApiKey", "clientSecret"]
KINDS = {"environmentApiKey": "env", "clientSecret": "secret"}

Pair = dict[str, str]


@pytest.fixture
def pair(engine: Engine, ada: Tenant) -> Pair:
    """Ada's two keys."""
    return make_pair(engine, ada.account_id)


def key_of(engine: Engine, account_id: int, field: str) -> vault.Key:
    return next(k for k in vault.list_keys(engine, account_id) if k.kind == KINDS[field])


def set_key(engine: Engine, account_id: int, field: str, **values: Any) -> None:
    kind = KINDS[field]
    with writing(engine) as connection:
        chosen = (api_keys.c.account_id == account_id) & (api_keys.c.kind == kind)
        connection.execute(update(api_keys).where(chosen).values(**values))


def test_two_keys_give_a_token_that_runs_a_query(client: FlaskClient, pair: Pair) -> None:
    answer = client.post(PATH, json=pair)
    told = answer.get_json()
    assert (answer.status_code, set(told)) == (200, {"accessToken", "tokenType", "expiresIn"})
    assert (told["tokenType"], told["expiresIn"]) == ("Bearer", 3600)
    assert keys.kind_of(told["accessToken"]) is TOKEN
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-RateLimit-Remaining"] == "299"
    rows = ask_sql(client, told["accessToken"], ONE)
    assert rows.get_json()["data"] == [{"one": 1}]
    assert rows.headers["X-RateLimit-Remaining"] == "298"


@pytest.mark.parametrize("field", BOTH)
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_key_that_is_missing_is_named(client: FlaskClient, pair: Pair, field: str, value: Any) -> None:
    for body in (pair | {field: value}, {n: v for n, v in pair.items() if n != field}):
        answer = client.post(PATH, json=body)
        assert f"'{field}'" in assert_error(answer, "missing_api_key")["message"]
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("field", BOTH)
@pytest.mark.parametrize("kind", ["bi", "api", "mcp", "env", "secret"])
def test_a_key_of_another_kind_in_its_place(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair, field: str, kind: str
) -> None:
    if kind == KINDS[field]:
        return
    other = make_key(engine, ada.account_id, kind=kind)
    error = assert_error(client.post(PATH, json=pair | {field: other}), "wrong_key_kind")
    assert f"'{field}'" in error["message"] and other not in str(error)


@pytest.mark.parametrize("field", BOTH)
def test_what_is_no_key_or_a_token_gives_none(client: FlaskClient, pair: Pair, field: str) -> None:
    assert_error(client.post(PATH, json=pair | {field: pair[field][:-1]}), "invalid_api_key")
    unknown = keys.mint(next(k for k in keys.KINDS if k.name == KINDS[field]))
    assert (
        "not known"
        in assert_error(client.post(PATH, json=pair | {field: unknown}), "invalid_api_key")["message"]
    )
    token = make_token(client, pair)
    assert_error(client.post(PATH, json=pair | {field: token}), "wrong_key_kind")


@pytest.mark.parametrize("field", BOTH)
def test_keys_of_two_accounts_do_not_belong_together(
    client: FlaskClient, engine: Engine, bob: Tenant, pair: Pair, field: str
) -> None:
    theirs = make_pair(engine, bob.account_id)
    error = assert_error(client.post(PATH, json=pair | {field: theirs[field]}), "invalid_api_key")
    assert "different accounts" in error["message"]


def test_any_pair_of_an_account_fits(client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair) -> None:
    other = make_pair(engine, ada.account_id)
    mixed = {"environmentApiKey": pair["environmentApiKey"], "clientSecret": other["clientSecret"]}
    assert ask_sql(client, make_token(client, mixed), ONE).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "invalid_parameter"),
        ({"clientSecret": 5}, "invalid_parameter"),
        ({"clientSecret": ["flux_cs_" + "a" * 38]}, "invalid_parameter"),
        ({"client_secret": "flux_cs_" + "a" * 38}, "unknown_parameter"),
        ({"flux_cs_" + "a" * 38: 1}, "unknown_parameter"),
    ],
)
def test_a_body_of_another_shape_is_told_without_what_may_be_a_key(
    client: FlaskClient, body: Any, code: str
) -> None:
    assert "aaaa" not in str(assert_error(client.post(PATH, json=body), code))


def test_a_body_that_is_not_json_is_told(client: FlaskClient) -> None:
    assert_error(client.post(PATH, data="x", content_type="application/json"), "invalid_json")
    assert_error(client.post(PATH, data={"clientSecret": "x"}), "unsupported_media_type")
    assert_error(client.get(PATH), "method_not_allowed")


@pytest.mark.parametrize("field", BOTH)
def test_revoking_either_key_ends_the_token_at_the_next_request(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair, field: str
) -> None:
    token = make_token(client, pair)
    assert ask_sql(client, token, ONE).status_code == 200
    keys.revoke(engine, key_of(engine, ada.account_id, field))
    error = assert_error(ask_sql(client, token, ONE), "revoked_api_key")
    assert pair[field][-4:] in error["message"] and token not in str(error)
    assert_error(client.post(PATH, json=pair), "revoked_api_key")


@pytest.mark.parametrize("field", BOTH)
def test_either_key_running_out_ends_the_token(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair, field: str
) -> None:
    token = make_token(client, pair)
    set_key(engine, ada.account_id, field, expires_at=int(time.time()) - 1)
    assert_error(ask_sql(client, token, ONE), "expired_api_key")
    assert_error(client.post(PATH, json=pair), "expired_api_key")


@pytest.mark.parametrize("field", BOTH)
def test_a_token_lasts_no_longer_than_its_keys(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair, field: str
) -> None:
    set_key(engine, ada.account_id, field, expires_at=int(time.time()) + 60)
    assert 55 <= client.post(PATH, json=pair).get_json()["expiresIn"] <= 60


@pytest.mark.parametrize("field", BOTH)
def test_a_rolled_key_keeps_its_tokens_for_the_overlap(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair, field: str
) -> None:
    token = make_token(client, pair)
    old = key_of(engine, ada.account_id, field)
    _, text = keys.roll(engine, PEPPER, old, 3600)
    assert ask_sql(client, token, ONE).status_code == 200
    assert ask_sql(client, make_token(client, pair | {field: text}), ONE).status_code == 200
    assert ask_sql(client, make_token(client, pair), ONE).status_code == 200
    vault.change_key(engine, old, expires_at=int(time.time()) - 1)
    assert_error(ask_sql(client, token, ONE), "expired_api_key")
    assert ask_sql(client, make_token(client, pair | {field: text}), ONE).status_code == 200


def test_a_token_ends_and_is_forgotten_later(
    client: FlaskClient, engine: Engine, bob: Tenant, pair: Pair
) -> None:
    token, theirs = make_token(client, pair), make_token(client, make_pair(engine, bob.account_id))
    for ago, says in ((1, "expired"), (7200, "not known")):
        with writing(engine) as connection:
            connection.execute(update(access_tokens).values(expires_at=int(time.time()) - ago))
        make_token(client, pair)
        code = "expired_api_key" if ago == 1 else "invalid_api_key"
        assert says in assert_error(ask_sql(client, token, ONE), code)["message"]
    assert_error(ask_sql(client, theirs, ONE), "expired_api_key")  # another account's are its own business
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(access_tokens)) == 2


@pytest.mark.parametrize("field", BOTH)
def test_both_address_lists_hold_for_every_use(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair, field: str
) -> None:
    set_key(engine, ada.account_id, field, allow=["127.0.0.1/32"])
    token = make_token(client, pair)
    assert ask_sql(client, token, ONE).status_code == 200
    set_key(engine, ada.account_id, field, allow=["10.0.0.0/8"])
    for answer in (ask_sql(client, token, ONE), client.post(PATH, json=pair)):
        assert "127.0.0.1" in assert_error(answer, "address_not_allowed")["message"]


def test_a_plan_without_requests_a_minute_has_no_metrics_api(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair
) -> None:
    token = make_token(client, pair)
    move_account(engine, ada.account_id, "pulse", None, None)
    for answer in (ask_sql(client, token, ONE), client.post(PATH, json=pair)):
        assert "standard" in assert_error(answer, "plan_required")["message"]
    move_account(engine, ada.account_id, "standard", None, None)
    assert ask_sql(client, token, ONE).headers["X-RateLimit-Limit"] == "60"


def test_tokens_and_queries_count_in_the_minute_of_the_rest_api(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair
) -> None:
    move_account(engine, ada.account_id, "enterprise", None, 3)
    rest, token = make_caller(client, engine, ada), make_token(client, pair)
    assert ask_sql(client, token, ONE).headers["X-RateLimit-Remaining"] == "1"
    assert rest.ask("GET", "/projects").headers["X-RateLimit-Remaining"] == "0"
    for answer in (ask_sql(client, token, ONE), client.post(PATH, json=pair)):
        assert_error(answer, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 121


def test_a_token_is_good_nowhere_else(client: FlaskClient, pair: Pair) -> None:
    token = make_token(client, pair)
    header = {"Authorization": f"Bearer {token}"}
    answers = [
        client.get("/api/v1/datasets/posts", headers=header),
        client.get(f"/api/v1/status?key={token}"),
        client.get("/api/v1/profiles", headers=basic("x", token)),
        client.get("/v1/projects", headers=header),
        client.post("/api/v1/projects", headers=header, json={"name": "x"}),
        client.post("/event/ingest", headers=header, json={"name": "x"}),
        client.get("/api/v1/metrics/met_00000000000", headers=header),
    ]
    for answer in answers:
        error = assert_error(answer, "wrong_key_kind")
        assert "flux_at_" in error["message"] and token not in str(error)


@pytest.mark.parametrize("kind", ["bi", "api", "env", "secret", "mcp"])
def test_no_key_stands_in_for_a_token(client: FlaskClient, engine: Engine, ada: Tenant, kind: str) -> None:
    key = make_key(engine, ada.account_id, kind=kind)
    error = assert_error(ask_sql(client, key, ONE), "wrong_key_kind")
    assert "flux_at_" in error["message"] and key not in str(error)


def test_a_token_stands_in_the_header_only(client: FlaskClient, pair: Pair) -> None:
    token = make_token(client, pair)
    for answer in (
        client.post(f"/metrics/query?key={token}", json={}),
        client.post("/metrics/query", json={}, headers=basic("x", token)),
    ):
        assert "POST /metrics/auth/token" in assert_error(answer, "missing_api_key")["message"]


def test_a_token_that_is_none_is_told(client: FlaskClient, pair: Pair) -> None:
    token = make_token(client, pair)
    typo = token[:20] + ("a" if token[20] != "a" else "b") + token[21:]
    assert "mistyped" in assert_error(ask_sql(client, typo, ONE), "invalid_api_key")["message"]
    assert "not known" in assert_error(ask_sql(client, keys.mint(TOKEN), ONE), "invalid_api_key")["message"]


def test_a_token_may_what_its_environment_key_may(client: FlaskClient, engine: Engine, ada: Tenant) -> None:
    saved = "/metrics/query/met_00000000000"
    for permissions, sql, run in ((("read",), 403, 404), (("sql",), 200, 403)):
        pair = make_pair(engine, ada.account_id, Limits(permissions=permissions))
        token = make_token(client, pair)
        assert ask_sql(client, token, ONE).status_code == sql
        header = {"Authorization": f"Bearer {token}"}
        answer = client.post(saved, json={}, headers=header)
        assert answer.status_code == run
    assert "'read'" in assert_error(answer, "insufficient_permissions")["message"]


def test_a_token_sees_its_own_account(
    client: FlaskClient, engine: Engine, ada: Tenant, bob: Tenant, pair: Pair
) -> None:
    theirs = make_token(client, make_pair(engine, bob.account_id))
    for token, tenant in ((make_token(client, pair), ada), (theirs, bob)):
        rows = ask_sql(client, token, "SELECT profile_id FROM profiles").get_json()["data"]
        assert rows == [{"profile_id": tenant.profile.public_id}]


def test_only_a_keyed_hash_is_at_rest(client: FlaskClient, engine: Engine, pair: Pair) -> None:
    token = make_token(client, pair)
    with engine.connect() as connection:
        (row,) = connection.execute(select(access_tokens)).mappings()
    assert row["digest"] == keys.digest(PEPPER, token)
    assert row["expires_at"] - row["created_at"] == 3600
    assert token[8:40] not in str(dict(row))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_query_by_token_costs_one_look_up(client: FlaskClient, pair: Pair, statements: list[str]) -> None:
    token = make_token(client, pair)
    header = {"Authorization": f"Bearer {token}"}
    client.post("/metrics/query/met_00000000000", json={}, headers=header)
    statements.clear()
    answer = client.post("/metrics/query/met_00000000000", json={}, headers=header)
    assert answer.status_code == 404
    assert len([s for s in statements if "access_tokens" in s or "api_keys" in s]) == 1
    assert len(statements) == 2, "the token, then the metric"


def test_the_last_use_of_both_keys_is_noted(
    client: FlaskClient, engine: Engine, ada: Tenant, pair: Pair
) -> None:
    token = make_token(client, pair)
    with writing(engine) as connection:
        connection.execute(update(api_keys).values(last_used_at=int(time.time()) - 61))
    client.post("/metrics/query", headers={"Authorization": f"Bearer {token}", "User-Agent": "curl/8"})
    used = [key_of(engine, ada.account_id, field) for field in BOTH]
    assert [k.last_used_as for k in used] == ["curl", "curl"]
    assert all(abs((k.last_used_at or 0) - time.time()) < 5 for k in used)


@pytest.mark.parametrize("limits", [Limits(datasets=["posts"]), Limits(profiles=["prof_00000000001"])])
def test_keys_for_sql_see_all_of_their_account(engine: Engine, ada: Tenant, limits: Limits) -> None:
    with pytest.raises(keys.InvalidParameter, match="sees all of its account"):
        make_pair(engine, ada.account_id, limits)
