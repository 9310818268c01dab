"""What the thread of the broker's connection does, with kombu and the workers played by the test and time going by at
once. Over kombu's own in-memory transport: test_subscription.py; on a real broker: tests/service/test_consumer.py.
"""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from servicekit.broker import consumer as consuming
from servicekit.broker.workers import Job


class Clock:
    """Time that goes by in waits only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[Any] = []
        self._looks = 0

    def look(self) -> None:
        """Somebody asks again."""
        self._looks += 1
        assert self._looks < 500, "it goes round for ever"


class Stopping(threading.Event):
    """The event that ends a consumer; a wait for it takes its time on the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.waits: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.look()
        if timeout:
            self.waits.append(timeout)
            self._clock.now += timeout
            self.meanwhile()
        return self.is_set()


class Connection:
    """kombu's connection; `clone` gives itself."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.drained: list[float] = []
        self.bring: Callable[[], object] = lambda: None
        self.closed = 0

    def clone(self) -> "Connection":
        return self

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed += 1

    def connect(self) -> None:
        self.clock.done.append("connect")

    def channel(self) -> "Channel":
        return Channel(self.clock)

    def drain_events(self, timeout: float) -> None:
        self.drained.append(timeout)
        self.bring()
        raise TimeoutError

    def heartbeat_check(self) -> None:
        self.clock.done.append(("heartbeat", self.clock.now))


class Channel:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def close(self) -> None:
        self._clock.done.append("close")


class Message:
    """kombu's message, which notes how it was answered."""

    def __init__(self, channel: Any, number: int, **headers: Any) -> None:
        self.channel = channel
        self.body: Any = b"{}"
        self.content_type: Any = "application/json"
        self.properties: dict[str, Any] = {"message_id": str(number), "type": "thing.made.v1"}
        self.headers: Any = headers
        self.answers: list[str] = []

    def ack(self, *, multiple: bool) -> None:
        self.answers.append("all up to it" if multiple else "it")

    def requeue(self) -> None:
        self.answers.append("back")


class Workers:
    """The worker threads: what they were given, and what they say is done."""

    def __init__(self, *given: Any) -> None:
        self.given = given
        self.jobs: list[Job] = []
        self.done: list[tuple[Job, bool]] = []
        self.done_later: Callable[[], object] = lambda: None
        self.waits: list[float] = []
        self.failure: BaseException | None = None
        self.database_away = False
        self.told: list[str] = []

    def put(self, job: Job) -> None:
        self.jobs.append(job)

    def finished(self, wait_seconds: float) -> Iterator[tuple[Job, bool]]:
        self.waits.append(wait_seconds)
        assert len(self.waits) < 100, "it waits for ever"
        self.done_later()
        while self.done:
            yield self.done.pop(0)

    def give_up(self) -> list[Job]:
        self.told.append("give up")
        jobs, self.jobs = self.jobs, []
        return jobs

    def start(self) -> None:
        self.told.append("start")

    def stop(self) -> None:
        self.told.append("stop")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(consuming, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr("servicekit.broker.suspects.time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr("servicekit.broker.acknowledgements.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def connection(clock: Clock) -> Connection:
    return Connection(clock)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as entries:
        yield entries
