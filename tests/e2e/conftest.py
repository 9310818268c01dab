"""Every answer that an end-to-end test gets is one that the platform's document describes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emitra_local.stack import Stack, disposable_stack
from tests.support.collector import Collector, collecting
from tests.support.documented import Document, DocumentedConnections
from tests.support.platform import REQUEST_TIMEOUT_SECONDS, Platform

ROOT = Path(__file__).resolve().parents[2]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The scan for numbers of people comes last, in whatever order the others run: it looks at what they left."""
    items.sort(key=lambda item: item.path.name == "test_no_number_outside.py")


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """What all programs tell of their spans, from the stack's first second to its last."""
    with collecting() as started:
        yield started


@pytest.fixture(scope="session")
def stack(collector: Collector) -> Iterator[Stack]:
    """The stack of all end-to-end tests, traced: to restart its programs for a test of traces takes a minute."""
    with disposable_stack(ROOT, configured=lambda _, env: env | collector.settings()) as started:
        yield started


@pytest.fixture(scope="session")
def platform(stack: Stack) -> Platform:
    connections = DocumentedConnections(maxsize=32, retries=False, timeout=REQUEST_TIMEOUT_SECONDS)
    made = Platform(stack.run_info, connections)
    connections.document = Document(made.call("GET", "/openapi.json").json)
    return made
