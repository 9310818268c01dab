"""What is published: the events, their producers, schemas and examples, read from the data files."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

FUTURE_PREFIX = "future-"


class UnknownEvent(LookupError):
    """No such event is published."""


@dataclass(frozen=True, slots=True)
class EventEntry:
    """One row of the catalogue.

    `producer` is the only service that may publish the event; `aggregate_id` names the member of `data` that equals the
    envelope's subject. Consumers are not listed here: each declares itself in its own service.
    """

    event: str
    producer: str
    aggregate_type: str
    aggregate_id: str
    description: str


def events() -> list[str]:
    """Every published event, sorted."""
    return sorted(_entries())


def entry(event: str) -> EventEntry:
    """The catalogue's row of `event`. Raises UnknownEvent."""
    try:
        return _entries()[event]
    except KeyError:
        raise UnknownEvent(f"no event {event!r}; published are: {', '.join(events())}") from None


def producer(event: str) -> str:
    """The service that publishes `event`. Raises UnknownEvent."""
    return entry(event).producer


def schema(event: str) -> dict[str, Any]:
    """JSON Schema (2020-12, self-contained) of the event's `data`; a fresh copy. Raises UnknownEvent."""
    return _object(_folder(event) / "schema.json")


def examples(event: str) -> list[dict[str, Any]]:
    """Complete envelopes as the producer makes them today, in the order of their file names. Raises UnknownEvent."""
    return [_object(file) for file in _example_files(event) if not file.name.startswith(FUTURE_PREFIX)]


def future_examples(event: str) -> list[dict[str, Any]]:
    """Complete envelopes with the additions of an imagined later minor version.

    Every consumer must be able to read them. Raises UnknownEvent.
    """
    return [_object(file) for file in _example_files(event) if file.name.startswith(FUTURE_PREFIX)]


def released_examples(event: str) -> dict[str, dict[str, Any]]:
    """Every example of the event that was ever released, future ones too, by its path in `released/`.

    An event that is no longer published keeps its examples; for one that never was published there are none.
    """
    folder = _data() / "released" / "events" / event / "examples"
    examples = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    return {f"events/{event}/examples/{file.name}": _object(file) for file in examples}


def every_example(event: str) -> dict[str, dict[str, Any]]:
    """Every complete envelope that a consumer of the event must be able to read, by name: all that were ever released
    and those of today, future ones too. Raises UnknownEvent.
    """
    return released_examples(event) | {file.name: _object(file) for file in _example_files(event)}


def envelope_schema() -> dict[str, Any]:
    """JSON Schema of the envelope around every event; a fresh copy."""
    return _object(_data() / "events" / "envelope.schema.json")


def clients() -> dict[str, dict[str, Any]]:
    """Who calls the APIs: by client its description, its scopes, and the operations without a scope that it calls."""
    return _object(_data() / "clients.json")


def accepted() -> list[dict[str, str]]:
    """Breaking changes since the last release that are meant: `contract`, `place`, `was` and `is` as the gate reports
    them, and the `reason`."""
    rows: list[dict[str, str]] = _object(_data() / "accepted.json")["changes"]
    return rows


def sunsets() -> dict[str, str]:
    """Event, or service, method and path (`billing GET /v1/wallet`) → the ISO date from which it may be gone."""
    return _object(_data() / "sunsets.json")


def glossary() -> str:
    """The terms of the field and of e-Mitra in English and Hindi, as Markdown."""
    return (_data() / "glossary.md").read_text(encoding="utf-8")


@cache
def _entries() -> dict[str, EventEntry]:
    rows = _object(_data() / "events.json")
    return {event: EventEntry(event=event, **row) for event, row in rows.items()}


def _folder(event: str) -> Traversable:
    return _data() / "events" / entry(event).event


def _example_files(event: str) -> list[Traversable]:
    examples = [file for file in (_folder(event) / "examples").iterdir() if file.name.endswith(".json")]
    return sorted(examples, key=lambda file: file.name)


def _data() -> Traversable:
    return files("emitra_contracts")


def _object(file: Traversable) -> dict[str, Any]:
    loaded = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise TypeError(f"{file.name} does not hold a JSON object")
    return loaded
