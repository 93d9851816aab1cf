"""The corpus of attacks against the real server: it answers clearly, stays small, and goes on."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from flux.key_limits import Limits
from flux.sandbox.process import LIMITS
from flux.store.accounts import move_account
from tests.processes import below, held, watched
from tests.sandbox.test_attacks import ATTACKS, HONEST, INNER, MOST_CHILD, MOST_GROWTH, MOST_SECONDS
from tests.services import Server
from tests.tenants import NOON, Tenant, make_key, make_posts, make_tenant, post

# One of each way to its end, and what would grow an answer; all of them run in tests/sandbox.
BOMBS = ("time-01", "time-07", "memory-04", "memory-16", "memory-17", "memory-18")
SHORT = [a for a in ATTACKS if a["kind"] not in ("time", "memory")] + [a for a in ATTACKS if a["id"] in BOMBS]
POSTS = 40
STATUSES = {200, 400, 413, 422, 429}


@dataclass(frozen=True, slots=True)
class Attacker:
    """An account's back end with an access token, and the word that is in all of the account's posts."""

    url: str
    token: str
    marker: str
    tenant: Tenant

    def ask(self, text: str, variables: dict[str, Any] | None = None) -> requests.Response:
        body = {
            "encodedQuery": base64.b64encode(text.encode(errors="surrogatepass")).decode(),
            "variables": variables or {},
        }
        header = {"Authorization": f"Bearer {self.token}"}
        return requests.post(f"{self.url}/metrics/query", json=body, headers=header, timeout=30)


def move_in(engine: Engine, server: Server, name: str) -> Attacker:
    """An account with posts, and a token that its two keys gave."""
    tenant = make_tenant(engine, f"{name}@example.org", "enterprise")
    move_account(engine, tenant.account_id, "enterprise", 1_000_000, 1_000_000)
    marker = f"ZX{name.upper()}ZX"
    rows = [post(NOON + n * 3_600, text=f"{marker} {n}", likes=n, comments=0, shares=0) for n in range(POSTS)]
    make_posts(engine, tenant.profile, tenant.account_id, rows)
    keys = [make_key(engine, tenant.account_id, Limits(), kind) for kind in ("env", "secret")]
    told = {"environmentApiKey": keys[0], "clientSecret": keys[1]}
    given = requests.post(f"{server.url}/metrics/auth/token", json=told, timeout=10)
    assert given.status_code == 200, given.text
    return Attacker(server.url, given.json()["accessToken"], marker, tenant)


def test_the_server_outlives_every_attack(
    engine: Engine, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve()
    ada, bob = (move_in(engine, server, name) for name in ("ada", "bob"))
    assert ada.ask(HONEST).json()["data"] == [{"count(*)": POSTS}]
    before = max(held(process) for process in below(server.process.pid))
    with watched(server.process.pid) as seen, ThreadPoolExecutor(2) as pool:
        pairs = ((ada, bob), (bob, ada))
        done = list(pool.map(lambda pair: [_attack(*pair, attack, str(tmp_path)) for attack in SHORT], pairs))
    assert [len(each) for each in done] == [len(SHORT)] * 2
    assert sum(status == 200 for each in done for status in each) > 20, "some of them read their own rows"
    assert seen.other - before < MOST_GROWTH
    assert 0 < seen.query < MOST_CHILD
    for attacker in (ada, bob):
        assert attacker.ask(HONEST).json()["data"] == [{"count(*)": POSTS}]
    assert "Traceback" not in server.told()


def _attack(attacker: Attacker, victim: Attacker, attack: dict[str, Any], folder: str) -> int:
    """The status of an attack's answer, once that is found to be harmless."""
    aims = {"%OTHER_ACCOUNT%": str(victim.tenant.account_id), "%FOLDER%": folder}
    aims["%OTHER_PROFILE%"] = victim.tenant.profile.public_id
    told = json.dumps([attack["sql"], attack["variables"]])
    for mark, real in aims.items():
        told = told.replace(mark, real)
    text, variables = json.loads(told)
    begin = time.monotonic()
    answer = attacker.ask(text, variables)
    assert time.monotonic() - begin < MOST_SECONDS, attack["id"]
    assert answer.status_code in STATUSES, f"{attack['id']}: {answer.status_code} {answer.text[:300]}"
    assert (answer.status_code == 200) <= (attack["ends"] != "refused"), attack["id"]
    if answer.status_code == 200:
        assert len(answer.content) < LIMITS.bytes + 2**20, attack["id"]
        assert victim.marker not in answer.text, attack["id"]
    else:
        assert answer.json()["error"]["message"], attack["id"]
        assert not INNER.search(answer.text), f"{attack['id']}: {answer.text}"
        # What the attacker wrote may be quoted; what it did not know may not be told.
        assert folder not in answer.text or folder in text, attack["id"]
    return answer.status_code


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_twelve_attackers_keep_nobody_from_an_answer(engine: Engine, serve: Callable[..., Server]) -> None:
    server = serve()
    ada, bob = (move_in(engine, server, name) for name in ("ada", "bob"))
    bob.ask(HONEST)
    bomb = next(attack for attack in ATTACKS if attack["id"] == "time-01")
    with ThreadPoolExecutor(12) as pool:
        attackers = [pool.submit(ada.ask, bomb["sql"], bomb["variables"]) for _ in range(12)]
        time.sleep(0.5)  # they are at it
        for _ in range(10):
            assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200
            assert bob.ask(HONEST).json()["data"] == [{"count(*)": POSTS}]
        ends = [attacker.result() for attacker in attackers]
    refused = [end for end in ends if end.status_code == 429]
    assert len(refused) >= 10, [end.status_code for end in ends]
    assert all(end.headers["Retry-After"] == "1" for end in refused)
    assert {end.status_code for end in ends} == {400, 429}
