"""Stacks of MongoDB and RabbitMQ in a folder of the test's own, with this repository's Python environments."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emitra_local.processes import marked
from emitra_local.stack import Stack, disposable_stack
from emitra_local.stack_folder import mark_of, stop_running

SERVERS = ("MONGODB_URI", "AMQP_URL", "RABBITMQ_MANAGEMENT_URL")
ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def _private_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make test` names servers for the other suites; these tests are about starting some."""
    for variable in SERVERS:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A folder for a stack; whatever still runs in it afterwards is ended."""
    yield tmp_path / "state"
    stop_running(tmp_path / "state")


@pytest.fixture
def stack(state: Path) -> Stack:
    """MongoDB and RabbitMQ, not yet started, whose data stay after a stop."""
    return Stack(ROOT, state, with_services=False)


@pytest.fixture(scope="session")
def running() -> Iterator[Stack]:
    """MongoDB and RabbitMQ that run, for tests that leave them running."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in SERVERS:
            patch.delenv(variable, raising=False)
        with disposable_stack(ROOT, with_services=False) as stack:
            yield stack
    # A disposable stack leaves nothing; said here because starting another one would take ten seconds.
    assert marked(mark_of(stack.state)) == []
    assert not stack.state.exists()
