"""Examples of events, read as a service's worker reads them."""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest
from marshmallow import ValidationError

from servicekit.events.envelope import UnreadableMessage, parse
from servicekit.events.table import Consumer
from servicekit.service.declaration import Service


@dataclass(frozen=True)
class Reading:
    """One example (a complete envelope) of an event that a service consumes."""

    service: str
    consumer: Consumer
    example: str
    envelope: dict[str, Any]

    def load(self) -> dict[str, Any]:
        """What the consumer's handler would get. Fails the test, naming service, event, example and field."""
        try:
            return self._load()
        except ValidationError as error:
            problem = str(error.normalized_messages())
        except UnreadableMessage as error:
            problem = str(error)
        pytest.fail(
            f"{self.service} cannot read {self.consumer.event}, example {self.example}: {problem}", pytrace=False
        )

    def needs(self) -> set[str]:
        """Pointers to the members of this example's data without which it cannot be read: found by leaving out each."""
        return {pointer for pointer in _pointers(self.envelope["data"]) if not self._without(pointer)._is_readable()}

    def declares_to_need(self) -> set[str]:
        """The same, as the service's table of events says it (`Consumer.reads`)."""
        return set(_required(self.consumer.reads, self.envelope["data"]))

    def _load(self) -> dict[str, Any]:
        loaded: dict[str, Any] = self.consumer.schema.load(parse(json.dumps(self.envelope).encode())["data"])
        return loaded

    def _is_readable(self) -> bool:
        try:
            self._load()
        except ValidationError:
            return False
        return True

    def _without(self, pointer: str) -> "Reading":
        envelope = deepcopy(self.envelope)
        *way, name = pointer.removeprefix("/").split("/")
        inside = envelope["data"]
        for step in way:
            inside = inside[step]
        del inside[name]
        return replace(self, envelope=envelope)


def readings(service: Service, examples: Callable[[str], Mapping[str, dict[str, Any]]]) -> list[Any]:
    """pytest parameters: a `Reading` for each of `examples(event)` (by name) of each event `service` consumes."""
    return [
        pytest.param(Reading(service.name, consumer, name, envelope), id=f"{consumer.event}-{name}")
        for consumer in service.consumes
        for name, envelope in examples(consumer.event).items()
    ]


def _pointers(data: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in data.items():
        yield f"{prefix}/{name}"
        if isinstance(value, dict):
            yield from _pointers(value, f"{prefix}/{name}")


def _required(reads: Mapping[str, Any], data: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, field in reads.get("properties", {}).items():
        if name in data and name in reads.get("required", ()):
            yield f"{prefix}/{name}"
        if isinstance(data.get(name), dict):
            yield from _required(field, data[name], f"{prefix}/{name}")
