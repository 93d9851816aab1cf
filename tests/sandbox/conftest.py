"""Fixtures: one house for each database, shared by the tests that only ask."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Pool
from tests.sandbox.house import House, build


@pytest.fixture(scope="session")
def sqlite_house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("sandbox-sqlite")
    with build(f"sqlite:///{shutil.copy(sqlite_template, folder / 'flux.db')}", folder) as house:
        yield house


@pytest.fixture(scope="session")
def postgres_house(postgres_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        postgres_pool.database() as url,
        build(url, tmp_path_factory.mktemp("sandbox-postgres")) as house,
    ):
        yield house


@pytest.fixture(params=("sqlite_house", "postgres_house"))
def house(request: pytest.FixtureRequest) -> House:
    """Two accounts; nobody changes anything in it."""
    found: House = request.getfixturevalue(request.param)
    return found
