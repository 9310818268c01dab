"""Fixtures of every level. Run from the service's folder, so that `tests.support` is found."""

from collections.abc import Iterator

import pytest
from tests.support.world import World

from certificates.entrypoints.service import SERVICE
from servicekit.mongo import Mongo
from servicekit.testing.databases import PreparedDatabases

pytest_plugins = ["servicekit.testing.plugin"]


@pytest.fixture
def mongo(prepared_databases: PreparedDatabases) -> Iterator[Mongo]:
    """The test's own database, prepared and without a document."""
    with prepared_databases.lend(SERVICE.prepare_database) as mongo:
        yield mongo


@pytest.fixture
def world(mongo: Mongo) -> World:
    return World.over(mongo)
