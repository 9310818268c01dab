"""One aggregate's events over two queues: whatever the way they come, none is applied after a later one."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pymongo.client_session import ClientSession

from servicekit import ids
from servicekit.broker.topology import Topology
from servicekit.events.envelope import CONTENT_TYPE, Message, NewEvent, ReceivedEvent, serialise
from servicekit.events.handling import Delivery, Handling
from servicekit.events.redelivery import Redelivery
from servicekit.events.table import Consumer, Order
from servicekit.mongo import Mongo

from .conftest import ThingMade

TYPES = ("thing.made.v1", "thing.changed.v1")
CONSUMER = Topology("taker", (), tuple(("maker", event) for event in TYPES))


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
        return [int(sequence) for sequence in effect["applied"]]


def event_of(thing: str, sequence: int) -> NewEvent:
    """Types alternate, so that neighbours come over different queues."""
    data = {"thing_id": thing}
    return NewEvent(ids.event_id(), TYPES[sequence % 2], "thing", thing, sequence, datetime.now(UTC), data, "request-1")


def delivery_of(event: NewEvent, **headers: object) -> Delivery:
    return Delivery(
        CONSUMER.queue(event.type), Message(event.id, event.type, CONTENT_TYPE, serialise(event, "maker"), headers)
    )


def counted(outcome: str) -> float:
    labels = [{"queue": CONSUMER.queue(event), "outcome": outcome} for event in TYPES]
    return sum(REGISTRY.get_sample_value("emitra_messages_total", label) or 0.0 for label in labels)


@pytest.fixture
def taker(db: Mongo) -> Taker:
    return Taker(db)


@pytest.fixture
def handling_of(db: Mongo, taker: Taker) -> Callable[..., Handling]:
    def make(**more: Any) -> Handling:
        consumer = Consumer(TYPES[0], "maker", ThingMade(), Taker.take, order=Order.LATEST, **more)
        table = {CONSUMER.queue(event): replace(consumer, event=event) for event in TYPES}
        return Handling(db, taker, table, Redelivery(db.db, CONSUMER), threading.Event())

    return make


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


def test_an_older_event_is_dropped_and_a_missing_one_is_not_waited_for(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    handling = handling_of()
    for sequence in (2, 5, 4, 1, 7):
        handling.handle([delivery_of(event_of("t1", sequence))])
    handling.handle([delivery_of(event_of("t1", sequence)) for sequence in (9, 6, 8)])
    assert taker.applied("t1") == [2, 5, 7, 8, 9]
    assert db.db.outbox.count_documents({}) == 0


def test_two_workers_with_the_same_aggregates_apply_nothing_twice_or_after_a_later_one(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker
) -> None:
    handling, things = handling_of(), [f"t{number}" for number in range(5)]
    deliveries = [delivery_of(event_of(thing, sequence)) for sequence in range(1, 9) for thing in things]
    # Each has every other event, and both have the last.
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
    for thing in things:
        applied = taker.applied(thing)
        assert applied == sorted(set(applied))
        assert applied[-1] == 8
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
def test_whatever_the_order_and_the_repeats_none_is_applied_twice_or_after_a_later_one(
    db: Mongo, handling_of: Callable[..., Handling], taker: Taker, groups: list[list[int]]
) -> None:
    handling, thing = handling_of(), ids.event_id()
    events = {sequence: event_of(thing, sequence) for group in groups for sequence in group}
    for group in groups:
        handling.handle([delivery_of(events[sequence]) for sequence in group])
    applied = taker.applied(thing)
    assert applied == sorted(set(applied))
    assert applied[-1] == max(events)
    assert db.db.outbox.count_documents({}) == 0
