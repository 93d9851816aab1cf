"""An answer is of the state of the data that was asked about, or it is none."""

import pytest
from sqlalchemy import Engine

from flux.serve import Moved, Rights, ask, has_more, rows
from tests.tenants import Tenant, make_posts, post


def test_data_that_moved_after_the_question_are_not_answered(engine: Engine, ada: Tenant) -> None:
    rights = Rights(ada.account_id)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-11-01"), post("2026-11-02")])
    asked = {"from": ["2026-01-01"], "limit": ["1"]}
    query = ask(engine, rights, "posts", asked)
    assert len(list(rows(engine, rights, query))) == 1
    assert has_more(engine, rights, query)
    make_posts(engine, ada.profile, ada.account_id, [post("2026-11-03")])
    with pytest.raises(Moved):
        list(rows(engine, rights, query))
    with pytest.raises(Moved):
        has_more(engine, rights, query)
    again = ask(engine, rights, "posts", asked)
    assert again.canonical() != query.canonical()
    assert has_more(engine, rights, again)
