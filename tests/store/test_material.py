"""What analyses work on, read on either database: whole, typed, and of one account only."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, insert

from flux.analyses import KINDS
from flux.analyses.material import DAY_COLUMNS, POST_COLUMNS, Material
from flux.catalog.parse import parse
from flux.catalog.posts import POSTS
from flux.ids import new_id, public_id
from flux.mistakes import InvalidParameter, ProfileNotFound, ResourceNotFound
from flux.serve import Rights, rows
from flux.store.engine import writing
from flux.store.material import check_material, read_material
from flux.store.profiles import create_profile, find_profiles
from flux.store.projects import Project, create_project
from flux.store.tables import data_sources, source_rows
from tests.tenants import Tenant, make_days, make_posts, post

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = 86_400
START = 1_767_268_800  # 2026-01-01 12:00 UTC


def some_posts(count: int = 40, first: int = 20) -> list[dict[str, Any]]:
    return [
        post(START + n * DAY, likes=first + n % 7, comments=n % 3, shares=0, format="text", length=300 + n)
        for n in range(count)
    ]


def project_of(engine: Engine, tenant: Tenant, *profiles: int) -> Project:
    return create_project(engine, tenant.account_id, {"name": "Spring"}, profiles or None)


def read(engine: Engine, project: Project, kind: str = "summary", **given: Any) -> Material:
    parameters = KINDS[kind].parameters.model_validate(given)
    return read_material(engine, project, KINDS[kind], parameters, NOW)


def test_posts_are_those_of_the_feed(engine: Engine, ada: Tenant) -> None:
    made = [*some_posts(), post("2026-02-20"), post("2026-02-21", engagement=7, time_known=False, url=None)]
    make_posts(engine, ada.profile, ada.account_id, made)
    found = read(engine, project_of(engine, ada), range="all")
    query = parse(POSTS, {"range": ["all"], "order": ["asc"]}, find_profiles(engine, ada.account_id), NOW)
    names = [c.name for c in query.columns()]
    feed = [dict(zip(names, r, strict=True)) for r in rows(engine, Rights(ada.account_id), query)]
    assert len(found.posts) == len(feed) == 42
    for row, told in zip(found.posts.itertuples(), feed, strict=True):
        for name, column in (("adjusted", "adjusted_engagement"), ("likes", "likes"), ("length", "length")):
            value = getattr(row, name)
            assert (None if np.isnan(value) else value) == told[column]
        assert row.post_id == told["post_id"]
        assert row.local.isoformat() == told["published_at"][:19]
        assert (row.url if isinstance(row.url, str) else None) == told["url"]
    assert found.posts["time_known"].tolist() == [True] * 41 + [False]


def test_columns_are_typed_whatever_is_there(engine: Engine, ada: Tenant) -> None:
    empty = read(engine, project_of(engine, ada))
    make_posts(engine, ada.profile, ada.account_id, some_posts(3))
    make_days(engine, ada.profile, ada.account_id, {"day": "2026-01-05", "impressions": 3, "followers": None})
    some = read(engine, project_of(engine, ada))
    for found in (empty, some):
        assert list(found.posts.columns) == [*POST_COLUMNS, "local"]
        assert {n: str(found.posts[n].dtype) for n in POST_COLUMNS} == POST_COLUMNS
        assert found.posts["local"].dtype.kind == "M"
        assert {n: str(found.days[n].dtype) for n in DAY_COLUMNS} == DAY_COLUMNS
    assert (len(empty.posts), len(some.posts)) == (0, 3)


def test_local_times_are_the_profiles_or_the_zone_asked(engine: Engine, ada: Tenant) -> None:
    berlin = create_profile(engine, ada.account_id, "Berlin", timezone="Europe/Berlin")
    for profile in (ada.profile, berlin):
        make_posts(engine, profile, ada.account_id, [post("2026-01-31T23:30"), post("2026-07-31T23:30")])
    project = project_of(engine, ada)
    own = read(engine, project, range="all").posts
    told = own.groupby("profile_name")["local"].apply(lambda times: [f"{t:%m-%d %H:%M}" for t in times])
    assert told["Ada"] == ["01-31 23:30", "07-31 23:30"]
    assert told["Berlin"] == ["02-01 00:30", "08-01 01:30"]
    asked = read(engine, project, range="all", tz="America/New_York").posts
    assert {f"{t:%m-%d %H:%M}" for t in asked["local"]} == {"01-31 18:30", "07-31 19:30"}


def test_the_history_is_whole_and_the_window_a_part(engine: Engine, ada: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, some_posts(50))
    make_days(engine, ada.profile, ada.account_id, *[{"day": f"2026-01-{n:02d}"} for n in range(1, 32)])
    found = read(engine, project_of(engine, ada), **{"from": "2026-01-10", "to": "2026-01-12"})
    assert (found.window.first, found.window.last) == (date(2026, 1, 10), date(2026, 1, 12))
    assert (len(found.posts), len(found.inside()), len(found.days)) == (50, 3, 3)
    assert found.today == NOW.date()


def test_a_project_sees_its_profiles_only(engine: Engine, ada: Tenant) -> None:
    other = create_profile(engine, ada.account_id, "Other")
    make_posts(engine, ada.profile, ada.account_id, some_posts(5))
    make_posts(engine, other, ada.account_id, some_posts(7))
    assert len(read(engine, project_of(engine, ada)).posts) == 12
    chosen = project_of(engine, ada, other.id)
    assert len(read(engine, chosen).posts) == 7
    every = project_of(engine, ada)
    assert len(read(engine, every, profile_ids=[ada.profile.public_id]).posts) == 5
    with pytest.raises(ProfileNotFound):
        read(engine, chosen, profile_ids=[ada.profile.public_id])


def test_another_accounts_data_are_never_read(engine: Engine, ada: Tenant, bob: Tenant) -> None:
    make_posts(engine, ada.profile, ada.account_id, some_posts(5))
    make_posts(engine, bob.profile, bob.account_id, some_posts(9, first=900))
    hers = project_of(engine, ada)
    found = read(engine, hers)
    assert found.posts["profile_id"].unique().tolist() == [ada.profile.public_id]
    assert found.posts["engagement"].max() < 100
    with pytest.raises(ProfileNotFound):
        read(engine, hers, profile_ids=[bob.profile.public_id])
    stolen = add_table(engine, project_of(engine, bob))
    with pytest.raises(ResourceNotFound):
        read(engine, hers, "roi", data_source_id=stolen, date_column="date", amount_column="spend")


COLUMNS = [
    {"name": "date", "type": "date"},
    {"name": "spend", "type": "number"},
    {"name": "n", "type": "string"},
]


def add_table(engine: Engine, project: Project, **more: Any) -> str:
    """A data source of three rows, as an upload leaves it."""
    number, now = new_id(), 1_767_268_800
    row = {"account_id": project.account_id, "project_id": project.id, "id": number, "name": "spend.csv"}
    row |= {"type": "csv", "rows": 3, "columns": COLUMNS, "created_at": now, "updated_at": now}
    cells = [["2026-01-01", 5.5, "a"], ["2026-01-08", None, None], ["2026-01-15", 7, "c"]]
    with writing(engine) as connection:
        connection.execute(insert(data_sources).values(row | more))
        owner = {"account_id": project.account_id, "data_source_id": number}
        connection.execute(
            insert(source_rows),
            [{**owner, "number": n, "cells": c} for n, c in reversed(list(enumerate(cells)))],
        )
    return public_id("ds", number)


def test_a_data_sources_rows_are_read_in_order(engine: Engine, ada: Tenant) -> None:
    project = project_of(engine, ada)
    make_posts(engine, ada.profile, ada.account_id, some_posts())
    asked = {"data_source_id": add_table(engine, project), "date_column": "date", "amount_column": "spend"}
    found = read(engine, project, "roi", **asked)
    assert found.table is not None
    assert found.table["date"].tolist() == ["2026-01-01", "2026-01-08", "2026-01-15"]
    result = KINDS["roi"].run(found, KINDS["roi"].parameters.model_validate(asked))
    assert result.amount == 12.5  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"amount_column": "n"}, "amount_column"),
        ({"amount_column": "no such"}, "amount_column"),
        ({"date_column": "spend"}, "date_column"),
        ({"from": "today", "to": "-9d"}, "from"),
    ],
)
def test_a_question_that_will_not_do_is_refused_before_data_are_read(
    engine: Engine, ada: Tenant, given: dict[str, str], parameter: str
) -> None:
    project, roi = project_of(engine, ada), KINDS["roi"]
    asked = {"data_source_id": add_table(engine, project), "date_column": "date", "amount_column": "spend"}
    check_material(engine, project, roi, roi.parameters.model_validate(asked), NOW)
    with pytest.raises(InvalidParameter) as refused:
        check_material(engine, project, roi, roi.parameters.model_validate(asked | given), NOW)
    assert refused.value.details["parameter"] == parameter


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"range": "all"}, "range"),
        ({"compare_from": "-1y"}, "compare_from"),
        ({"from": "-9d", "compare_from": "-12d", "compare_to": "-9d"}, "compare_from"),
    ],
)
def test_a_comparison_that_will_not_do_is_refused_before_data_are_read(
    engine: Engine, ada: Tenant, given: dict[str, str], parameter: str
) -> None:
    project, kind = project_of(engine, ada), KINDS["period_comparison"]
    check_material(engine, project, kind, kind.parameters(), NOW)
    with pytest.raises(InvalidParameter) as refused:
        check_material(engine, project, kind, kind.parameters.model_validate(given), NOW)
    assert refused.value.details["parameter"] == parameter


def test_the_zone_of_what_belongs_to_no_profile(engine: Engine, ada: Tenant) -> None:
    project = project_of(engine, ada)
    assert read(engine, project).zone == "UTC"
    assert read(engine, project, tz="europe/berlin").zone == "Europe/Berlin"
    create_profile(engine, ada.account_id, "Tokyo", timezone="Asia/Tokyo")
    assert read(engine, project).zone == "UTC"
    tokyo = project_of(engine, ada, find_profiles(engine, ada.account_id)[-1].id)
    assert read(engine, tokyo).zone == "Asia/Tokyo"


def test_a_data_source_that_is_no_table_is_refused(engine: Engine, ada: Tenant) -> None:
    project = project_of(engine, ada)
    asked = {"date_column": "date", "amount_column": "spend"}
    imported = add_table(engine, project, importer="linkedin_personal", profile_id=ada.profile.id)
    unread = add_table(engine, project, columns=None, rows=None)
    for source in (imported, unread):
        with pytest.raises(InvalidParameter, match="kept as a table"):
            read(engine, project, "roi", data_source_id=source, **asked)
    elsewhere = add_table(engine, project_of(engine, ada))
    for source in (elsewhere, public_id("ds", 1)):
        with pytest.raises(ResourceNotFound):
            read(engine, project, "roi", data_source_id=source, **asked)
