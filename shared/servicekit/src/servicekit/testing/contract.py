"""What every service promises, as tests: `TestContract = contract_of(SERVICE, every_example, producer)`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from servicekit.service.declaration import Service
from servicekit.testing.readings import Reading, readings


def contract_of(
    service: Service, every_example: Callable[[str], dict[str, dict[str, Any]]], producer: Callable[[str], str]
) -> type:
    """A class of tests for pytest to collect; `every_example` and `producer` are those of `emitra_contracts`.

    The committed `openapi.yaml` and `events.json` are sought in the service's folder, from which its tests are run.
    """
    examples = readings(service, every_example)

    class Contract:
        @pytest.mark.parametrize("name", ["openapi.yaml", "events.json"])
        def test_the_committed_document_is_generated_from_the_service(self, name: str) -> None:
            printed = {"openapi.yaml": service.openapi, "events.json": service.event_table}[name]()
            committed = Path(name).read_text(encoding="utf-8") if Path(name).exists() else ""
            assert committed == printed, f"{service.name}: {name} is out of date; run `make generate`"

        @pytest.mark.parametrize("reading", examples)
        def test_every_example_ever_released_is_read(self, reading: Reading) -> None:
            missing = reading.consumer.schema.fields.keys() - reading.load().keys()
            assert not missing, (
                f"{service.name}: src/…/entrypoints/consumers.py: {reading.consumer.event}: the handler would not get "
                f"{', '.join(sorted(missing))} of {reading.example}; an optional member has a `load_default`"
            )

        @pytest.mark.parametrize("reading", examples)
        def test_the_table_of_events_says_truly_which_fields_are_needed(self, reading: Reading) -> None:
            assert reading.needs() == reading.declares_to_need(), (
                f"{service.name}: its reading of {reading.consumer.event} needs other members than its schema declares"
            )

        def test_each_event_is_consumed_from_its_producer(self) -> None:
            for consumer in service.consumes:
                owner = producer(consumer.event)
                assert consumer.producer == owner, f"{service.name}: {consumer.event} is {owner}'s; name it in its row"

        def test_each_published_event_lies_in_the_services_own_contracts(self) -> None:
            for event in service.publishes:
                assert producer(event) == service.name, (
                    f"{service.name} publishes {event}, which is {producer(event)}'s"
                )

    return Contract
