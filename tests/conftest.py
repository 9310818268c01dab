"""One real stack for all black-box tests of a run; each test brings its own bills, keys and applications."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emitra_local.stack import Stack, disposable_stack
from tests.support.platform import Platform

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with disposable_stack(ROOT) as started:
        yield started


@pytest.fixture(scope="session")
def platform(stack: Stack) -> Platform:
    return Platform(stack.run_info)
