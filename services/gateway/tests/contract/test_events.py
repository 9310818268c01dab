"""Every example ever published of every event the gateway consumes can be read by it."""

from typing import Any

import pytest

from emitra_contracts import events, examples, future_examples, producer
from gateway.entrypoints.service import SERVICE
from servicekit.ids import is_transaction_token

CONSUMERS = {consumer.event: consumer for consumer in SERVICE.consumes}
EXAMPLES = [
    pytest.param(event, envelope, id=f"{event}-{number}")
    for event in CONSUMERS
    for number, envelope in enumerate([*examples(event), *future_examples(event)])
]


@pytest.mark.parametrize(("event", "envelope"), EXAMPLES)
def test_an_example_loads(event: Any, envelope: Any) -> None:
    data = CONSUMERS[event].schema.load(envelope["data"])
    assert data["transaction_token"] == envelope["data"]["transaction_token"]
    assert is_transaction_token(data["transaction_token"])


def test_the_examples_include_imagined_later_versions() -> None:
    assert all(future_examples(event) for event in CONSUMERS)


def test_each_event_is_taken_from_the_service_that_publishes_it() -> None:
    assert {event: consumer.producer for event, consumer in CONSUMERS.items()} == {
        event: producer(event) for event in CONSUMERS
    }
    assert set(CONSUMERS) <= set(events())
