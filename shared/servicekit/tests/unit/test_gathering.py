"""Which messages a worker takes together."""

import threading
from collections.abc import Callable

import pytest

from servicekit.broker.consumer import BUSY_SECONDS, GROUP_SIZE, ConsumerProcess, Job
from servicekit.events.envelope import Message
from servicekit.events.handling import Delivery


class Nobody:
    """Handles nothing: what is taken here is only looked at."""

    def handle(self, deliveries: object) -> None:
        raise AssertionError(deliveries)


class Meanwhile(threading.Event):
    """A wait in which something comes."""

    def __init__(self, come: Callable[[], None]) -> None:
        super().__init__()
        self.waits = 0
        self._come = come

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 as Event has it
        self.waits += 1
        self._come()
        return False


@pytest.fixture
def process() -> ConsumerProcess:
    return ConsumerProcess(amqp_url="", queues=[], handling=Nobody(), threads=2)


def come(process: ConsumerProcess, *tags: int) -> None:
    for tag in tags:
        process._jobs.put(job(tag))


def job(tag: int) -> Job:
    return 1, tag, Delivery("queue", Message(str(tag), "", "", b"", {}))


def tags(jobs: list[Job]) -> list[int]:
    return [tag for _, tag, _ in jobs]


def test_the_first_after_a_pause_waits_for_nobody(process: ConsumerProcess) -> None:
    process._stopping = meanwhile = Meanwhile(lambda: come(process, 2))
    come(process, 1)

    assert tags(process._take()) == [1]
    assert meanwhile.waits == 0


def test_while_messages_keep_coming_those_of_a_moment_are_taken_together(process: ConsumerProcess) -> None:
    come(process, 1)
    process._take()
    process._stopping = Meanwhile(lambda: come(process, 3, 4))
    come(process, 2)

    assert tags(process._take()) == [2, 3, 4]


def test_nobody_waits_where_there_is_enough(process: ConsumerProcess) -> None:
    come(process, 0)
    process._take()
    process._stopping = meanwhile = Meanwhile(lambda: None)
    come(process, *range(1, GROUP_SIZE + 10))

    assert tags(process._take()) == list(range(1, GROUP_SIZE + 1))
    assert meanwhile.waits == 0


def test_a_pause_ends_the_waiting(process: ConsumerProcess) -> None:
    come(process, 1)
    process._take()
    process._took_at -= BUSY_SECONDS
    process._stopping = meanwhile = Meanwhile(lambda: None)
    come(process, 2)

    assert tags(process._take()) == [2]
    assert meanwhile.waits == 0
