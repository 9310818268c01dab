"""Every producer against every consumer: the tables of events, the schemas, and the examples fit together."""

import json

import pytest

import emitra_contracts
from tests.architecture.conftest import SERVICES, asked
from tests.conftest import ROOT


def published() -> dict[str, str]:
    """Event → the service that publishes it."""
    return {event: service for service in SERVICES for event in asked(service, "events")["publishes"]}


def test_every_published_event_has_a_schema_and_belongs_to_its_producer() -> None:
    assert published()
    for event, service in published().items():
        assert event in emitra_contracts.events(), f"{service} publishes {event} without a schema"
        assert emitra_contracts.producer(event) == service


def test_no_event_has_two_producers() -> None:
    published = [event for service in SERVICES for event in asked(service, "events")["publishes"]]
    assert len(published) == len(set(published))


def test_every_consumed_event_is_published_by_whom_the_consumer_expects() -> None:
    for service in SERVICES:
        for consumed in asked(service, "events")["consumes"]:
            # An event may be awaited before anybody publishes it; then the catalogue says whose it will be.
            producer = published().get(consumed["event"]) or emitra_contracts.producer(consumed["event"])
            assert producer == consumed["producer"], f"{service} waits for {consumed['event']} from {producer}"


def test_every_example_is_valid_as_its_producer_would_send_it() -> None:
    for event in emitra_contracts.events():
        examples = emitra_contracts.examples(event)
        assert len(examples) >= 2, event
        for example in examples:
            emitra_contracts.validate_envelope(example)


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_table_of_events_is_the_services_own(service: str) -> None:
    committed = json.loads((ROOT / "services" / service / "events.json").read_text())
    assert committed == asked(service, "events"), f"run: {service} events > services/{service}/events.json"
