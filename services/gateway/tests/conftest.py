"""The stage that tests of the whole gateway play on, over a database of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.stage import Stage, staged

from gateway.entrypoints.service import SERVICE
from servicekit.mongo import Mongo
from servicekit.testing.databases import PreparedDatabases

pytest_plugins = ["servicekit.testing.plugin"]


@pytest.fixture
def mongo(prepared_databases: PreparedDatabases) -> Iterator[Mongo]:
    """The test's own database, prepared and without a document."""
    with prepared_databases.lend(SERVICE.prepare_database) as mongo:
        yield mongo


@pytest.fixture
def stage(tmp_path: Path, mongo: Mongo) -> Iterator[Stage]:
    """A gateway on a real database."""
    with staged(tmp_path / "routes", mongo) as stage:
        yield stage


@pytest.fixture
def viewing(stage: Stage) -> Stage:
    """The same, where a test is about the transactions view."""
    return stage
