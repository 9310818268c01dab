"""Every example ever released of every event the gateway consumes can be read by it."""

import pytest

from emitra_contracts import events, every_example, producer
from gateway.entrypoints.service import SERVICE
from servicekit.ids import is_transaction_token
from servicekit.testing import Reading, readings

CONSUMERS = {consumer.event: consumer for consumer in SERVICE.consumes}


@pytest.mark.parametrize("reading", readings(SERVICE, every_example))
def test_every_example_ever_released_is_read(reading: Reading) -> None:
    data = reading.load()
    assert data["transaction_token"] == reading.envelope["data"]["transaction_token"]
    assert is_transaction_token(data["transaction_token"])


@pytest.mark.parametrize("reading", readings(SERVICE, every_example))
def test_the_table_of_events_says_truly_which_fields_the_gateway_needs(reading: Reading) -> None:
    assert reading.needs() == reading.declares_to_need()


def test_each_event_is_taken_from_the_service_that_publishes_it() -> None:
    assert {event: consumer.producer for event, consumer in CONSUMERS.items()} == {
        event: producer(event) for event in CONSUMERS
    }
    assert set(CONSUMERS) <= set(events())
