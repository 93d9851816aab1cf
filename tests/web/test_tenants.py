"""Another account's things are not there: pages, forms, pickers."""

import pytest
from flask import Flask
from sqlalchemy import Engine, insert

from flux import keys
from flux.ids import new_id, public_id
from flux.key_limits import Limits
from flux.mistakes import NotFound
from flux.store.engine import writing
from flux.store.profiles import find_profile
from flux.store.tables import imports
from flux.store.vault import find_key
from flux.web import jobs
from tests.tenants import PEPPER, Tenant
from tests.web.visitor import Visitor


def test_anothers_profile_is_not_there(visitor: Visitor, engine: Engine, bob: Tenant) -> None:
    theirs = bob.profile.public_id
    for path in (f"/profiles/{theirs}", f"/profiles/{theirs}/edit", f"/profiles/{theirs}/delete"):
        assert visitor.get(path).status_code == 404, path
    assert (
        visitor.post(f"/profiles/{theirs}/delete", {"name": "Bob"}, form="/profiles/new").status_code == 404
    )
    changed = {"name": "Mine", "kind": "personal"}
    assert visitor.post(f"/profiles/{theirs}/edit", changed, form="/profiles/new").status_code == 404
    assert find_profile(engine, bob.account_id, theirs).name == "Bob"


def test_anothers_profile_cannot_be_picked_or_filled(visitor: Visitor, bob: Tenant) -> None:
    theirs = bob.profile.public_id
    picked = visitor.text(f"/settings/api/feed?dataset=posts&profile_id={theirs}")
    assert "There is no profile" in picked
    assert "Bob" not in picked
    answer = visitor.post("/import", {"profile": theirs, "file": (b"", "x.csv")}, form="/import")
    assert answer.status_code == 400


def test_anothers_key_is_not_there(visitor: Visitor, engine: Engine, bob: Tenant) -> None:
    key, _ = keys.issue(engine, PEPPER, bob.account_id, "bi", "Bob's sheet", Limits())
    name = keys.key_name(key)
    for what in ("roll", "revoke"):
        path = f"/settings/api/keys/{name}/{what}"
        assert visitor.get(path).status_code == 404
        assert visitor.post(path, {"overlap": "0"}, form="/settings/api").status_code == 404
    assert find_key(engine, key.id).revoked_at is None
    assert find_key(engine, key.id).replaced_by is None
    assert "Bob" not in visitor.text("/settings/api")


def test_anothers_key_limits_cannot_name_my_profile(visitor: Visitor, bob: Tenant) -> None:
    data = {"name": "x", "profiles": bob.profile.public_id}
    assert visitor.post("/settings/api", data).status_code == 400


def test_anothers_import_is_not_there(app: Flask, visitor: Visitor, engine: Engine, bob: Tenant) -> None:
    number = new_id()
    row = {
        "account_id": bob.account_id,
        "id": number,
        "profile_id": bob.profile.id,
        "file_name": "secret.csv",
    }
    row |= {"sha256": "", "status": "done", "report": {}, "created_at": 1, "read_at": 1, "finished_at": 1}
    with writing(engine) as connection:
        connection.execute(insert(imports).values(row))
    path = f"/import/{public_id('imp', number)}"
    assert visitor.get(path).status_code == 404
    assert visitor.post(f"{path}/again", form="/import").status_code == 404
    assert "secret.csv" not in visitor.text("/import")


@pytest.mark.parametrize("name", ["..", "imp_../../../../etc", "imp_0000000000", "state"])
def test_an_import_id_is_never_a_path(app: Flask, name: str) -> None:
    with app.app_context(), pytest.raises(NotFound):
        jobs.find(1, name)
