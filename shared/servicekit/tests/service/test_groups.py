"""Several messages in one transaction: what a handler of many gets, and what each message keeps of its own."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY
from pymongo.client_session import ClientSession

from servicekit.events.envelope import CONTENT_TYPE, Message, ReceivedEvent, serialise
from servicekit.events.handling import Delivery, Handling
from servicekit.events.redelivery import Redelivery
from servicekit.events.table import Consumer
from servicekit.mongo import Mongo

from .conftest import CONSUMER, EVENT, QUEUE, ThingMade, new_event

OTHER_QUEUE = "taker.another"
TRACES = [f"{number:032x}" for number in range(1, 4)]


class Many:
    """The application: writes down what each call got, and fails where a test wants it to."""

    def __init__(self, mongo: Mongo) -> None:
        self.calls: list[list[str]] = []
        self._effects = mongo.db.effects

    def take(self, events: Sequence[ReceivedEvent], session: ClientSession) -> None:
        things = [event.data["thing_id"] for event in events]
        self.calls.append(things)
        self._effects.insert_many([{"thing_id": thing} for thing in things], session=session)
        if "bad" in things:
            raise ZeroDivisionError


@pytest.fixture
def many(db: Mongo) -> Many:
    return Many(db)


@pytest.fixture
def handling_many(db: Mongo, many: Many) -> Callable[..., Handling]:
    def make(**more: Any) -> Handling:
        consumer = Consumer(EVENT, "maker", ThingMade(), handle_many=Many.take, **more)
        table = {QUEUE: consumer, OTHER_QUEUE: consumer}
        return Handling(db, many, table, Redelivery(db.db, CONSUMER), threading.Event())

    return make


def told_of_message(attributes: Mapping[str, Any] | None) -> tuple[Any, Any]:
    """The id of the message and of the request it comes from, as a span or a link bears them."""
    told = dict(attributes or {})
    return told.get("messaging.message.id"), told.get("messaging.message.conversation_id")


def delivery(thing: str, queue: str = QUEUE, traceparent: str = "") -> Delivery:
    event = new_event(thing)
    body = serialise(event, "maker")
    if traceparent:
        body = body.replace(b'"data":', b'"traceparent":"%s","data":' % traceparent.encode())
    return Delivery(queue, Message(event.id, event.type, CONTENT_TYPE, body, {}))


def effects(db: Mongo) -> list[str]:
    return sorted(effect["thing_id"] for effect in db.db.effects.find())


def test_a_handler_of_many_gets_each_queues_events_at_once_in_the_order_of_delivery(
    db: Mongo, many: Many, handling_many: Callable[..., Handling]
) -> None:
    handling_many().handle([delivery("a"), delivery("x", OTHER_QUEUE), delivery("b"), delivery("c")])
    assert many.calls == [["a", "b", "c"], ["x"]]
    assert effects(db) == ["a", "b", "c", "x"]
    assert db.db.inbox.count_documents({}) == 4


def test_a_handler_of_many_that_fails_gets_each_event_by_itself(
    db: Mongo, many: Many, handling_many: Callable[..., Handling]
) -> None:
    handling_many().handle([delivery("a"), delivery("bad"), delivery("b")])
    assert many.calls[0] == ["a", "bad", "b"]
    assert effects(db) == ["a", "b"]
    assert db.db.inbox.count_documents({}) == 2
    assert db.db.outbox.count_documents({"exchange": "taker.retry.10s"}) == 1


def test_an_event_handled_before_does_not_take_effect_with_its_group(
    db: Mongo, handling_many: Callable[..., Handling]
) -> None:
    again = delivery("a")
    handling_many().handle([again])
    handling_many().handle([delivery("b"), again])
    assert effects(db) == ["a", "b"]
    assert db.db.outbox.count_documents({}) == 0


@pytest.mark.parametrize("together", [True, False])
def test_an_event_that_is_not_wanted_leaves_nothing_but_a_count(
    db: Mongo, many: Many, handling_many: Callable[..., Handling], together: bool
) -> None:
    def skipped() -> float:
        labels = {"queue": QUEUE, "outcome": "skipped"}
        return REGISTRY.get_sample_value("emitra_messages_total", labels) or 0.0

    before = skipped()
    handling = handling_many(takes=lambda event: event.data["thing_id"] == "a")
    deliveries = [delivery("b"), delivery("a"), delivery("c")]
    for batch in [deliveries] if together else [[each] for each in deliveries]:
        handling.handle(batch)
    assert many.calls == [["a"]]
    assert db.db.inbox.count_documents({}) == 1
    assert skipped() - before == 2


def test_one_events_span_continues_its_trace_and_a_batchs_is_linked_to_all(
    handling_many: Callable[..., Handling], monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("servicekit.events.spans._tracer", provider.get_tracer("test"))
    alone, *others = [delivery(trace, traceparent=f"00-{trace}-b7ad6b7169203331-01") for trace in TRACES]
    handling_many().handle([alone])
    handling_many().handle(others)
    one, batch = exporter.get_finished_spans()
    assert f"{one.context.trace_id:032x}" == TRACES[0]
    assert told_of_message(one.attributes) == (alone.message.id, json.loads(alone.message.body)["correlationid"])
    assert [f"{link.context.trace_id:032x}" for link in batch.links] == TRACES[1:]
    assert f"{batch.context.trace_id:032x}" not in TRACES
    assert dict(batch.attributes or {})["messaging.batch.message_count"] == 2
    assert [told_of_message(link.attributes) for link in batch.links] == [
        (each.message.id, json.loads(each.message.body)["correlationid"]) for each in others
    ]
    assert told_of_message(batch.attributes) == (None, None)
