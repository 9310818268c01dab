"""Every answer that an end-to-end test gets is one that the platform's document describes."""

import pytest

from emitra_local.stack import Stack
from tests.support.documented import Document, DocumentedConnections
from tests.support.platform import REQUEST_TIMEOUT_SECONDS, Platform


@pytest.fixture(scope="session")
def platform(stack: Stack) -> Platform:
    connections = DocumentedConnections(maxsize=32, retries=False, timeout=REQUEST_TIMEOUT_SECONDS)
    made = Platform(stack.run_info, connections)
    connections.document = Document(made.call("GET", "/openapi.json").json)
    return made
