"""Every example of every event this service consumes is read by it, those of a later version included."""

from typing import Any

import pytest

from certificates.entrypoints.consumers import CONSUMERS
from emitra_contracts import examples, future_examples, producer

READ = [(consumer, example) for consumer in CONSUMERS for example in examples(consumer.event)]
READ_LATER = [(consumer, example) for consumer in CONSUMERS for example in future_examples(consumer.event)]


@pytest.mark.parametrize(("consumer", "example"), [*READ, *READ_LATER])
def test_every_example_is_read(consumer: Any, example: dict[str, Any]) -> None:
    read = consumer.schema.load(example["data"])
    assert read["application_id"] == example["data"]["application_id"]
    assert read["bill"] == {"amount": example["data"]["bill"]["amount"]}
    assert read["completed_at"].tzinfo is not None


def test_examples_of_a_later_version_are_among_them() -> None:
    assert READ_LATER


def test_each_event_is_consumed_from_its_producer() -> None:
    assert [consumer.producer for consumer in CONSUMERS] == [producer(consumer.event) for consumer in CONSUMERS]
