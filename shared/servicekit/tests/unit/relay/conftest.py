"""What the relay asks of the broker and makes of its answers, with pika played by the test and time going by at once.

On a real broker, with the real store: tests/service/test_relay.py.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
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


def in_doubt(world: World) -> RelayInDoubt:
    with pytest.raises(RelayInDoubt) as doubt:
        world.relay.run()
    assert world.loop.closed
    assert world.store.done[-1] == "join"
    assert "mark" not in world.store.done
    assert not world.lease.released, "it runs out; whoever takes it sooner might publish beside us"
    return doubt.value
