"""The consuming process: it begins, connects anew, waits and ends."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from servicekit.broker import consumer as consuming
from servicekit.broker.consumer import ConsumerProcess, UnusableTopology, WorkerDied

from .conftest import Clock, Connection, Stopping, Workers


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
