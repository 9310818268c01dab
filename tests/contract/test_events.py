"""Every producer against every consumer: the tables of events, the schemas, and the examples fit together."""

import json
from typing import Any

import pytest

import emitra_contracts
from emitra_contracts.catalogue import FUTURE_PREFIX
from tests.architecture.conftest import SERVICES, asked, with_document
from tests.conftest import ROOT


def committed(service: str) -> dict[str, Any]:
    """A service's table of events, as others know it."""
    return dict(json.loads((ROOT / "services" / service / "events.json").read_text()))


def publishers(event: str) -> set[str]:
    """The services that publish an event."""
    return {service for service in with_document("events.json") if event in committed(service)["publishes"]}


def test_events_are_published() -> None:
    assert any(committed(service)["publishes"] for service in with_document("events.json"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_published_event_has_a_schema_and_belongs_to_its_only_producer(service: str) -> None:
    for event in asked(service, "events")["publishes"]:
        assert event in emitra_contracts.events(), f"{service} publishes {event} without a schema"
        assert emitra_contracts.producer(event) == service, event
        assert publishers(event) == {service}, event


@pytest.mark.parametrize("service", SERVICES)
def test_every_consumed_event_is_published_by_whom_the_consumer_expects(service: str) -> None:
    for consumed in asked(service, "events")["consumes"]:
        # An event may be awaited before anybody publishes it; then the catalogue says whose it will be.
        producers = publishers(consumed["event"]) or {emitra_contracts.producer(consumed["event"])}
        assert producers == {consumed["producer"]}, f"{service} waits for {consumed['event']} from {producers}"


def test_every_example_is_valid_as_its_producer_would_send_it() -> None:
    for event in emitra_contracts.events():
        folder = ROOT / "services" / emitra_contracts.producer(event) / "contracts" / "events" / event / "examples"
        files = [file for file in sorted(folder.glob("*.json")) if not file.name.startswith(FUTURE_PREFIX)]
        assert len(files) >= 2, event
        for file in files:
            try:
                emitra_contracts.validate_envelope(json.loads(file.read_text()))
            except emitra_contracts.ContractViolation as error:
                pytest.fail(f"{file.relative_to(ROOT)}: {error}")


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_table_of_events_is_the_services_own(service: str) -> None:
    assert committed(service) == asked(service, "events"), f"run: {service} events > services/{service}/events.json"
