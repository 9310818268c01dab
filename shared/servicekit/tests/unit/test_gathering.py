"""Which messages a worker takes together."""

import threading
from collections.abc import Callable, Sequence

import kombu
import pytest

from servicekit.broker.workers import BUSY_SECONDS, GROUP_SIZE, Job, Workers
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
def workers() -> Workers:
    return Workers(Nobody(), 2, threading.Event())


def come(workers: Workers, *numbers: int) -> None:
    for number in numbers:
        delivery = Delivery("queue", Message(str(number), "", "", b"", {}))
        workers.put(Job(number, kombu.Message(), delivery))


def numbers(jobs: Sequence[Job]) -> list[int]:
    return [job.number for job in jobs]


def test_the_first_after_a_pause_waits_for_nobody(workers: Workers) -> None:
    workers._stopping = meanwhile = Meanwhile(lambda: come(workers, 2))
    come(workers, 1)

    assert numbers(workers._take()) == [1]
    assert meanwhile.waits == 0


def test_while_messages_keep_coming_those_of_a_moment_are_taken_together(workers: Workers) -> None:
    come(workers, 1)
    workers._take()
    workers._stopping = Meanwhile(lambda: come(workers, 3, 4))
    come(workers, 2)

    assert numbers(workers._take()) == [2, 3, 4]


def test_nobody_waits_where_there_is_enough(workers: Workers) -> None:
    come(workers, 0)
    workers._take()
    workers._stopping = meanwhile = Meanwhile(lambda: None)
    come(workers, *range(1, GROUP_SIZE + 10))

    assert numbers(workers._take()) == list(range(1, GROUP_SIZE + 1))
    assert meanwhile.waits == 0


def test_a_pause_ends_the_waiting(workers: Workers) -> None:
    come(workers, 1)
    workers._take()
    workers._took_at -= BUSY_SECONDS
    workers._stopping = meanwhile = Meanwhile(lambda: None)
    come(workers, 2)

    assert numbers(workers._take()) == [2]
    assert meanwhile.waits == 0
