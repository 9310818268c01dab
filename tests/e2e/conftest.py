"""Every answer that an end-to-end test gets is one that the platform's document describes."""

import pytest

from emitra_local.stack import Stack
from tests.support.documented import Document, DocumentedConnections
from tests.support.platform import REQUEST_TIMEOUT_SECONDS, Platform


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The scan for numbers of people comes last, in whatever order the others run: it looks at what they left."""
    items.sort(key=lambda item: item.path.name == "test_no_number_outside.py")


@pytest.fixture(scope="session")
def platform(stack: Stack) -> Platform:
    connections = DocumentedConnections(maxsize=32, retries=False, timeout=REQUEST_TIMEOUT_SECONDS)
    made = Platform(stack.run_info, connections)
    connections.document = Document(made.call("GET", "/openapi.json").json)
    return made
