"""The two stages that tests of the whole gateway play on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.stage import Stage, staged

from gateway.entrypoints.service import SERVICE
from servicekit.mongo import Mongo

pytest_plugins = ["servicekit.testing.plugin"]


@pytest.fixture
def stage(tmp_path: Path, mongo: Mongo) -> Iterator[Stage]:
    """For tests that do not look at the transactions view."""
    with staged(tmp_path / "routes", mongo) as stage:
        yield stage


@pytest.fixture
def viewing(tmp_path: Path, mongo: Mongo) -> Iterator[Stage]:
    """With the transactions view on a real database."""
    SERVICE.prepare_database(mongo)
    with staged(tmp_path / "routes", mongo) as stage:
        yield stage
