"""The consumer on a real broker: one effect per message, and no message lost to a mistake."""

import json
from collections.abc import Callable

import pika
import pytest

from servicekit.errors import DependencyUnavailable
from servicekit.messaging.consumer import ConsumerProcess, MissingTopology
from servicekit.messaging.envelope import NewEvent, ReceivedEvent, serialise
from servicekit.messaging.handling import Handling
from servicekit.messaging.relay import Relay
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost

from .conftest import QUEUE, Taker, new_event

Start = Callable[[], ConsumerProcess]


def send(broker: AmqpVhost, body: bytes, content_type: str = "application/cloudevents+json") -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        properties = pika.BasicProperties(content_type=content_type, delivery_mode=2)
        connection.channel().basic_publish("", QUEUE, body, properties)


def effects(db: Mongo) -> int:
    return db.db.effects.count_documents({})


def length(broker: AmqpVhost, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


def test_a_message_delivered_three_times_takes_effect_once(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, taker: Taker
) -> None:
    body = serialise(new_event("t1"), "maker")
    for _ in range(3):
        send(broker, body)
    process = start_consumer()
    eventually(lambda: process.idle and length(broker, QUEUE) == 0 and effects(db) == 1)
    assert db.db.outbox.count_documents({}) == 0, "a duplicate is no failure: nothing is tried again"
    send(broker, serialise(new_event("t2"), "maker"))
    eventually(lambda: effects(db) == 2)


def test_a_backlog_is_handled_whole_and_once(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, start_relay: Callable[..., Relay], publish: Callable[..., None]
) -> None:
    publish(*[new_event(f"t{n}") for n in range(300)])
    start_relay()
    start_consumer()
    eventually(lambda: effects(db) == 300)
    assert len(db.db.effects.distinct("thing_id")) == 300


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"\xff not json", "application/json", "not JSON"),
        (b"[]", "application/json", "not a JSON object"),
        (serialise(new_event("t1"), "maker"), "text/plain", "content type"),
        (serialise(new_event("t1"), "maker").replace(b"thing.made.v1", b"thing.made.v9"), "application/json", "type"),
        (serialise(new_event("t1"), "maker").replace(b"thing_id", b"other_id"), "application/json", "thing_id"),
    ],
)
def test_a_message_that_cannot_be_read_is_parked_with_its_reason(
    db: Mongo,
    broker: AmqpVhost,
    start_consumer: Start,
    start_relay: Callable[..., Relay],
    body: bytes,
    content_type: str,
    reason: str,
) -> None:
    start_relay()
    start_consumer()
    send(broker, body, content_type)
    eventually(lambda: length(broker, f"parking.{QUEUE}") == 1)
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        _, properties, parked = connection.channel().basic_get(f"parking.{QUEUE}")
        assert parked == body
        assert reason in properties.headers["x-emitra-reason"]
    assert effects(db) == 0


def test_a_poisonous_message_in_a_group_does_not_harm_its_neighbours(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, taker: Taker
) -> None:
    def poison(event: ReceivedEvent) -> None:
        if event.data["thing_id"] == "bad":
            raise ZeroDivisionError

    taker.before = poison
    for thing in ["t1", "t2", "bad", "t3", "t4"]:
        send(broker, serialise(new_event(thing), "maker"))
    start_consumer()
    eventually(lambda: effects(db) == 4)
    row = eventually(lambda: db.db.outbox.find_one({"exchange": "taker.retry.10s"}))
    assert (row["routing_key"], row["headers"]["x-emitra-attempt"]) == (QUEUE, 1)
    assert length(broker, QUEUE) == 0


def test_a_transient_failure_is_tried_again_after_ten_seconds_by_this_consumer_only(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, start_relay: Callable[..., Relay], taker: Taker
) -> None:
    def fail_once(event: ReceivedEvent) -> None:
        if len(taker.seen) == 1:
            raise DependencyUnavailable("the other side is away")

    taker.before = fail_once
    start_relay()
    start_consumer()
    send(broker, serialise(new_event("t1"), "maker"))
    eventually(lambda: length(broker, "taker.retry.10s") == 1, timeout_seconds=5)
    assert effects(db) == 0
    eventually(lambda: effects(db) == 1, timeout_seconds=20)
    assert len(taker.seen) == 2


def test_a_worn_out_message_is_parked(db: Mongo, handling: Handling, taker: Taker) -> None:
    from servicekit.messaging.envelope import Message
    from servicekit.messaging.handling import Delivery

    def fail(_: ReceivedEvent) -> None:
        raise ZeroDivisionError

    taker.before = fail
    event = new_event("t1")
    message = Message(event.id, event.type, "application/json", serialise(event, "maker"), {"x-emitra-attempt": 5})
    handling.handle([Delivery(QUEUE, message)])
    (row,) = db.db.outbox.find()
    assert row["exchange"] == "taker.parking"
    assert "ZeroDivisionError" in row["headers"]["x-emitra-reason"]
    # Two quick tries after the first; and the same message again makes no second row.
    assert len(taker.seen) == 3
    handling.handle([Delivery(QUEUE, message)])
    assert db.db.outbox.count_documents({}) == 1


def test_a_consumer_without_its_queue_says_which_and_what_to_do(amqp_vhost: AmqpVhost, handling: Handling) -> None:
    process = ConsumerProcess(amqp_url=amqp_vhost.url, queues=[QUEUE], handling=handling, threads=1)
    with pytest.raises(MissingTopology, match=rf"{QUEUE}.*topology --apply"):
        process.run()


def test_the_producers_trace_and_request_reach_the_handler(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, taker: Taker
) -> None:
    got: list[ReceivedEvent] = []
    taker.before = got.append
    event: NewEvent = new_event("t1")
    envelope = json.loads(serialise(event, "maker"))
    envelope["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    send(broker, json.dumps(envelope).encode())
    start_consumer()
    eventually(lambda: got)
    assert got[0].trace_context["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
    assert got[0].request_id == "request-1"


def test_stopping_gives_back_what_was_not_begun(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, taker: Taker
) -> None:
    import threading

    gate = threading.Event()
    taker.before = lambda _event: gate.wait(10) and None  # type: ignore[func-returns-value]
    for number in range(150):
        send(broker, serialise(new_event(f"t{number}"), "maker"))
    process = start_consumer()
    eventually(lambda: taker.seen)
    process.stop()
    gate.set()
    eventually(lambda: length(broker, QUEUE) + effects(db) == 150)
    taker.before = lambda _event: None
    start_consumer()
    eventually(lambda: effects(db) == 150)
    assert len(db.db.effects.distinct("thing_id")) == 150
