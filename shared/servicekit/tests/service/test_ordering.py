"""One aggregate's events over two queues: applied in order and once, whatever the way they come."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pika
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pymongo.client_session import ClientSession

from servicekit import ids
from servicekit.broker.admin import apply
from servicekit.broker.consumer import ConsumerProcess
from servicekit.broker.events_log import PREFETCH, EventsLog
from servicekit.broker.relay import Relay
from servicekit.broker.topology import Topology
from servicekit.events import addresses
from servicekit.events.envelope import CONTENT_TYPE, Message, NewEvent, ReceivedEvent, serialise
from servicekit.events.handling import Delivery, Handling
from servicekit.events.ordering import Fetch, Place
from servicekit.events.redelivery import ATTEMPT_HEADER, REASON_HEADER, Redelivery
from servicekit.events.table import Consumer, Order
from servicekit.mongo import Mongo
from servicekit.testing import eventually
from servicekit.testing.plugin import AmqpVhost
from servicekit.testing.tokens import JWKS

from .conftest import ThingMade

TYPES = ("thing.made.v1", "thing.changed.v1")
PRODUCER = Topology("maker", TYPES, ())
CONSUMER = Topology("taker", (), tuple(("maker", each) for each in TYPES), reads_log=True)
LOST = "thing.lost.v1"  # Of the same aggregate, in the log, and in nobody's table.
# Enough for another thread's turn on a busy machine; the first gap in it ends the wait.
PATIENCE_SECONDS = (0.05,) * 100


@dataclass
class Taker:
    """The application: the sequences of each thing in the order in which they were applied."""

    mongo: Mongo
    fails_on: Callable[[ReceivedEvent], bool] = lambda _event: False

    def take(self, event: ReceivedEvent, session: ClientSession) -> None:
        self.mongo.db.effects.update_one(
            {"_id": event.subject}, {"$push": {"applied": event.sequence}}, upsert=True, session=session
        )
        if self.fails_on(event):
            raise ZeroDivisionError

    def applied(self, thing: str) -> list[int]:
        effect = self.mongo.db.effects.find_one({"_id": thing}) or {"applied": []}
        return [int(each) for each in effect["applied"]]


def event_of(thing: str, sequence: int, kind: str = "") -> NewEvent:
    """Types alternate, so that neighbours come over different queues."""
    kind = kind or TYPES[sequence % 2]
    return NewEvent(ids.event_id(), kind, "thing", thing, sequence, datetime.now(UTC), {"thing_id": thing}, "request-1")


def delivery_of(event: NewEvent, **headers: object) -> Delivery:
    return Delivery(
        CONSUMER.queue(event.type), Message(event.id, event.type, CONTENT_TYPE, serialise(event, "maker"), headers)
    )


def tried(event: NewEvent, times: int) -> Delivery:
    return delivery_of(event, **{ATTEMPT_HEADER: times})


def counted(outcome: str) -> float:
    labels = [{"queue": CONSUMER.queue(each), "outcome": outcome} for each in TYPES]
    return sum(REGISTRY.get_sample_value("consumer_messages_total", each) or 0.0 for each in labels)


@pytest.fixture
def taker(db: Mongo) -> Taker:
    return Taker(db)


@pytest.fixture
def handling_of(db: Mongo, taker: Taker) -> Callable[..., Handling]:
    def make(
        order: Order = Order.GAPLESS,
        fetch: Fetch | None = None,
        stopping: threading.Event | None = None,
        **more: Any,
    ) -> Handling:
        consumer = Consumer(TYPES[0], "maker", ThingMade(), Taker.take, order=order, **more)
        table = {CONSUMER.queue(each): replace(consumer, event=each) for each in TYPES}
        return Handling(db, taker, table, Redelivery(db.db, CONSUMER), stopping or threading.Event(), fetch)

    return make


@pytest.fixture
def broker(amqp_vhost: AmqpVhost, monkeypatch: pytest.MonkeyPatch) -> AmqpVhost:
    """A virtual host with both services' topology, and a ladder whose every rung takes a second."""
    for delay in addresses.RETRY_DELAYS_SECONDS:
        monkeypatch.setitem(addresses.RETRY_DELAYS_SECONDS, delay, 1)
    for each in (PRODUCER, CONSUMER):
        apply(each, amqp_vhost.management_url, amqp_vhost.url)
    return amqp_vhost


@pytest.fixture
def start(db: Mongo, broker: AmqpVhost, handling_of: Callable[..., Handling]) -> Iterator[Callable[[], None]]:
    """Starts the consumer with two workers, and the relay that its ladder needs."""
    relay = Relay(
        db,
        service="taker",
        holder="relay-1",
        amqp_url=broker.url,
        exchanges=CONSUMER.exchanges,
        confirm_timeout_seconds=5,
    )
    stopping = threading.Event()
    handling = handling_of(fetch=EventsLog(broker.url, stopping).fetch, stopping=stopping)
    process = ConsumerProcess(amqp_url=broker.url, queues=CONSUMER.queues, handling=handling, threads=2)
    threads = [threading.Thread(target=process.run), threading.Thread(target=relay.run)]

    def begin() -> None:
        for thread in threads:
            thread.start()

    yield begin
    stopping.set()
    process.stop()
    relay.stop()
    for thread in threads:
        if thread.ident is not None:
            thread.join(15)
            assert not thread.is_alive()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def publish(broker: AmqpVhost, *events: NewEvent) -> None:
    """To the producer's exchange, in this order."""
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for event in events:
            properties = pika.BasicProperties(CONTENT_TYPE, type=event.type, message_id=event.id)
            channel.basic_publish("maker.events", event.type, serialise(event, "maker"), properties)


def lose(broker: AmqpVhost, event: NewEvent) -> None:
    """Publishes it while its queue is not bound: the log has it, the consumer never sees it."""
    queue = CONSUMER.queue(event.type)
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
        channel = connection.channel()
        channel.queue_unbind(queue, "maker.events", event.type)
        publish(broker, event)
        channel.queue_bind(queue, "maker.events", event.type)


# With a broker ------------------------------------------------------------------------------------------------------


def test_events_shuffled_over_two_queues_are_applied_in_order(
    broker: AmqpVhost, start: Callable[[], None], taker: Taker
) -> None:
    things = [f"t{number}" for number in range(20)]
    events = [event_of(thing, sequence) for thing in things for sequence in range(1, 6)]
    random.shuffle(events)
    publish(broker, *events)
    start()
    eventually(lambda: all(taker.applied(thing) == [1, 2, 3, 4, 5] for thing in things), timeout_seconds=30)


def test_a_gap_waits_on_the_ladder_until_the_late_event_fills_it(
    db: Mongo, broker: AmqpVhost, start: Callable[[], None], taker: Taker
) -> None:
    start()
    publish(broker, event_of("t1", 2))
    row = eventually(lambda: db.db.outbox.find_one({"exchange": "taker.retry.10s"}) or {})
    assert row["headers"][REASON_HEADER] == "gap: /emitra/maker t1 is at 0 and this is 2"
    assert taker.applied("t1") == []
    publish(broker, event_of("t1", 1))
    eventually(lambda: taker.applied("t1") == [1, 2])
    assert db.db.outbox.count_documents({"exchange": "taker.parking"}) == 0


def test_a_gap_that_stays_is_repaired_from_the_log(
    db: Mongo, broker: AmqpVhost, start: Callable[[], None], taker: Taker
) -> None:
    start()
    publish(broker, event_of("t1", 1))
    eventually(lambda: taker.applied("t1") == [1])
    lose(broker, event_of("t1", 2))
    lose(broker, event_of("t1", 3))
    publish(broker, event_of("t1", 4))
    eventually(lambda: taker.applied("t1") == [1, 2, 3, 4], timeout_seconds=20)
    assert db.db.inbox.count_documents({}) == 4, "what was fetched is known to the inbox like any other"
    rungs = db.db.outbox.distinct("exchange")
    assert sorted(rungs) == ["taker.retry.10s", "taker.retry.1m"], "the log is read when two tries did not help"


def test_an_event_in_nobodys_log_parks_the_next_and_is_named(
    db: Mongo, broker: AmqpVhost, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    handling = handling_of(fetch=EventsLog(broker.url, threading.Event()).fetch)
    first, third, fourth = event_of("t1", 1), event_of("t1", 3), event_of("t1", 4)
    publish(broker, first, third, fourth)
    handling.handle([delivery_of(first)])
    handling.handle([tried(fourth, 5)])
    (row,) = db.db.outbox.find({"exchange": "taker.parking"})
    assert (row["message_id"], row["routing_key"]) == (fourth.id, CONSUMER.queue(fourth.type))
    reason = row["headers"][REASON_HEADER]
    assert "t1 is at 1 and this is 4; not found in the log from " in reason
    assert reason.endswith(" on: [2]")
    assert taker.applied("t1") == [1]


def test_a_missing_event_of_a_type_that_is_not_taken_here_is_named_too(
    db: Mongo, broker: AmqpVhost, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    handling = handling_of(fetch=EventsLog(broker.url, threading.Event()).fetch)
    second = event_of("t1", 2)
    publish(broker, event_of("t1", 1, LOST), second)
    handling.handle([tried(second, 5)])
    (row,) = db.db.outbox.find({"exchange": "taker.parking"})
    assert row["headers"][REASON_HEADER].endswith(" on: [1]")


def test_a_log_that_cannot_be_read_leaves_the_event_on_the_ladder(
    db: Mongo, amqp_vhost: AmqpVhost, handling_of: Callable[..., Handling]
) -> None:
    handling = handling_of(fetch=EventsLog(amqp_vhost.url, threading.Event()).fetch)  # A broker without the stream.
    handling.handle([tried(event_of("t1", 2), 2)])
    (row,) = db.db.outbox.find()
    assert row["exchange"] == "taker.retry.10m"
    assert row["headers"][REASON_HEADER].endswith("; the log could not be read: NotFound")


def test_a_missing_event_that_cannot_be_applied_keeps_the_later_ones_waiting(
    db: Mongo, broker: AmqpVhost, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    taker.fails_on = lambda event: event.sequence == 1
    handling = handling_of(fetch=EventsLog(broker.url, threading.Event()).fetch)
    second = event_of("t1", 2)
    publish(broker, event_of("t1", 1), second)
    handling.handle([tried(second, 2)])
    assert taker.applied("t1") == []
    exchanges = {row["message_type"]: row["exchange"] for row in db.db.outbox.find()}
    assert exchanges == {TYPES[1]: "taker.retry.10s", TYPES[0]: "taker.retry.10m"}


def test_a_reading_cut_short_by_a_stop_gives_the_event_back(db: Mongo, handling_of: Callable[..., Handling]) -> None:
    stopping = threading.Event()

    def fetch(_wanted: Any, _since: datetime) -> dict[Place, Message]:
        stopping.set()
        return {}

    process = ConsumerProcess(amqp_url="", queues=[], handling=handling_of(fetch=fetch, stopping=stopping), threads=1)
    process._handle([(1, 1, tried(event_of("t1", 2), 5))])
    assert process._done.get_nowait() == (1, 1, False)
    assert db.db.outbox.count_documents({}) == 0


def test_the_log_is_read_through_more_than_the_broker_sends_at_once(broker: AmqpVhost) -> None:
    since = datetime.now(UTC)
    publish(broker, *[event_of(f"t{number}", 1) for number in range(PREFETCH + 500)], wanted := event_of("last", 7))
    found = EventsLog(broker.url, threading.Event()).fetch({("/emitra/maker", "last", 7)}, since)
    expected = Message(wanted.id, wanted.type, CONTENT_TYPE, serialise(wanted, "maker"), {})
    assert found == {("/emitra/maker", "last", 7): expected}


def test_a_services_worker_repairs_a_gap_with_the_least_permissions(
    db: Mongo, broker: AmqpVhost, takers_url: str, taker: Taker, tmp_path: Path
) -> None:
    program = """
import marshmallow as ma
from servicekit.events import Consumer, Order
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings

class Settings(ServiceSettings):
    service_name = "taker"

def take(mongo, event, session):
    mongo.db.effects.update_one(
        {"_id": event.subject}, {"$push": {"applied": event.sequence}}, upsert=True, session=session
    )

schema = ma.Schema.from_dict({"thing_id": ma.fields.String()})()
consumes = [Consumer(f"thing.{each}.v1", "maker", schema, take, order=Order.GAPLESS) for each in ("made", "changed")]
command_line(Service(name="taker", version="1", settings=Settings, bootstrap=lambda settings, mongo: mongo,
        blueprints=[],
        consumes=consumes))()
"""
    apply(CONSUMER, broker.management_url, takers_url)
    lose(broker, event_of("t1", 1))
    second = tried(event_of("t1", 2), 2)
    given = {
        "MONGODB_DATABASE": db.db.name,
        "AMQP_URL": takers_url,
        "INTERNAL_TOKEN_JWKS": JWKS,
        "CURSOR_SECRET": "a-cursor-secret-that-only-tests-use",
        "PROBE_PORT": str(free_port()),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    process = subprocess.Popen([sys.executable, "-c", program, "worker"], env={**os.environ, **given}, cwd=tmp_path)
    try:
        with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
            properties = pika.BasicProperties(CONTENT_TYPE, headers=second.message.headers)
            connection.channel().basic_publish("", second.queue, second.message.body, properties)
        eventually(lambda: taker.applied("t1") == [1, 2], timeout_seconds=20)
    finally:
        process.terminate()
        process.wait(30)


# Without one --------------------------------------------------------------------------------------------------------


def test_what_was_applied_is_dropped_and_counted_as_stale(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    handling, before = handling_of(), counted("stale")
    deliveries = [delivery_of(event_of("t1", sequence)) for sequence in (1, 2, 3)]
    handling.handle(deliveries)
    handling.handle([deliveries[1], deliveries[0]])  # The same messages again, as a group
    handling.handle([deliveries[2]])  # and alone;
    handling.handle([delivery_of(event_of("t1", 2))])  # or another message with a sequence that was applied.
    assert taker.applied("t1") == [1, 2, 3]
    assert counted("stale") - before == 4
    assert db.db.outbox.count_documents({}) == 0


def test_an_event_in_another_workers_hands_is_waited_for(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    class Meanwhile(threading.Event):
        """While one worker waits, another one finishes."""

        def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002
            handling_of().handle([delivery_of(event_of("t1", 1))])
            return False

    handling_of(stopping=Meanwhile()).handle([delivery_of(event_of("t1", 2))])
    assert taker.applied("t1") == [1, 2]
    assert db.db.outbox.count_documents({}) == 0


def test_two_workers_with_the_same_aggregates_apply_each_event_once_and_in_order(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.events.handling.GAP_WAITS_SECONDS", PATIENCE_SECONDS)
    handling, things = handling_of(), [f"t{number}" for number in range(5)]
    deliveries = [delivery_of(event_of(thing, sequence)) for sequence in range(1, 9) for thing in things]
    # Each has every other event, and both have the last: in any order of commits one of the two must wait.
    parts = [[*deliveries[number::2], *deliveries[-5:]] for number in range(2)]
    both = threading.Barrier(2)

    def work(part: Sequence[Delivery]) -> None:
        both.wait(5)
        handling.handle(part)

    threads = [threading.Thread(target=work, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {thing: taker.applied(thing) for thing in things} == {thing: [*range(1, 9)] for thing in things}
    assert db.db.outbox.count_documents({}) == 0


def test_a_group_of_many_aggregates_asks_for_their_positions_once(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    things = [f"t{number}" for number in range(10)]
    deliveries = [delivery_of(event_of(thing, sequence)) for thing in things for sequence in range(1, 6)]
    random.shuffle(deliveries)
    db.db.command("profile", 2)
    handling_of().handle(deliveries)
    db.db.command("profile", 0)
    assert all(taker.applied(thing) == [1, 2, 3, 4, 5] for thing in things)
    profile = list(db.db["system.profile"].find({"ns": f"{db.db.name}.positions"}))
    assert len([each for each in profile if each["op"] == "query"]) == 1
    assert len([each for each in profile if each["op"] == "update"]) == 10, "one for each aggregate, not each event"
    assert db.db.inbox.count_documents({}) == 50


def test_a_death_before_the_commit_leaves_neither_effect_nor_position(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(point: str, *_: str) -> None:
        if point == "C2":
            raise SystemExit

    first, second = delivery_of(event_of("t1", 1)), delivery_of(event_of("t1", 2))
    handling_of().handle([first])
    with monkeypatch.context() as patched:
        # A real kill leaves a transaction that MongoDB ends after a minute; tests/fault has those.
        patched.setattr("servicekit.events.handling.crash_point", die)
        with pytest.raises(SystemExit):
            handling_of().handle([second])
    handling_of().handle([second])
    assert taker.applied("t1") == [1, 2], "neither lost nor twice"
    assert db.db.outbox.count_documents({}) == 0


def test_a_handler_that_fails_leaves_neither_effect_nor_position(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    taker.fails_on = lambda event: event.sequence == 2
    first, second, third = (delivery_of(event_of("t1", sequence)) for sequence in (1, 2, 3))
    handling_of().handle([first, second, third])
    assert taker.applied("t1") == [1]
    reasons = {row["message_id"]: row["headers"][REASON_HEADER] for row in db.db.outbox.find()}
    assert reasons == {
        second.message.id: "ZeroDivisionError",
        third.message.id: "gap: /emitra/maker t1 is at 1 and this is 3",
    }
    taker.fails_on = lambda _event: False
    handling_of().handle([third, second])
    assert taker.applied("t1") == [1, 2, 3]


def test_an_event_that_is_not_wanted_moves_its_aggregate_on(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    handling = handling_of(wanted=lambda event: event.sequence != 2)
    for sequence in (1, 2, 3):
        handling.handle([delivery_of(event_of("t1", sequence))])
    assert taker.applied("t1") == [1, 3]
    assert db.db.outbox.count_documents({}) == 0


def test_with_the_latest_only_an_older_event_is_dropped_and_a_gap_is_none(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    handling = handling_of(Order.LATEST)
    for sequence in (2, 5, 4, 1, 7):
        handling.handle([delivery_of(event_of("t1", sequence))])
    handling.handle([delivery_of(event_of("t1", sequence)) for sequence in (9, 6, 8)])
    assert taker.applied("t1") == [2, 5, 7, 8, 9]
    assert db.db.outbox.count_documents({}) == 0


def test_aggregates_of_two_producers_with_one_id_do_not_mix(handling_of: Callable[..., Handling], taker: Taker) -> None:
    handling, event = handling_of(), event_of("t1", 1)
    of_another = Message(event.id, event.type, CONTENT_TYPE, serialise(replace(event, id="evt_2"), "other"), {})
    handling.handle([delivery_of(event)])
    handling.handle([Delivery(CONSUMER.queue(event.type), of_another)])
    assert taker.applied("t1") == [1, 1]


@st.composite
def deliveries_in_groups(draw: st.DrawFn) -> list[list[int]]:
    """The sequences 1..n in any order, some of them several times, cut into groups."""
    count = draw(st.integers(1, 5))
    repeated = draw(st.lists(st.integers(1, count), max_size=3))
    shuffled = draw(st.permutations([*range(1, count + 1), *repeated]))
    cuts = sorted(draw(st.sets(st.integers(1, len(shuffled) - 1)))) if len(shuffled) > 1 else []
    return [list(shuffled[begin:end]) for begin, end in pairwise([0, *cuts, len(shuffled)])]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=deliveries_in_groups())
def test_whatever_the_order_and_the_repeats_each_is_applied_once_and_in_order(
    db: Mongo,
    handling_of: Callable[..., Handling],
    taker: Taker,
    monkeypatch: pytest.MonkeyPatch,
    groups: list[list[int]],
) -> None:
    monkeypatch.setattr("servicekit.events.handling.GAP_WAITS_SECONDS", ())
    handling, thing = handling_of(), ids.event_id()
    events = {sequence: event_of(thing, sequence) for group in groups for sequence in group}
    for group in groups:
        handling.handle([delivery_of(events[sequence]) for sequence in group])
    # The ladder brings back what was sent to it, last first.
    while rows := list(db.db.outbox.find().sort("_id", -1)):
        db.db.outbox.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        for row in rows:
            assert row["exchange"] != "taker.parking"
            sequence = int(json.loads(row["body"])["sequence"])
            handling.handle([delivery_of(events[sequence], **row["headers"])])
    assert taker.applied(thing) == sorted(events)
