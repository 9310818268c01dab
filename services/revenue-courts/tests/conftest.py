"""Fixtures of every level. Run from the service's folder, so that `tests.support` is found."""

import pytest
from tests.support.world import World

from servicekit.mongo import Mongo

pytest_plugins = ["servicekit.testing.plugin"]


@pytest.fixture
def world(mongo: Mongo) -> World:
    return World.over(mongo)
