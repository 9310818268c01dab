"""What the thread of the broker's connection does, with kombu and the workers played by the test and time going by at
once. Over kombu's own in-memory transport: test_subscription.py; on a real broker: tests/service/test_consumer.py.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from servicekit.broker import consumer as consuming
from servicekit.broker.consumer import ConsumerProcess, Subscription, UnusableTopology, WorkerDied, run_beside
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


# A message -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "member", "read"),
    [
        ({}, "id", "1"),
        ({"properties": {}}, "id", hashlib.sha256(b"{}").hexdigest()),
        ({"properties": {"message_id": ""}}, "id", hashlib.sha256(b"{}").hexdigest()),
        ({"properties": {"message_id": "\ud800"}}, "id", hashlib.sha256(b"{}").hexdigest()),
        ({"properties": {"message_id": 7}}, "id", "7"),
        ({}, "type", "thing.made.v1"),
        ({"properties": {}}, "type", ""),
        ({"properties": {"type": "\ud800"}}, "type", ""),
        ({}, "content_type", "application/json"),
        ({"content_type": None}, "content_type", ""),
        ({}, "body", b"{}"),
        ({"body": b"\xff"}, "body", b"\xff"),
        ({"body": "é"}, "body", "é".encode()),
        ({"headers": {"a": 1}}, "headers", {"a": 1}),
        ({"headers": None}, "headers", {}),
    ],
)
def test_a_message_is_what_came_and_nothing_where_that_is_no_text(
    change: dict[str, Any], member: str, read: object
) -> None:
    message = cast(Any, Message(None, 1))
    vars(message).update(change)
    assert getattr(consuming._message(message), member) == read


# One connection ------------------------------------------------------------------------------------------------------


class Kombu:
    """The library, as far as a subscription uses it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.consumers: list[dict[str, Any]] = []

    def Queue(self, name: str, channel: Any = None) -> Any:  # noqa: N802 as kombu calls it
        def declare(passive: bool) -> None:
            self.clock.done.append(("declare", name, passive, channel is not None))

        return SimpleNamespace(name=name, queue_declare=declare)

    def Consumer(self, channel: Any, **given: Any) -> Any:  # noqa: N802 as kombu calls it
        self.consumers.append({"channel": channel, **given})
        (queue,) = given["queues"]
        return SimpleNamespace(
            consume=lambda: self.clock.done.append(("consume", queue.name)),
            cancel=lambda: self.clock.done.append(("cancel", queue.name)),
        )


class Subscribed:
    """A subscription to two queues, and what the broker may do to it."""

    def __init__(self, clock: Clock, connection: Connection, kombu: Kombu) -> None:
        self.clock = clock
        self.connection = connection
        self.kombu = kombu
        self.workers = Workers()
        self.subscription = Subscription(connection, ["one", "two"], self.workers, prefetch=9)  # type: ignore[arg-type]
        self.channel: Any = kombu.consumers[0]["channel"]
        self._number = 0

    def deliver(self, queue: int = 0, **headers: Any) -> Message:
        self._number += 1
        message = Message(self.channel, self._number, **headers)
        self.kombu.consumers[queue]["on_message"](message)
        return message

    def finish(self, *numbers: int, handled: bool = True) -> None:
        for number in numbers:
            (job,) = [job for job in self.workers.jobs if job.number == number]
            self.workers.jobs.remove(job)
            self.workers.done.append((job, handled))


@pytest.fixture
def subscribed(clock: Clock, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Subscribed:
    kombu = Kombu(clock)
    monkeypatch.setattr("kombu.Queue", kombu.Queue)
    monkeypatch.setattr("kombu.Consumer", kombu.Consumer)
    return Subscribed(clock, connection, kombu)


def test_all_queues_are_looked_for_before_anything_is_consumed(subscribed: Subscribed) -> None:
    assert subscribed.clock.done == [
        "connect",
        ("declare", "one", True, True),
        ("declare", "two", True, True),
        ("consume", "one"),
        ("consume", "two"),
    ]
    for consumer in subscribed.kombu.consumers:
        assert consumer["channel"] is subscribed.channel
        assert (consumer["prefetch_count"], consumer["auto_declare"]) == (9, False)


def test_a_message_goes_to_the_workers_with_its_number_and_its_queue(subscribed: Subscribed) -> None:
    messages: list[Any] = [subscribed.deliver(0), subscribed.deliver(1)]
    jobs = subscribed.workers.jobs
    assert [(job.number, job.delivery.queue, job.delivery.message.id) for job in jobs] == [
        (1, "one", "1"),
        (2, "two", "2"),
    ]
    assert all(job.message is message for job, message in zip(jobs, messages, strict=True))
    assert subscribed.subscription.unsettled == 2


def test_what_kombu_cannot_unpack_is_a_message_too(subscribed: Subscribed) -> None:
    subscribed.kombu.consumers[1]["on_decode_error"](Message(subscribed.channel, 7), ValueError())
    (job,) = subscribed.workers.jobs
    assert (job.number, job.delivery.queue, job.delivery.message.id) == (1, "two", "7")


def test_the_broker_is_waited_for_as_long_as_nothing_is_under_way(subscribed: Subscribed) -> None:
    take_in, settle = subscribed.subscription.take_in, subscribed.subscription.settle
    take_in()
    subscribed.deliver()
    subscribed.deliver()
    take_in()
    subscribed.finish(2)
    settle()
    take_in()
    assert not subscribed.subscription.settled
    subscribed.finish(1)
    settle()
    take_in()
    assert subscribed.connection.drained == [0.1, 0.005, 0.005, 0.1]
    assert subscribed.workers.waits == [0.0, 0.0]


def test_what_is_finished_but_not_acknowledged_is_not_settled(subscribed: Subscribed) -> None:
    first = subscribed.deliver()
    second = subscribed.deliver()
    subscribed.finish(2)
    subscribed.subscription.settle()
    assert (subscribed.subscription.unsettled, subscribed.subscription.settled) == (1, False)
    assert second.answers == []
    subscribed.finish(1)
    subscribed.subscription.settle()
    assert subscribed.subscription.settled
    assert (first.answers, second.answers) == ([], ["all up to it"])


def test_one_slow_message_does_not_hold_the_others(subscribed: Subscribed) -> None:
    slow, quick = subscribed.deliver(), subscribed.deliver()
    subscribed.finish(2)
    subscribed.subscription.settle()
    subscribed.clock.now += 0.09
    subscribed.subscription.settle()
    assert quick.answers == []
    subscribed.clock.now += 0.02
    subscribed.subscription.settle()
    assert (slow.answers, quick.answers) == ([], ["it"])


def test_what_could_not_be_handled_goes_back_and_is_not_acknowledged(subscribed: Subscribed) -> None:
    back, done = subscribed.deliver(), subscribed.deliver()
    subscribed.finish(1, handled=False)
    subscribed.finish(2)
    subscribed.subscription.settle()
    assert (back.answers, done.answers) == (["back"], ["all up to it"])
    assert subscribed.subscription.settled


def test_what_came_over_another_channel_is_not_answered_here(subscribed: Subscribed) -> None:
    subscribed.deliver()
    old = Message(Channel(subscribed.clock), 1)
    job = subscribed.workers.jobs[0]
    ours = cast(Message, job.message)
    subscribed.workers.done = [(Job(1, old, job.delivery), handled) for handled in (True, False)]  # type: ignore[arg-type]
    subscribed.finish(1)
    subscribed.subscription.settle()
    assert old.answers == []
    assert ours.answers == ["all up to it"]
    assert subscribed.subscription.unsettled == 0


def test_a_suspect_waits_for_the_others_and_is_then_handled_alone(subscribed: Subscribed) -> None:
    take_in = subscribed.subscription.take_in
    for _ in range(2):
        subscribed.deliver(**{"x-delivery-count": 2})
    subscribed.deliver(**{"x-delivery-count": 1})
    assert [job.number for job in subscribed.workers.jobs] == [3]
    subscribed.clock.now = 0.49
    take_in()
    assert len(subscribed.workers.jobs) == 1
    subscribed.clock.now = 0.5
    take_in()
    take_in()
    _, suspect = subscribed.workers.jobs
    subscribed.finish(3)
    subscribed.subscription.settle()
    take_in()
    assert subscribed.workers.jobs == [suspect], "another one's end is not the suspect's"
    subscribed.finish(suspect.number)
    subscribed.subscription.settle()
    take_in()
    (other,) = subscribed.workers.jobs
    assert {suspect.number, other.number} == {1, 2}


def test_winding_down_gives_back_what_was_not_begun_and_waits_for_the_rest(
    subscribed: Subscribed, logs: list[Any]
) -> None:
    begun, waiting = subscribed.deliver(), subscribed.deliver()
    suspect = subscribed.deliver(**{"x-delivery-count": 9})
    old = Message(Channel(subscribed.clock), 1)
    begun_job = subscribed.workers.jobs.pop(0)
    subscribed.workers.jobs.append(Job(1, old, begun_job.delivery))  # type: ignore[arg-type]

    def soon() -> None:
        subscribed.clock.now += 0.5
        if subscribed.clock.now == 1.5:
            subscribed.workers.done.append((begun_job, True))

    subscribed.workers.done_later = soon
    subscribed.clock.done.clear()
    subscribed.subscription.wind_down()
    assert (begun.answers, waiting.answers, suspect.answers) == (["all up to it"], ["back"], ["back"])
    assert old.answers == []
    assert subscribed.workers.waits == [0.5] * 3
    assert subscribed.clock.done == [
        ("cancel", "one"),
        ("cancel", "two"),
        *(("heartbeat", seconds) for seconds in (0.5, 1.0, 1.5)),
        "close",
    ]
    assert logs == [{"event": "consumer_stopped", "given_up": 0, "log_level": "info"}]


def test_winding_down_takes_twenty_seconds_at_most(subscribed: Subscribed, logs: list[Any]) -> None:
    subscribed.deliver()
    subscribed.workers.jobs.clear()

    def never() -> None:
        subscribed.clock.now += 0.5

    subscribed.workers.done_later = never
    subscribed.subscription.wind_down()
    assert subscribed.clock.now == 20
    assert subscribed.clock.done[-1] == "close"
    assert logs[-1]["given_up"] == 1


# The process ---------------------------------------------------------------------------------------------------------


class Scripted:
    """A subscription that does at each look what a test says; after the last it is told to stop."""

    def __init__(self, *given: Any) -> None:
        self.given = given
        self.unsettled = 3
        self.settled = False
        Scripted.made.append(self)
        if Scripted.looks and isinstance(Scripted.looks[0], Exception):
            raise Scripted.looks.pop(0)

    made: list["Scripted"]
    looks: list[Any]
    stop: Callable[[], None]
    clock: Clock

    def take_in(self) -> None:
        self.clock.look()
        self.clock.done.append("take in")
        act = Scripted.looks.pop(0) if Scripted.looks else Scripted.stop
        if isinstance(act, Exception):
            raise act
        act()

    def settle(self) -> None:
        self.clock.done.append("settle")

    def wind_down(self) -> None:
        self.clock.done.append("wind down")


class Process:
    """A consumer, with its parts played by the test."""

    def __init__(self, clock: Clock, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = clock
        self.connection = connection
        self.pings: list[Exception | None] = []
        self.handling = cast(Any, object())
        monkeypatch.setattr(consuming, "Workers", Workers)
        monkeypatch.setattr(consuming, "Subscription", Scripted)
        self.consumer = ConsumerProcess(
            connection=connection,  # type: ignore[arg-type]
            queues=("one", "two"),
            handling=self.handling,
            threads=3,
            ping=self._ping,
        )
        self.workers = cast(Any, self.consumer._workers)
        self.given = self.workers.given
        self.consumer._stopping = self.stopping = Stopping(clock)
        Scripted.made, Scripted.looks, Scripted.clock, Scripted.stop = [], [], clock, self.consumer.stop

    def _ping(self) -> None:
        error = self.pings.pop(0)
        if error:
            raise error

    def run(self, *looks: Any) -> None:
        Scripted.looks = list(looks)
        self.consumer.run()

    def away(self) -> None:
        self.workers.database_away = True

    def takes(self, seconds: float) -> Callable[[], None]:
        def look() -> None:
            self.clock.now += seconds

        return look


@pytest.fixture
def process(clock: Clock, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Process:
    return Process(clock, connection, monkeypatch)


def test_it_consumes_until_it_is_stopped_and_winds_down(process: Process, logs: list[Any]) -> None:
    process.run(process.takes(0), process.takes(0))
    (subscription,) = Scripted.made
    connection, queues, workers, prefetch = subscription.given
    assert (connection, queues, workers, prefetch) == (process.connection, ["one", "two"], process.workers, 600)
    assert process.given[:2] == (process.handling, 3)
    assert [act for act in process.clock.done if isinstance(act, str)] == ["take in", "settle"] * 3 + ["wind down"]
    assert process.workers.told == ["start", "give up", "stop"]
    assert process.connection.closed == 1
    assert logs == [{"event": "consuming", "queues": ["one", "two"], "log_level": "info"}]


def test_the_workers_end_with_the_process_that_stops(clock: Clock, connection: Connection) -> None:
    consumer = ConsumerProcess(connection=connection, queues=[], handling=None, threads=1)  # type: ignore[arg-type]
    assert consumer._workers._stopping is consumer._stopping
    consumer.stop()
    consumer.run()


def test_the_heartbeat_is_looked_at_every_five_seconds(process: Process) -> None:
    process.run(*[process.takes(1)] * 12)
    assert [act[1] for act in process.clock.done if act[0] == "heartbeat"] == [1, 6, 11]


def test_it_is_ready_while_it_is_connected_and_idle_when_all_is_settled(process: Process) -> None:
    def look() -> None:
        process.consumer.ready()
        assert not process.consumer.idle
        Scripted.made[0].settled = True
        assert process.consumer.idle

    def not_connected() -> None:
        with pytest.raises(ConnectionError, match=r"^not connected to the broker$"):
            process.consumer.ready()
        assert not process.consumer.idle

    not_connected()
    process.stopping.meanwhile = not_connected
    process.run(look, OSError())
    not_connected()
    assert process.stopping.waits == [0.2]


def test_a_lost_connection_is_made_again_each_time_a_little_later(process: Process, logs: list[Any]) -> None:
    process.run(*[ConnectionError("x" * 300)] * 6)
    assert process.stopping.waits == [0.2, 0.5, 1.0, 2.0, 2.0, 2.0]
    lost = [entry for entry in logs if entry["event"] == "broker_lost"]
    assert lost == [
        {
            "event": "broker_lost",
            "reason": f"ConnectionError: {'x' * 183}",
            "seconds": seconds,
            "log_level": "warning",
        }
        for seconds in process.stopping.waits
    ]
    assert process.workers.told == ["start", *["give up"] * 7, "stop"]


@pytest.mark.parametrize(("lasted", "waits"), [(20.0, [0.2, 0.5, 1.0]), (20.5, [0.2, 0.2, 0.5])])
def test_after_a_connection_that_held_it_begins_to_count_anew(
    process: Process, lasted: float, waits: list[float]
) -> None:
    process.run(OSError(), process.takes(lasted), OSError(), OSError())
    assert process.stopping.waits == waits


@pytest.mark.parametrize("code", [403, 404, 530])
def test_what_the_broker_refuses_ends_the_process_and_says_what_to_do(process: Process, code: int) -> None:
    class Refused(Exception):
        reply_code, reply_text = code, "no queue 'one'"

    error = Refused()
    with pytest.raises(UnusableTopology) as refused:
        process.run(error)
    what = "missing (404)" if code == 404 else f"not permitted ({code})"
    assert str(refused.value) == f"{what}: no queue 'one'; the service's `topology --apply` mends it"
    assert refused.value.__cause__ is error
    assert process.workers.told == ["start", "give up"]


def test_another_answer_of_the_broker_is_a_lost_connection(process: Process) -> None:
    class Closing(Exception):
        reply_code, reply_text = 320, "CONNECTION_FORCED"

    process.run(Closing())
    assert process.stopping.waits == [0.2]


def test_a_dead_worker_ends_the_process(process: Process) -> None:
    death = SystemExit("gone")

    def die() -> None:
        process.workers.failure = death

    with pytest.raises(WorkerDied, match=r"^SystemExit\('gone'\)$") as died:
        process.run(die)
    assert died.value.__cause__ is death
    assert process.workers.told == ["start", "give up"]
    with pytest.raises(ConnectionError):
        process.consumer.ready()


def test_while_the_database_is_away_nothing_is_consumed_until_it_answers(process: Process, logs: list[Any]) -> None:
    process.pings = [OSError("a password"), ValueError(), None]
    process.run(process.away, process.takes(0))
    assert process.stopping.waits == [2.0, 2.0]
    assert len(Scripted.made) == 2
    assert process.connection.closed == 2
    assert "wind down" not in process.clock.done[:4]
    assert process.workers.told == ["start", "give up", "give up", "stop"]
    assert [entry for entry in logs if entry["event"] != "consuming"] == [
        {
            "event": "consuming_paused",
            "reason": "the database does not answer",
            "given_back": 3,
            "log_level": "warning",
        },
        {"event": "database_still_away", "reason": "OSError", "log_level": "info"},
        {"event": "database_still_away", "reason": "ValueError", "log_level": "info"},
    ]


def test_a_stop_ends_the_waiting_for_the_database(process: Process) -> None:
    process.pings = [OSError()]
    process.stopping.meanwhile = process.consumer.stop
    process.run(process.away)
    assert process.stopping.waits == [2.0]
    # It looks once more for what to wind down; nothing is taken any more.
    assert process.clock.done.count("take in") == 1


# Two of them ---------------------------------------------------------------------------------------------------------


class Beside:
    """A consumer that runs until it is stopped, or fails at once."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.stopped = threading.Event()
        self.ended = False
        self.thread: tuple[str, bool] | None = None

    def run(self) -> None:
        self.thread = threading.current_thread().name, threading.current_thread().daemon
        if self.error:
            raise self.error
        assert self.stopped.wait(10)
        self.ended = True

    def stop(self) -> None:
        self.stopped.set()


def run_both(first: Any, second: Any) -> None:
    run_beside(first, second)


def test_the_other_one_is_stopped_with_the_first() -> None:
    first, second = Beside(), Beside()
    first.stop()
    run_both(first, second)
    assert (first.ended, second.ended) == (True, True)
    assert second.thread == ("beside", True), "one that hangs shall not keep the process"


def test_the_other_ones_end_is_not_waited_for_longer_than_a_stop_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "STOP_TIMEOUT_SECONDS", 0.02)
    first, second, let_go = Beside(), Beside(), threading.Event()
    first.stop()
    monkeypatch.setattr(second, "run", lambda: setattr(second, "ended", let_go.wait(1) or True))
    run_both(first, second)
    assert not second.ended
    let_go.set()


@pytest.mark.parametrize("error", [UnusableTopology("missing"), WorkerDied("gone")])
def test_where_the_other_one_fails_the_first_is_stopped_and_the_reason_is_told(error: Exception) -> None:
    first, second = Beside(), Beside(error)
    with pytest.raises(type(error)) as raised:
        run_both(first, second)
    assert raised.value is error
    assert first.ended


def test_where_the_first_one_fails_the_other_is_stopped() -> None:
    error = UnusableTopology("missing")
    first, second = Beside(error), Beside()
    with pytest.raises(UnusableTopology) as raised:
        run_both(first, second)
    assert raised.value is error
    assert second.ended
