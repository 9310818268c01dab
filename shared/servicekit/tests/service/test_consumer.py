"""The consumer on a real broker: one effect per message, and no message lost to a mistake."""

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import kombu
import pika
import pytest
import urllib3
from pymongo.errors import ExecutionTimeout

from servicekit.broker.connection import connection_to
from servicekit.broker.consumer import ConsumerProcess, UnusableTopology, WorkerDied
from servicekit.broker.relay import Relay
from servicekit.broker.workers import Job, Workers
from servicekit.errors import DependencyUnavailable
from servicekit.events.envelope import Message, NewEvent, ReceivedEvent, serialise
from servicekit.events.handling import Delivery, Handling
from servicekit.events.redelivery import Redelivery
from servicekit.events.table import Consumer
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost

from .conftest import CONSUMER, EVENT, QUEUE, Taker, ThingMade, new_event
from .wire import Wire

Start = Callable[..., ConsumerProcess]


def send(
    broker: AmqpVhost, body: bytes, content_type: str = "application/cloudevents+json", redelivered: int = 0
) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        headers = {"x-delivery-count": redelivered} if redelivered else None
        properties = pika.BasicProperties(content_type=content_type, delivery_mode=2, headers=headers)
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
    process = start_consumer()
    eventually(lambda: effects(db) == 300 and process.idle)
    assert len(db.db.effects.distinct("thing_id")) == 300
    process.stop()
    eventually(lambda: not process.idle)  # Its connection is gone, and what it did not acknowledge is back.
    assert length(broker, QUEUE) == 0


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
    row: dict[str, Any] = eventually(lambda: db.db.outbox.find_one({"exchange": "taker.retry.10s"}) or {})
    assert (row["routing_key"], row["headers"]["x-emitra-attempt"]) == (QUEUE, 1)
    assert length(broker, QUEUE) == 0


def test_messages_that_came_back_again_and_again_are_handled_one_at_a_time_in_no_fixed_order(
    db: Mongo, broker: AmqpVhost, handling: Handling, start_consumer: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [f"t{number}" for number in range(20)]
    for thing in sent:
        send(broker, serialise(new_event(f"before-{thing}"), "maker"))
        send(broker, serialise(new_event(thing), "maker"), redelivered=2)
    handled: list[list[str]] = []
    beside_another: list[list[str]] = []
    in_hand = threading.Lock()
    fresh_handled = threading.Event()
    handle = handling.handle

    def watched(deliveries: Sequence[Delivery]) -> None:
        things = [json.loads(each.message.body)["data"]["thing_id"] for each in deliveries]
        if not set(things) & set(sent):
            handle(deliveries)
            fresh_handled.set()
            return
        if in_hand.locked():
            beside_another.append(things)
        with in_hand:
            handled.append(things)
            handle(deliveries)
            # Fresh ones go on beside it, and bring no other suspect with them.
            fresh_handled.clear()
            send(broker, serialise(new_event(f"beside-{things[0]}"), "maker"))
            assert fresh_handled.wait(5) or beside_another

    monkeypatch.setattr(handling, "handle", watched)
    start_consumer()
    eventually(lambda: effects(db) == 60 or beside_another)
    assert beside_another == []
    assert sorted(handled) == sorted([thing] for thing in sent), "each alone, not in a group"
    assert handled != [[thing] for thing in sent]


def shorter_wait(broker: AmqpVhost, queue: str) -> None:
    """A policy before the queue's own; how long each really waits is in `unit/test_topology.py`."""
    at = urlsplit(broker.management_url)
    url = f"http://{at.hostname}:{at.port}/api/policies/{broker.name}"
    headers = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")
    own = urllib3.request("GET", f"{url}/{queue}", headers=headers).json()
    definition = own["definition"] | {"message-ttl": 3_000}
    shorter = own | {"definition": definition, "priority": own["priority"] + 1}
    assert urllib3.request("PUT", f"{url}/shorter", json=shorter, headers=headers).status == 201


def test_a_transient_failure_is_tried_again_after_its_wait_by_this_consumer_only(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, start_relay: Callable[..., Relay], taker: Taker
) -> None:
    def fail_once(event: ReceivedEvent) -> None:
        if len(taker.seen) == 1:
            raise DependencyUnavailable("the other side is away")

    taker.before = fail_once
    shorter_wait(broker, "taker.retry.10s")
    start_relay()
    start_consumer()
    send(broker, serialise(new_event("t1"), "maker"))
    eventually(lambda: length(broker, "taker.retry.10s") == 1, timeout_seconds=5)
    assert effects(db) == 0
    eventually(lambda: effects(db) == 1, timeout_seconds=20)
    assert len(taker.seen) == 2


def test_a_consumer_without_its_queue_says_which_and_what_to_do(amqp_vhost: AmqpVhost, handling: Handling) -> None:
    process = ConsumerProcess(connection=connection_to(amqp_vhost.url), queues=[QUEUE], handling=handling, threads=1)
    with pytest.raises(UnusableTopology, match=rf"{QUEUE}.*topology --apply"):
        process.run()


def test_a_consumer_that_misses_one_queue_takes_nothing_from_the_others(broker: AmqpVhost, handling: Handling) -> None:
    send(broker, b"{}")
    process = ConsumerProcess(
        connection=connection_to(broker.url), queues=[QUEUE, f"{QUEUE}.missing"], handling=handling, threads=1
    )
    with pytest.raises(UnusableTopology, match="missing"):
        process.run()
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        method = eventually(lambda: channel.basic_get(QUEUE)[0])
    assert not method.redelivered


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


def test_what_says_it_is_compressed_and_is_not_is_parked_and_the_connection_stays(
    db: Mongo, broker: AmqpVhost, start_consumer: Start
) -> None:
    start_consumer()
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        properties = pika.BasicProperties(
            message_id="m1", content_type="application/cloudevents+json", headers={"compression": "application/x-gzip"}
        )
        connection.channel().basic_publish("", QUEUE, b"not packed", properties)
    row: dict[str, Any] = eventually(lambda: db.db.outbox.find_one({"exchange": "taker.parking"}) or {})
    assert bytes(row["body"]) == b"not packed"


def test_what_is_not_unicode_is_parked_and_its_neighbours_are_handled(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, start_relay: Callable[..., Relay]
) -> None:
    start_relay()
    good = [serialise(new_event(f"t{n}"), "maker") for n in range(5)]
    half = "\ud800".encode("utf-8", "surrogatepass")
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        for body, message_id, name in (
            (good[0].replace(b'"t0"', b'"\\ud800"'), b"m1", b"plain"),
            (b"in the id", half, b"plain"),
            (b"in the id, and no UTF-8", b"\xff", b"plain"),
            (b"in a header's name", b"m2", b"\xff"),
            *((body, b"", b"plain") for body in good[1:]),
        ):
            # pika sends bytes as they are.
            properties = pika.BasicProperties("application/cloudevents+json", headers={name: 1}, message_id=message_id)
            channel.basic_publish("", QUEUE, body, properties)
    start_consumer()
    start_consumer(parked=True)
    eventually(lambda: effects(db) == 4 and db.db.dead_letters.count_documents({}) == 4, 30)
    assert {letter["reason"].partition(":")[0] for letter in db.db.dead_letters.find()} == {"unreadable"}
    assert length(broker, QUEUE) == 0


def test_what_the_broker_says_of_one_delivery_is_not_sent_along_with_the_next(
    db: Mongo, broker: AmqpVhost, start_consumer: Start
) -> None:
    start_consumer()
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        headers = {"x-delivery-count": 1, "x-death": [{"queue": "q", "count": 1}], "price": Decimal(1), "mine": "kept"}
        connection.channel().basic_publish("", QUEUE, b"not JSON", pika.BasicProperties(headers=headers))
    row: dict[str, Any] = eventually(lambda: db.db.outbox.find_one({"exchange": "taker.parking"}) or {})
    assert row["headers"].keys() == {"price", "mine", "x-emitra-attempt", "x-emitra-reason", "x-emitra-stack"}


def test_an_outage_of_the_database_costs_each_message_one_delivery_however_long_it_is(
    db: Mongo, broker: AmqpVhost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.events.handling.DATABASE_PROBE_SECONDS", (0.1,))
    monkeypatch.setattr("servicekit.events.handling.DATABASE_AWAY_SECONDS", 1.0)
    monkeypatch.setattr("servicekit.broker.consumer.DATABASE_POLL_SECONDS", 0.1)
    host, port = db.client.address or ("", 0)
    wire = Wire(f"amqp://{host}:{port}")
    uri = os.environ["MONGODB_URI"].replace(f"{host}:{port}", f"127.0.0.1:{urlsplit(wire.url).port}")
    asked: list[int] = []
    redelivered: Counter[int] = Counter()
    with Mongo(uri, db.db.name, 1) as away:
        consumer = Consumer(EVENT, "maker", ThingMade(), Taker.take)
        handling = Handling(away, Taker(away), {QUEUE: consumer}, Redelivery(away.db, CONSUMER), threading.Event())

        class Watched:
            def handle(self, deliveries: Sequence[Delivery]) -> None:
                redelivered.update(each.message.headers.get("x-delivery-count", 0) for each in deliveries)
                handling.handle(deliveries)

        def ping() -> None:
            asked.append(length(broker, QUEUE))
            away.ping()

        process = ConsumerProcess(
            connection=connection_to(broker.url), queues=CONSUMER.queues, handling=Watched(), threads=2, ping=ping
        )
        thread = threading.Thread(target=process.run)
        thread.start()
        try:
            eventually(lambda: process.idle)
            wire.freeze()
            for n in range(20):
                send(broker, serialise(new_event(f"t{n}"), "maker"))
            eventually(lambda: len(asked) >= 5, 60)
            with pytest.raises(ConnectionError):
                process.ready()
            wire.thaw()
            eventually(lambda: effects(db) == 20 and process.idle, 60)
        finally:
            wire.close()
            process.stop()
            thread.join(30)
    assert not thread.is_alive()
    assert asked[1:5] == [20] * 4, "nothing is taken while the database is away"
    assert max(redelivered) == 1
    assert db.db.outbox.count_documents({}) == 0, "nothing went to the ladder or into parking"


def test_a_message_that_cannot_even_be_sent_away_does_not_take_its_group_along(
    db: Mongo, handling: Handling, taker: Taker
) -> None:
    def fail(event: ReceivedEvent) -> None:
        if event.data["thing_id"] == "bad":
            raise ZeroDivisionError

    taker.before = fail

    def delivery(thing: str, text: str = "") -> Delivery:
        event = new_event(thing, text=text)
        return Delivery(QUEUE, Message(event.id, event.type, "application/json", serialise(event, "maker"), {}))

    workers = Workers(handling, 1, threading.Event())
    # More than a document of MongoDB's can be.
    for number, message in enumerate((delivery("bad", text="x" * 17_000_000), delivery("good")), 1):
        workers.put(Job(number, kombu.Message(), message))
    workers.start()
    handled: dict[int, bool] = {}
    while len(handled) < 2:
        handled |= {job.number: done for job, done in workers.finished(wait_seconds=30)}
    workers.stop()
    assert handled == {1: False, 2: True}
    assert effects(db) == 1


def test_a_failed_message_waits_for_a_database_that_refuses_its_row(
    db: Mongo, handling: Handling, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: ReceivedEvent) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("servicekit.events.handling.DATABASE_PROBE_SECONDS", (0.01,))
    taker.before = fail
    db.db.command("collMod", "outbox", validator={"never": {"$exists": True}})
    event = new_event("t1")
    message = Message(event.id, event.type, "application/json", serialise(event, "maker"), {})
    thread = threading.Thread(target=handling.handle, args=([Delivery(QUEUE, message)],))
    thread.start()
    thread.join(1)
    assert thread.is_alive(), "given back at once, it would go round until the broker parks it"
    db.db.command("collMod", "outbox", validator={})
    thread.join(10)
    assert db.db.outbox.count_documents({"exchange": "taker.retry.10s"}) == 1


def test_a_message_too_slow_for_a_database_that_answers_does_not_hold_its_worker(
    db: Mongo, handling: Handling, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_slow(_: ReceivedEvent) -> None:
        raise ExecutionTimeout("operation exceeded time limit", 50)

    monkeypatch.setattr("servicekit.events.handling.DATABASE_PROBE_SECONDS", (0.01, 0.01))
    taker.before = be_slow
    event = new_event("t1")
    message = Message(event.id, event.type, "application/json", serialise(event, "maker"), {})
    thread = threading.Thread(target=handling.handle, args=([Delivery(QUEUE, message)],), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert db.db.outbox.count_documents({"exchange": "taker.retry.10s"}) == 1


def test_one_message_in_the_hands_of_two_workers_takes_effect_once(db: Mongo, handling: Handling) -> None:
    both = threading.Barrier(2)

    event = new_event("t1")
    message = Message(event.id, event.type, "application/json", serialise(event, "maker"), {})

    def handle(_: int) -> None:
        both.wait(5)
        handling.handle([Delivery(QUEUE, message)])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(handle, range(2)))
    assert effects(db) == 1
    assert db.db.outbox.count_documents({}) == 0


def test_a_process_whose_worker_thread_is_gone_ends(broker: AmqpVhost, handling: Handling, taker: Taker) -> None:
    def leave(_: ReceivedEvent) -> None:
        raise SystemExit

    taker.before = leave
    send(broker, serialise(new_event("t1"), "maker"))
    process = ConsumerProcess(connection=connection_to(broker.url), queues=[QUEUE], handling=handling, threads=1)
    alarm = threading.Timer(10, process.stop)  # So that the test ends if the process does not.
    alarm.start()
    with pytest.raises(WorkerDied):
        process.run()
    alarm.cancel()


def test_stopping_gives_back_what_was_not_begun(
    db: Mongo, broker: AmqpVhost, start_consumer: Start, taker: Taker
) -> None:
    gate = threading.Event()

    def wait_for_the_gate(_: ReceivedEvent) -> None:
        gate.wait(10)

    taker.before = wait_for_the_gate
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
