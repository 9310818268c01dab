"""The relay on a real broker: nothing lost, order kept per aggregate, no doubt survived."""

import json
import threading
from collections.abc import Callable

import pika
import pytest
from pika.adapters.select_connection import SelectConnection
from prometheus_client import REGISTRY

from servicekit.broker.relay import Relay
from servicekit.broker.relay_store import RelayInDoubt
from servicekit.events.outbox import INDEXES, resend_unroutable, unroutable
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost

from .conftest import PRODUCER, QUEUE, new_event
from .wire import Wire

Publish = Callable[..., None]


def drain(broker: AmqpVhost, queue: str = QUEUE) -> list[tuple[pika.BasicProperties, bytes]]:
    """All messages that are in the queue now."""
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        messages = []
        while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
            messages.append((got[1], got[2]))
        return messages


def length(broker: AmqpVhost, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


def measured(metric: str) -> float:
    return REGISTRY.get_sample_value(metric, {"service": "maker"}) or 0.0


def states(db: Mongo) -> set[str]:
    return {row["state"] for row in db.db.outbox.find()}


def test_every_event_reaches_the_queue_and_is_marked_sent(
    db: Mongo, broker: AmqpVhost, publish: Publish, start_relay: Callable[..., Relay]
) -> None:
    events = [new_event(f"t{n}") for n in range(600)]
    publish(*events)
    start_relay()
    eventually(lambda: states(db) == {"sent"})
    messages = drain(broker)
    assert sorted(properties.message_id for properties, _ in messages) == sorted(event.id for event in events)
    properties, body = messages[0]
    assert (properties.delivery_mode, properties.content_type) == (2, "application/cloudevents+json")
    assert body == bytes(db.db.outbox.find_one({"_id": properties.message_id})["body"])  # type: ignore[index]


def test_what_is_published_together_leaves_in_one_piece(
    db: Mongo, publish: Publish, start_relay: Callable[..., Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    # pika's own name for it: a new version that has another fails here.
    pieces: list[bytes] = []
    send = SelectConnection._adapter_emit_data

    def note(connection: SelectConnection, data: bytes) -> None:
        pieces.append(data)
        send(connection, data)

    monkeypatch.setattr(SelectConnection, "_adapter_emit_data", note)
    events = [new_event(f"t{n}") for n in range(200)]
    publish(*events)
    start_relay()
    eventually(lambda: states(db) == {"sent"})
    assert all(sum(event.id.encode() in piece for piece in pieces) == 1 for event in events)
    assert max(sum(event.id.encode() in piece for event in events) for piece in pieces) > 100


def test_an_aggregates_events_arrive_in_their_order(
    db: Mongo, broker: AmqpVhost, publish: Publish, start_relay: Callable[..., Relay]
) -> None:
    # Ids out of order, as clocks of two machines would make them.
    publish(*reversed([new_event("t1", sequence) for sequence in range(1, 41)]))
    start_relay()
    eventually(lambda: states(db) == {"sent"})
    assert [json.loads(body)["sequence"] for _, body in drain(broker)] == [str(n) for n in range(1, 41)]


def test_an_aggregates_events_arrive_in_their_order_in_a_queue_that_refuses_most_of_them(
    db: Mongo,
    broker: AmqpVhost,
    publish: Publish,
    start_relay: Callable[..., Relay],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # At once, or later ones would have to be lucky to be tried in the moment in which there is room.
    monkeypatch.setattr("servicekit.broker.relay.NACK_PAUSE_SECONDS", 0.0)
    full = {"x-max-length": 1, "x-overflow": "reject-publish"}
    sequences = range(1, 9)
    received: list[int] = []
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        channel.queue_declare("full", durable=True, arguments=full)
        channel.queue_bind("full", "maker.events", "thing.made.v1")

        def take() -> bool:
            _, _, body = channel.basic_get("full", auto_ack=True)
            received.extend([int(json.loads(body)["sequence"])] if body else [])
            return body is not None

        publish(*[new_event("t1", sequence) for sequence in sequences])
        start_relay()
        for left in reversed(sequences):
            if left > 1:  # The queue has one of them, so that the next one is sent in vain, and sent again.
                refused = measured("emitra_relay_nacks_total")
                eventually(lambda: measured("emitra_relay_nacks_total") > refused + 2)  # noqa: B023 called at once
            eventually(take)
    assert received == [*sequences]
    eventually(lambda: states(db) == {"sent"})


@pytest.mark.parametrize(
    ("aggregates", "events_of_each", "under_way"),
    [(100, 5, 100), (600, 1, 256)],
    ids=["one event of each aggregate", "256 of all"],
)
def test_before_the_broker_confirms_no_more_are_under_way_than(
    db: Mongo, broker: AmqpVhost, publish: Publish, aggregates: int, events_of_each: int, under_way: int
) -> None:
    wire = Wire(broker.url)
    relay = Relay(
        db, service="maker", holder="one", amqp_url=wire.url, exchanges=PRODUCER.exchanges, confirm_timeout_seconds=60
    )
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        publish(new_event("first"))
        eventually(lambda: states(db) == {"sent"})
        wire.hold_answers()
        publish(*[new_event(f"t{n}", seq) for seq in range(1, events_of_each + 1) for n in range(aggregates)])
        eventually(lambda: length(broker, QUEUE) >= 1 + under_way)
        assert measured("emitra_relay_in_flight") == under_way
        assert len({json.loads(body)["subject"] for _, body in drain(broker)}) == 1 + under_way
        wire.thaw()
        eventually(lambda: states(db) == {"sent"})
        assert length(broker, QUEUE) == aggregates * events_of_each - under_way
    finally:
        wire.thaw()
        relay.stop()
        thread.join(15)
        wire.close()
    assert not thread.is_alive()


def test_a_row_committed_late_with_an_early_id_is_not_skipped(
    db: Mongo, publish: Publish, start_relay: Callable[..., Relay]
) -> None:
    early = new_event("early")
    publish(new_event("later"))
    start_relay()
    eventually(lambda: states(db) == {"sent"})
    publish(early)
    eventually(lambda: db.db.outbox.count_documents({"state": "sent"}) == 2)


def test_an_idle_relay_is_woken_long_before_its_poll(
    db: Mongo, publish: Publish, start_relay: Callable[..., Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.broker.relay_store.IDLE_POLL_SECONDS", 30.0)
    publish(new_event("t0"))
    start_relay()
    for number in range(1, 6):
        eventually(lambda: states(db) == {"sent"}, timeout_seconds=5)
        publish(new_event(f"t{number}"))
    eventually(lambda: states(db) == {"sent"}, timeout_seconds=5)


def test_an_unroutable_event_is_set_aside_and_its_neighbours_go_on(
    db: Mongo, broker: AmqpVhost, publish: Publish, start_relay: Callable[..., Relay]
) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        connection.channel().queue_unbind("events.log", "maker.events", "#")
        connection.channel().queue_unbind(QUEUE, "maker.events", "thing.made.v1")
    publish(new_event("lost"))
    start_relay()
    eventually(lambda: states(db) == {"unroutable"})
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        connection.channel().queue_bind(QUEUE, "maker.events", "thing.made.v1")
    assert "sent_at" not in (db.db.outbox.find_one() or {}), "it would be forgotten unseen, as sent rows are"
    publish(new_event("t2"))
    eventually(lambda: states(db) == {"unroutable", "sent"})
    assert len(drain(broker)) == 1


def test_an_unroutable_event_is_sent_again_when_asked_for(
    db: Mongo, broker: AmqpVhost, publish: Publish, start_relay: Callable[..., Relay]
) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        channel.queue_unbind("events.log", "maker.events", "#")
        channel.queue_unbind(QUEUE, "maker.events", "thing.made.v1")
        publish(new_event("lost"))
        start_relay()
        eventually(lambda: states(db) == {"unroutable"})
        channel.queue_bind(QUEUE, "maker.events", "thing.made.v1")
    assert unroutable(db.db) == 1
    assert resend_unroutable(db.db) == 1
    eventually(lambda: states(db) == {"sent"})
    assert len(drain(broker)) == 1
    assert resend_unroutable(db.db) == 0


def test_a_second_relay_stands_by_and_takes_over(
    db: Mongo, publish: Publish, start_relay: Callable[..., Relay]
) -> None:
    first = start_relay("one")
    eventually(lambda: db.db.leases.find_one({"_id": "relay", "holder": "one"}))
    start_relay("two")
    publish(new_event("t1"))
    eventually(lambda: states(db) == {"sent"})
    first.stop()
    eventually(lambda: db.db.leases.find_one({"_id": "relay", "holder": "two"}))
    publish(new_event("t2"))
    eventually(lambda: db.db.outbox.count_documents({"state": "sent"}) == 2)


def test_stopping_does_not_first_publish_all_that_waits(
    db: Mongo, broker: AmqpVhost, publish: Publish, start_relay: Callable[..., Relay]
) -> None:
    publish(*[new_event("t1", sequence) for sequence in range(1, 901)])
    relay = start_relay()
    eventually(lambda: length(broker, QUEUE) > 0)
    relay.stop()
    eventually(lambda: db.db.leases.find_one({"_id": "relay"}) is None)
    assert db.db.outbox.count_documents({"state": "pending"}) > 0
    assert db.db.outbox.count_documents({"state": "sent"}) == length(broker, QUEUE)


def test_the_doorbell_rings_again_after_the_outbox_was_dropped(
    db: Mongo, publish: Publish, start_relay: Callable[..., Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.broker.relay_store.IDLE_POLL_SECONDS", 30.0)
    publish(new_event("t1"))
    start_relay()
    eventually(lambda: states(db) == {"sent"}, timeout_seconds=5)
    # Its change stream is dead now, and answers "nothing" at once, for ever.
    db.db.outbox.drop()
    db.prepare({"outbox": INDEXES})
    for number in range(3):
        publish(new_event(f"again-{number}"))
        eventually(lambda: states(db) == {"sent"}, timeout_seconds=5)


def test_a_relay_without_its_exchange_ends_in_doubt(db: Mongo, amqp_vhost: AmqpVhost) -> None:
    relay = Relay(
        db,
        service="maker",
        holder="one",
        amqp_url=amqp_vhost.url,
        exchanges=PRODUCER.exchanges,
        confirm_timeout_seconds=5,
    )
    with pytest.raises(RelayInDoubt, match=r"maker\.events"):
        relay.run()


def test_a_relay_whose_lease_was_taken_ends_in_doubt(db: Mongo, broker: AmqpVhost, publish: Publish) -> None:
    relay = Relay(
        db, service="maker", holder="one", amqp_url=broker.url, exchanges=PRODUCER.exchanges, confirm_timeout_seconds=5
    )
    failures: list[BaseException] = []

    def run() -> None:
        try:
            relay.run()
        except RelayInDoubt as doubt:
            failures.append(doubt)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: db.db.leases.find_one({"holder": "one"}))
    db.db.leases.update_one({"_id": "relay"}, {"$set": {"holder": "somebody else"}})
    thread.join(15)
    assert "lease" in str(failures[0])
