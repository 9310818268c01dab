"""What the relay asks of the broker and makes of its answers, with pika played by the test and time going by at once.

On a real broker, with the real store: tests/service/test_relay.py.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pika
import pytest
from pika.adapters.select_connection import SelectConnection
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from servicekit.broker import relay as relaying
from servicekit.broker.relay import Relay
from servicekit.broker.relay_store import RelayInDoubt, Row

EXCHANGES = ["maker.events", "maker.parking"]


class Loop:
    """pika's loop: runs what is due and lets time pass in between. Its end is that of `start`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.hung_up: list[float] = []
        self.closed = False
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._stopped = False

    def call_later(self, seconds: float, callback: Callable[[], object]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._numbers), callback))

    def add_callback_threadsafe(self, callback: Callable[[], object]) -> None:
        self.call_later(0.0, callback)

    def start(self) -> None:
        while not self._stopped:
            assert self._due, "nobody will ever stop it"
            at, _, callback = heapq.heappop(self._due)
            assert at < 10_000, "it should have ended long ago"
            self.now = max(self.now, at)
            callback()

    def stop(self) -> None:
        self._stopped = True

    def close(self) -> None:
        self.closed = True

    def hang_up(self) -> None:
        self.hung_up.append(self.now)


class Broker:
    """pika's connection and its one channel; what is published counts at the end of its burst."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.opens = True
        self.closes = True
        self.is_open = self.is_closing = False
        self.declared: list[tuple[str, bool]] = []
        self.bursts: list[list[Any]] = []
        self.closed_at: float | None = None
        self._burst: list[Any] = []

    def connect(self, parameters: Any, **callbacks: Any) -> "Broker":
        self.parameters, self.callbacks = parameters, callbacks
        if self.opens:
            self.loop.call_later(0.0, self._open)
        return self

    def _open(self) -> None:
        self.is_open = True
        self.callbacks["on_open_callback"](self)

    def close(self) -> None:
        assert self.is_open
        self.is_open, self.is_closing = False, True
        self.closed_at = self.loop.now
        if self.closes:
            self.loop.call_later(0.0, lambda: self.lose(ConnectionError("closed as asked")))

    def lose(self, reason: BaseException) -> None:
        self.is_open = self.is_closing = False
        self.callbacks["on_close_callback"](self, reason)

    def add_on_connection_blocked_callback(self, callback: Any) -> None:
        self._blocked = callback

    def add_on_connection_unblocked_callback(self, callback: Any) -> None:
        self._unblocked = callback

    def block(self) -> None:
        self._blocked(self, SimpleNamespace(method=SimpleNamespace(reason="low on memory")))

    def unblock(self) -> None:
        self._unblocked(self, None)

    def channel(self, on_open_callback: Any) -> None:
        self.loop.call_later(0.0, lambda: on_open_callback(self))

    def add_on_close_callback(self, callback: Any) -> None:
        self._closed = callback

    def close_channel(self, reason: Any) -> None:
        self._closed(self, reason)

    def add_on_return_callback(self, callback: Any) -> None:
        self._returned = callback

    def confirm_delivery(self, on_confirm: Any, callback: Any) -> None:
        self._confirmed = on_confirm
        self.loop.call_later(0.0, lambda: callback(None))

    def exchange_declare(self, exchange: str, *, passive: bool, callback: Any) -> None:
        self.declared.append((exchange, passive))
        self.loop.call_later(0.0, lambda: callback(None))

    @contextmanager
    def burst(self) -> Iterator[None]:
        self._burst = []
        yield
        if self._burst:
            self.bursts.append(self._burst)

    def basic_publish(self, exchange: str, key: str, body: bytes, properties: Any, *, mandatory: bool) -> None:
        self._burst.append(SimpleNamespace(**locals()))

    def answer(self, name: str, tag: int, *, multiple: bool = False) -> None:
        self._confirmed(SimpleNamespace(method=SimpleNamespace(NAME=name, delivery_tag=tag, multiple=multiple)))

    def ack(self, tag: int, *, multiple: bool = False) -> None:
        self.answer("Basic.Ack", tag, multiple=multiple)

    def give_back(self, message: Any) -> None:
        method = SimpleNamespace(exchange=message.exchange, routing_key=message.key, reply_text="NO_ROUTE")
        self._returned(self, method, message.properties, message.body)

    @property
    def published(self) -> list[str]:
        return [message.properties.headers["x-outbox-id"] for burst in self.bursts for message in burst]


class Store:
    """The other thread, which does nothing by itself."""

    def __init__(self, *given: Any) -> None:
        self.given = given
        _, _, _, self.stopping, self.hand_over, self.fail = given
        self.wake = threading.Event()
        self.done: list[Any] = []

    def settled(self, row_id: str, state: str) -> None:
        self.done.append((row_id, state))

    def start(self) -> None:
        self.done.append("start")

    def join(self) -> None:
        assert self.stopping.is_set(), "it would not end"
        self.done.append("join")

    def mark(self) -> None:
        self.done.append("mark")


class Lease:
    """Ours at the first time of asking, unless others are said to have it."""

    def __init__(self, *given: Any) -> None:
        self.given = given
        self.others = 0
        self.is_held = True
        self.looks = 0
        self.released = False

    @property
    def held(self) -> bool:
        self.looks += 1
        return self.is_held

    def acquire(self) -> bool:
        self.others -= 1
        return self.others < 0

    def release(self) -> None:
        self.released = True


class Waits(threading.Event):
    """A wait that takes no time; from `stop_after` on we are told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        self.stop_after = 1_000

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return len(self.waits) >= self.stop_after


class World:
    """A relay, and everything around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loop = Loop()
        self.broker = Broker(self.loop)
        self.points: list[str] = []
        monkeypatch.setattr(relaying, "_Loop", lambda: self.loop)
        monkeypatch.setattr(relaying, "_Connection", self.broker.connect)
        monkeypatch.setattr(relaying, "RelayStore", Store)
        monkeypatch.setattr(relaying, "Lease", Lease)
        monkeypatch.setattr(relaying, "time", SimpleNamespace(monotonic=lambda: self.loop.now))
        monkeypatch.setattr(relaying, "crash_point", self.points.append)
        self.mongo = cast(Any, SimpleNamespace(db="the database"))
        self.relay = Relay(
            self.mongo,
            service="maker",
            holder="relay-1",
            amqp_url="amqp://maker:secret@rabbitmq.invalid:5678/a-vhost",
            exchanges=EXCHANGES,
            confirm_timeout_seconds=5,
        )
        self.store: Any = self.relay._store
        self.lease: Any = self.relay._lease

    def at(self, seconds: float, *acts: Callable[[], object]) -> None:
        """Has something happen so long after the start."""
        for act in acts:
            self.loop.call_later(seconds, act)

    def row(self, row_id: str, aggregate: str = "") -> Row:
        return {
            "_id": row_id,
            "aggregate": {"type": "thing", "id": aggregate or row_id},
            "exchange": "maker.events",
            "routing_key": "thing.made.v1",
            "message_id": f"message of {row_id}",
            "message_type": "thing.made.v1",
            "content_type": "application/cloudevents+json",
            "body": b"{}",
            "headers": {"mine": "kept"},
        }

    def rows(self, *rows: Row) -> Callable[[], None]:
        return lambda: self.store.hand_over(list(rows))

    def measured(self, name: str) -> float:
        return REGISTRY.get_sample_value(name, {"service": "maker"}) or 0.0


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with capture_logs() as entries:
        yield entries


def named(logs: list[Any], event: str) -> list[Any]:
    return [entry for entry in logs if entry["event"] == event]


# Beginning -----------------------------------------------------------------------------------------------------------


def test_the_parts_are_put_together(world: World) -> None:
    mongo, lease, metrics, stopping, _, _ = world.store.given
    assert (mongo, lease, metrics) == (world.mongo, world.lease, world.relay.metrics)
    assert world.lease.given == ("the database", "relay", "relay-1", 10.0)
    assert not stopping.is_set()
    with pytest.raises(RelayInDoubt, match=r"^not connected to the broker yet$"):
        world.relay.ready()


def test_every_exchange_is_looked_for_before_anything_is_read(world: World, logs: list[Any]) -> None:
    def look() -> None:
        assert world.broker.declared == [(exchange, True) for exchange in EXCHANGES]
        assert world.store.done == ["start"]
        world.relay.ready()

    world.at(0.5, look, world.relay.stop)
    world.relay.run()
    assert named(logs, "relay_publishing") == [
        {"event": "relay_publishing", "exchanges": EXCHANGES, "log_level": "info"}
    ]


def test_a_broker_that_starts_is_waited_for_and_one_in_alarm_for_longer(world: World) -> None:
    world.at(0.5, world.relay.stop)
    world.relay.run()
    parameters = world.broker.parameters
    assert (parameters.host, parameters.port, parameters.virtual_host) == ("rabbitmq.invalid", 5678, "a-vhost")
    assert (parameters.heartbeat, parameters.blocked_connection_timeout) == (10, 300)
    assert (parameters.connection_attempts, parameters.retry_delay) == (60, 0.5)
    assert world.broker.callbacks["custom_ioloop"] is world.loop


def test_while_another_has_the_lease_it_stands_by_and_is_ready(
    world: World, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    world.lease.others = 3
    world.relay._stopping = waits = Waits()
    was_ready: list[bool] = []
    acquire = world.lease.acquire

    def ask() -> bool:
        if world.lease.others < 3:
            world.relay.ready()
            was_ready.append(True)
        return bool(acquire())

    monkeypatch.setattr(world.lease, "acquire", ask)

    def look() -> None:
        with pytest.raises(RelayInDoubt, match="not connected"):
            world.relay.ready()

    world.at(0.0, look)
    world.at(0.5, world.relay.stop)
    world.store.stopping = waits
    world.relay.run()
    assert waits.waits == [1.0] * 3
    assert len(was_ready) == 3
    assert named(logs, "relay_standing_by") == [{"event": "relay_standing_by", "log_level": "info"}]


def test_a_stop_ends_the_standing_by(world: World) -> None:
    world.lease.others = 1_000
    world.relay._stopping = waits = Waits()
    waits.stop_after = 2
    world.relay.run()
    assert len(waits.waits) == 2
    assert world.store.done == []
    assert not world.lease.released


def test_a_broker_that_cannot_be_reached_is_doubt(world: World) -> None:
    world.broker.opens = False
    error = OSError("no route")
    world.at(1.0, lambda: world.broker.callbacks["on_open_error_callback"](world.broker, error))
    with pytest.raises(RelayInDoubt, match=r"^cannot connect: OSError\('no route'\)$"):
        world.relay.run()


# Publishing ----------------------------------------------------------------------------------------------------------


def test_a_row_is_published_persistent_and_mandatory_and_marked_when_the_broker_has_it(world: World) -> None:
    before = world.measured("relay_published_total")

    def look() -> None:
        ((message,),) = world.broker.bursts
        properties = message.properties
        assert (message.exchange, message.key, message.body) == ("maker.events", "thing.made.v1", b"{}")
        assert message.mandatory is True
        assert (properties.message_id, properties.type) == ("message of a", "thing.made.v1")
        assert (properties.content_type, properties.delivery_mode) == ("application/cloudevents+json", 2)
        assert properties.headers == {"mine": "kept", "x-outbox-id": "a"}
        assert world.store.done == ["start"]
        assert world.measured("relay_in_flight") == 1

    world.at(0.5, world.rows(world.row("a")))
    world.at(0.6, look, lambda: world.broker.ack(1))
    world.at(1.0, lambda: world.store.done.append(world.measured("relay_in_flight")), world.relay.stop)
    world.relay.run()
    assert world.store.done == ["start", ("a", "sent"), 0.0, "join", "mark"]
    assert world.measured("relay_published_total") == before + 1
    assert world.points == ["A3", "A4"]


@pytest.mark.parametrize(
    ("tag", "multiple", "settled"), [(2, False, ["b"]), (2, True, ["a", "b"]), (3, True, ["a", "b", "c"])]
)
def test_a_confirm_speaks_for_one_or_for_all_up_to_it(
    world: World, tag: int, multiple: bool, settled: list[str]
) -> None:
    world.at(0.5, world.rows(*map(world.row, "abc")))
    world.at(0.6, lambda: world.broker.ack(tag, multiple=multiple), lambda: world.store.done.append("then"))
    world.at(0.7, lambda: world.broker.lose(OSError()))
    with pytest.raises(RelayInDoubt):
        world.relay.run()
    assert world.store.done[: 2 + len(settled)] == ["start", *((row, "sent") for row in settled), "then"]


def test_of_an_aggregate_one_event_is_under_way_at_a_time_and_others_go_on(world: World) -> None:
    rows = [world.row("a1", "a"), world.row("b1", "b"), world.row("a2", "a"), world.row("a3", "a")]
    world.at(0.5, world.rows(*rows))
    seen: list[list[str]] = []

    def note() -> None:
        seen.append(list(world.broker.published))

    for second, tag in enumerate((2, 1, 3, 4), start=1):
        world.at(second, note, partial(world.broker.ack, tag))
    world.at(6, world.rows(world.row("a4", "a")))
    world.at(7, note, lambda: world.broker.ack(5))
    world.at(8, world.relay.stop)
    world.relay.run()
    assert seen == [
        ["a1", "b1"],
        ["a1", "b1"],
        ["a1", "b1", "a2"],
        ["a1", "b1", "a2", "a3"],
        ["a1", "b1", "a2", "a3", "a4"],
    ]


def test_no_more_than_256_are_under_way_and_each_confirm_makes_room(world: World) -> None:
    counts: list[int] = []
    world.at(0.5, world.rows(*[world.row(str(number)) for number in range(300)]))
    world.at(1.0, lambda: counts.append(len(world.broker.published)), lambda: world.broker.ack(1))
    world.at(1.5, lambda: counts.append(len(world.broker.published)), lambda: world.broker.ack(11, multiple=True))
    world.at(2.0, lambda: counts.append(len(world.broker.published)), lambda: world.broker.lose(OSError()))
    with pytest.raises(RelayInDoubt):
        world.relay.run()
    assert counts == [256, 257, 267]


def test_after_many_confirms_at_once_what_follows_leaves_in_one_burst(world: World) -> None:
    rows = [world.row(f"{aggregate}{number}", aggregate) for number in (1, 2) for aggregate in "abc"]
    world.at(0.5, world.rows(*rows))
    world.at(1.0, *(partial(world.broker.ack, tag) for tag in (1, 2, 3)))
    world.at(2.0, *(partial(world.broker.ack, tag) for tag in (4, 5, 6)))
    world.at(3.0, world.relay.stop)
    world.relay.run()
    assert [len(burst) for burst in world.broker.bursts] == [3, 3]
    assert world.lease.looks == 3, "at what came, and once after the confirms of each moment"


def test_what_comes_back_is_set_aside_and_never_sent_again(world: World, logs: list[Any]) -> None:
    world.at(0.5, world.rows(world.row("a"), world.row("b")))
    world.at(1.0, lambda: world.broker.give_back(world.broker.bursts[0][0]), lambda: world.broker.ack(2, multiple=True))
    world.at(2.0, world.rows(world.row("a")))
    world.at(3.0, lambda: world.broker.ack(3), world.relay.stop)
    world.relay.run()
    # Made pending by people it is sent as any other.
    assert world.store.done[1:4] == [("a", "unroutable"), ("b", "sent"), ("a", "sent")]
    assert named(logs, "event_unroutable") == [
        {
            "event": "event_unroutable",
            "outbox_id": "a",
            "exchange": "maker.events",
            "routing_key": "thing.made.v1",
            "reply": "NO_ROUTE",
            "log_level": "error",
        }
    ]


def test_a_message_without_headers_that_comes_back_is_nobodys(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    message = SimpleNamespace(exchange="", key="", body=b"", properties=pika.BasicProperties())
    world.at(1.0, lambda: world.broker.give_back(message), lambda: world.broker.ack(1), world.relay.stop)
    world.relay.run()
    assert ("a", "sent") in world.store.done


def test_what_the_broker_refuses_is_sent_again_after_a_second_and_its_aggregate_waits(
    world: World, logs: list[Any]
) -> None:
    before = world.measured("relay_nacks_total"), world.measured("relay_published_total")
    seen: list[list[str]] = []

    def note() -> None:
        seen.append(list(world.broker.published))

    world.at(0.5, world.rows(world.row("a1", "a"), world.row("a2", "a")))
    world.at(1.0, lambda: world.broker.answer("Basic.Nack", 1))
    world.at(1.99, note)
    world.at(2.01, note, lambda: world.broker.ack(2))
    world.at(3.0, note, lambda: world.broker.ack(3))
    world.at(4.0, world.relay.stop)
    world.relay.run()
    assert seen == [["a1"], ["a1", "a1"], ["a1", "a1", "a2"]]
    assert world.store.done[1:3] == [("a1", "sent"), ("a2", "sent")]
    assert world.measured("relay_nacks_total") == before[0] + 1
    assert world.measured("relay_published_total") == before[1] + 2
    assert named(logs, "event_nacked") == [
        {"event": "event_nacked", "outbox_id": "a1", "exchange": "maker.events", "log_level": "warning"}
    ]


def test_what_was_refused_goes_before_what_came_meanwhile(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, lambda: world.broker.answer("Basic.Nack", 1), world.broker.block, world.rows(world.row("b")))
    world.at(3.0, world.broker.unblock, lambda: world.broker.ack(3, multiple=True), world.relay.stop)
    world.relay.run()
    assert world.broker.published == ["a", "a", "b"]


# Doubt ---------------------------------------------------------------------------------------------------------------


def in_doubt(world: World) -> RelayInDoubt:
    with pytest.raises(RelayInDoubt) as doubt:
        world.relay.run()
    assert world.loop.closed
    assert world.store.done[-1] == "join"
    assert "mark" not in world.store.done
    assert not world.lease.released, "it runs out; whoever takes it sooner might publish beside us"
    return doubt.value


def test_nothing_leaves_once_the_lease_ran_out(world: World, logs: list[Any]) -> None:
    def lose() -> None:
        world.lease.is_held = False

    world.at(0.5, lose, world.rows(world.row("a")))
    assert str(in_doubt(world)) == "the lease ran out"
    assert world.broker.published == []
    assert named(logs, "relay_in_doubt") == [
        {"event": "relay_in_doubt", "reason": "the lease ran out", "log_level": "error"}
    ]


@pytest.mark.parametrize(("published_at", "ends_at"), [(0.5, 6.0), (1.0, 7.0), (1.1, 7.0)])
def test_a_confirm_is_waited_for_so_long_and_no_longer(world: World, published_at: float, ends_at: float) -> None:
    # It looks once a second.
    world.at(published_at, world.rows(world.row("a")))
    assert str(in_doubt(world)) == "no confirm within 5 s"
    assert world.broker.closed_at == 100 + ends_at


def test_the_oldest_message_counts(world: World) -> None:
    for second in range(3):
        world.at(0.5 + second, world.rows(world.row(str(second))))
    world.at(4.0, lambda: world.broker.ack(1))
    in_doubt(world)
    assert world.broker.closed_at == 107


def test_a_blocked_broker_gets_nothing_and_its_confirms_are_waited_for_anew(world: World, logs: list[Any]) -> None:
    seen: list[list[str]] = []
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.5, world.broker.block, world.rows(world.row("b")))
    world.at(59.4, lambda: seen.append(list(world.broker.published)))
    world.at(59.5, world.broker.unblock)
    world.at(60.0, lambda: seen.append(list(world.broker.published)))
    in_doubt(world)
    assert seen == [["a"], ["a", "b"]]
    assert world.broker.closed_at == 165
    assert logs[1:3] == [
        {"event": "broker_blocked", "reason": "low on memory", "log_level": "warning"},
        {"event": "broker_unblocked", "log_level": "info"},
    ]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (
            SimpleNamespace(reply_code=404, reply_text="NOT_FOUND - no exchange 'maker.parking'"),
            "missing (404): NOT_FOUND - no exchange 'maker.parking'; the service's `topology --apply` mends it",
        ),
        (
            SimpleNamespace(reply_code=403, reply_text="ACCESS_REFUSED"),
            "not permitted (403): ACCESS_REFUSED; the service's `topology --apply` mends it",
        ),
        (ConnectionError("gone"), "channel closed: ConnectionError('gone')"),
    ],
)
def test_a_closed_channel_is_doubt_and_says_what_to_do_where_that_helps(
    world: World, reason: Any, message: str
) -> None:
    world.at(0.5, lambda: world.broker.close_channel(reason))
    assert str(in_doubt(world)) == message


@pytest.mark.parametrize("in_flight", [True, False])
def test_a_lost_connection_is_doubt(world: World, in_flight: bool) -> None:
    if in_flight:
        world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, lambda: world.broker.lose(ConnectionError("gone")))
    assert str(in_doubt(world)) == "connection closed: ConnectionError('gone')"


def test_what_the_store_met_is_the_reason_and_the_first_one_stays(world: World) -> None:
    first = ZeroDivisionError("in the store")
    world.at(0.5, lambda: world.store.fail(first), lambda: world.store.fail(ValueError("and then")))
    doubt = in_doubt(world)
    assert (str(doubt), doubt.__cause__) == ("in the store", first)
    assert world.store.wake.is_set()
    with pytest.raises(RelayInDoubt, match=r"^in the store$"):
        world.relay.ready()


def test_in_doubt_the_connection_is_closed_and_cut_off_where_that_takes_long(world: World) -> None:
    world.broker.closes = False
    world.at(0.5, lambda: world.store.fail(ZeroDivisionError()))
    in_doubt(world)
    assert world.broker.closed_at == 100.5
    assert world.loop.hung_up == [101.5]
    assert world.loop.now == pytest.approx(101.8)


def test_in_doubt_while_the_connection_is_being_made_it_is_cut_off_at_once(world: World) -> None:
    world.broker.opens = False
    world.at(0.5, lambda: world.store.fail(ZeroDivisionError()))
    in_doubt(world)
    assert world.loop.hung_up[0] == 100.5
    assert world.loop.now == pytest.approx(100.8)


def test_in_doubt_while_it_closes_already_it_is_not_cut_off_sooner(world: World) -> None:
    world.broker.closes = False
    world.at(0.5, world.rows(world.row("a")), world.broker.close)
    world.at(0.6, lambda: world.store.fail(ZeroDivisionError()))
    in_doubt(world)
    assert world.loop.hung_up == [pytest.approx(101.6)]


# Stopping ------------------------------------------------------------------------------------------------------------


def test_an_idle_relay_stops_at_once_and_leaves_the_lease_to_the_next(world: World) -> None:
    world.at(0.5, world.relay.stop, world.relay.stop)
    world.relay.run()
    assert world.store.done == ["start", "join", "mark"]
    assert world.store.wake.is_set()
    assert (world.broker.closed_at, world.loop.now) == (100.5, 100.5)
    assert (world.lease.released, world.loop.closed, world.loop.hung_up) == (True, True, [])


def test_what_is_under_way_is_confirmed_and_marked_and_nothing_more_is_published(world: World) -> None:
    world.at(0.5, world.rows(world.row("a1", "a"), world.row("b"), world.row("a2", "a")))
    world.at(1.0, world.relay.stop, world.rows(world.row("c")))
    world.at(1.5, lambda: world.broker.ack(1))
    world.at(2.0, lambda: world.store.done.append(world.broker.closed_at), lambda: world.broker.ack(2))
    world.relay.run()
    assert world.broker.published == ["a1", "b"]
    assert world.store.done == ["start", ("a1", "sent"), None, ("b", "sent"), "join", "mark"]
    assert world.broker.closed_at == 102
    assert world.lease.released


def test_what_is_refused_during_a_stop_stays_pending(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, world.relay.stop, lambda: world.broker.answer("Basic.Nack", 1))
    world.relay.run()
    assert world.store.done == ["start", "join", "mark"]


def test_a_stop_takes_fifteen_seconds_at_most_and_a_second_to_close(world: World) -> None:
    world.relay._confirm_timeout_seconds = 1_000
    world.broker.closes = False
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, world.relay.stop)
    assert str(in_doubt(world)) == "the broker did not let us finish in time"
    assert world.broker.closed_at == 116
    assert world.loop.hung_up == [117]


def test_a_stop_while_the_connection_is_being_made_ends_it(world: World) -> None:
    world.broker.opens = False
    world.at(0.5, world.relay.stop)
    world.relay.run()
    assert world.loop.hung_up == [100.5]
    assert world.loop.now == pytest.approx(100.8)
    assert world.lease.released


@pytest.mark.parametrize(("opens", "ends_at"), [(True, 100), (False, 100.3)])
def test_a_stop_before_there_is_a_connection_is_not_forgotten(world: World, opens: bool, ends_at: float) -> None:
    world.broker.opens = opens
    world.relay.stop()
    world.relay.run()
    assert world.store.done == ["join", "mark"]
    assert world.loop.now == pytest.approx(ends_at)


def test_a_stop_while_the_exchanges_are_looked_for_ends_it(world: World) -> None:
    declare = world.broker.exchange_declare

    def slow(exchange: str, *, passive: bool, callback: Any) -> None:
        # The stop meets a connection that is open.
        if exchange == EXCHANGES[0]:
            world.relay._stopping.set()
        declare(exchange, passive=passive, callback=callback)

    world.broker.exchange_declare = slow  # type: ignore[method-assign]
    world.relay.run()
    assert (world.broker.closed_at, world.lease.released) == (100, True)


def test_a_connection_that_ends_during_a_stop_is_doubt_only_while_something_is_under_way(world: World) -> None:
    world.at(0.5, world.rows(world.row("a")))
    world.at(1.0, world.relay.stop, lambda: world.broker.lose(ConnectionError("gone")))
    assert str(in_doubt(world)) == "connection closed: ConnectionError('gone')"


def test_an_error_during_a_stop_with_nothing_under_way_is_none(world: World, logs: list[Any]) -> None:
    world.at(0.5, world.relay.stop, lambda: world.store.fail(ZeroDivisionError()))
    world.relay.run()
    assert world.lease.released
    assert named(logs, "relay_in_doubt") == []


# pika's connection ---------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    pieces: list[bytes] = []
    monkeypatch.setattr(SelectConnection, "_adapter_emit_data", lambda _connection, piece: pieces.append(piece))
    return pieces


def test_a_burst_leaves_in_one_piece_and_all_else_as_it_comes(sent: list[bytes]) -> None:
    connection = relaying._Connection.__new__(relaying._Connection)
    connection._adapter_emit_data(b"1")
    with connection.burst():
        connection._adapter_emit_data(b"2")
        connection._adapter_emit_data(b"3")
        assert sent == [b"1"]
    connection._adapter_emit_data(b"4")
    with connection.burst():
        pass
    assert sent == [b"1", b"23", b"4"]


def test_of_a_burst_that_fails_nothing_leaves_and_nothing_is_kept(sent: list[bytes]) -> None:
    connection = relaying._Connection.__new__(relaying._Connection)

    def fail() -> None:
        with connection.burst():
            connection._adapter_emit_data(b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    connection._adapter_emit_data(b"2")
    assert sent == [b"2"]
