"""Every example ever released of every event this service consumes is read by it, those of a later version included."""

import pytest

from certificates.entrypoints.consumers import CONSUMERS
from certificates.entrypoints.service import SERVICE
from emitra_contracts import every_example, producer
from servicekit.testing import Reading, readings


@pytest.mark.parametrize("reading", readings(SERVICE, every_example))
def test_every_example_ever_released_is_read(reading: Reading) -> None:
    read, data = reading.load(), reading.envelope["data"]
    assert read["application_id"] == data["application_id"]
    assert read["bill"] == {"amount": data["bill"]["amount"]}
    assert read["completed_at"].tzinfo is not None


@pytest.mark.parametrize("reading", readings(SERVICE, every_example))
def test_the_table_of_events_says_truly_which_fields_are_needed(reading: Reading) -> None:
    assert reading.needs() == reading.declares_to_need()


def test_each_event_is_consumed_from_its_producer() -> None:
    assert [consumer.producer for consumer in CONSUMERS] == [producer(consumer.event) for consumer in CONSUMERS]
