"""What every fault test needs: someone who pays, and programs that die where the test says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emitra_local.stack import Stack
from tests.support.crash import Crash
from tests.support.fresh import pytest_runtest_makereport, pytest_runtest_teardown
from tests.support.platform import Client, Platform

__all__ = ["pytest_runtest_makereport", "pytest_runtest_teardown"]


@pytest.fixture
def crash(stack: Stack, tmp_path: Path) -> Iterator[Crash]:
    """Crash points for one test; afterwards the programs run as they always do."""
    armed = Crash(stack, tmp_path)
    yield armed
    armed.disarm()


@pytest.fixture
def kiosk(platform: Platform) -> Client:
    return platform.client("kiosk-jaipur")
