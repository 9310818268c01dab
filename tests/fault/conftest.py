"""What every fault test needs: someone who pays, and programs that die where the test says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from emitra_local.stack import Stack
from tests.support.crash import Crash
from tests.support.fresh import pytest_runtest_makereport, pytest_runtest_teardown
from tests.support.platform import Client, Platform

__all__ = ["pytest_runtest_makereport", "pytest_runtest_teardown"]
# A killed process leaves its transaction open; MongoDB ends it after this long, as a rule a minute.
TRANSACTION_LIFETIME_SECONDS = 3


@pytest.fixture
def crash(stack: Stack, tmp_path: Path) -> Iterator[Crash]:
    """Crash points for one test; afterwards the programs run as they always do."""
    armed = Crash(stack, tmp_path)
    yield armed
    armed.disarm()


@pytest.fixture
def kiosk(platform: Platform) -> Client:
    return platform.client("kiosk-jaipur")


@pytest.fixture
def mongodb(stack: Stack) -> Iterator[pymongo.MongoClient[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        yield client


@pytest.fixture
def short_transactions(mongodb: pymongo.MongoClient[dict[str, Any]]) -> Iterator[None]:
    """What a dead process was writing is given up soon, so that a test need not wait for the minute that it takes."""
    name = "transactionLifetimeLimitSeconds"
    before = mongodb.admin.command({"getParameter": 1, name: 1})[name]
    mongodb.admin.command({"setParameter": 1, name: TRANSACTION_LIFETIME_SECONDS})
    yield
    mongodb.admin.command({"setParameter": 1, name: before})
