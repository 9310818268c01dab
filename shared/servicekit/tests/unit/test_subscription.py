"""One connection's messages, over kombu's in-memory transport: taken in, handled, answered."""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence

import kombu
import pytest

from servicekit.broker.consumer import Subscription
from servicekit.broker.workers import Workers
from servicekit.events.handling import Delivery, Stopped
from servicekit.testing.polling import eventually

ANSWER_SECONDS = 20


class Handler:
    """Notes what it handles; refuses, as at a stop, what it is told to."""

    def __init__(self) -> None:
        self.handled: list[Delivery] = []
        self.stopped = False
        self.calls = 0
        self.may_go_on: threading.Semaphore | None = None
        """Where there is one, each call waits for its turn."""

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        self.calls += 1
        if self.may_go_on is not None:
            assert self.may_go_on.acquire(timeout=ANSWER_SECONDS)
        if self.stopped:
            raise Stopped
        self.handled += deliveries


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def workers(handler: Handler) -> Iterator[Workers]:
    workers = Workers(handler, 1, threading.Event())
    workers.start()
    yield workers
    workers.stop()


@pytest.fixture
def connection() -> Iterator[kombu.Connection]:
    with kombu.Connection("memory://") as connection:
        yield connection


@pytest.fixture
def queue(connection: kombu.Connection) -> str:
    """A queue's name; all in-memory connections share one broker."""
    name = f"taker.{uuid.uuid4()}"
    kombu.Queue(name, channel=connection.channel()).declare()
    return name


def send(connection: kombu.Connection, queue: str, body: bytes, **properties: str) -> None:
    channel = connection.channel()
    kombu.Producer(channel).publish(
        body, routing_key=queue, content_type="application/cloudevents+json", content_encoding="binary", **properties
    )


def waiting(connection: kombu.Connection, queue: str) -> int:
    return int(connection.channel().queue_declare(queue, passive=True).message_count)


def run_until(subscription: Subscription, done: Callable[[], bool]) -> None:
    """What the connection's thread does, until then."""

    def look() -> bool:
        subscription.take_in()
        subscription.settle()
        return done()

    eventually(look)


def test_a_message_is_handled_as_it_was_sent_and_acknowledged(
    connection: kombu.Connection, queue: str, workers: Workers, handler: Handler
) -> None:
    send(connection, queue, b"\xff not to be decoded", message_id="evt_1", type="thing.made.v1")
    subscription = Subscription(connection, [queue], workers, prefetch=10)
    run_until(subscription, lambda: bool(handler.handled) and subscription.settled)
    (delivery,) = handler.handled
    assert delivery.queue == queue
    assert (delivery.message.id, delivery.message.type) == ("evt_1", "thing.made.v1")
    assert delivery.message.body == b"\xff not to be decoded"
    subscription.wind_down()
    assert waiting(connection, queue) == 0


def test_each_message_is_told_by_its_own_queue(
    connection: kombu.Connection, queue: str, workers: Workers, handler: Handler
) -> None:
    other = f"{queue}.other"
    kombu.Queue(other, channel=connection.channel()).declare()
    send(connection, queue, b"1", message_id="evt_1")
    send(connection, other, b"2", message_id="evt_2")
    subscription = Subscription(connection, [queue, other], workers, prefetch=10)
    run_until(subscription, lambda: len(handler.handled) == 2)
    assert {delivery.message.id: delivery.queue for delivery in handler.handled} == {"evt_1": queue, "evt_2": other}


def test_what_a_stop_left_unhandled_goes_back(
    connection: kombu.Connection, queue: str, workers: Workers, handler: Handler
) -> None:
    handler.stopped = True
    send(connection, queue, b"{}", message_id="evt_1")
    subscription = Subscription(connection, [queue], workers, prefetch=10)
    subscription.take_in()
    assert subscription.unsettled == 1
    subscription.wind_down()
    assert subscription.unsettled == 0
    assert waiting(connection, queue) == 1


def test_a_missing_queue_is_refused(connection: kombu.Connection, queue: str, workers: Workers) -> None:
    with pytest.raises(Exception, match="missing") as refusal:
        Subscription(connection, [f"{queue}.missing"], workers, prefetch=10)
    assert int(refusal.value.reply_code) == 404  # type: ignore[attr-defined] # over AMQP it is a number


def test_what_was_taken_over_a_lost_connection_answers_nothing_on_the_next_one(
    queue: str, workers: Workers, handler: Handler
) -> None:
    """The numbers of both begin at 1: the second's first message would be acknowledged, and lost if it then fails."""
    handler.may_go_on = threading.Semaphore(0)
    with kombu.Connection("memory://") as lost:
        send(lost, queue, b"{}", message_id="evt_1")
        before = Subscription(lost, [queue], workers, prefetch=10)
        before.take_in()
        eventually(lambda: handler.calls == 1)
    with kombu.Connection("memory://") as connection:
        send(connection, queue, b"{}", message_id="evt_2")
        after = Subscription(connection, [queue], workers, prefetch=10)
        run_until(after, lambda: after.unsettled == 1)
        handler.may_go_on.release()
        eventually(lambda: handler.calls == 2)  # The worker is done with the old message and has begun the next one.
        after.settle()
        assert after.unsettled == 1
        handler.stopped = True
        handler.may_go_on.release()
        after.wind_down()
        assert waiting(connection, queue) == 1
