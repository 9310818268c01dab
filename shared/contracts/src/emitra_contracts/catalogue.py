"""What is published: the events, their producers, schemas and examples, read from the services' own folders."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emitra_contracts import folders
from emitra_contracts.folders import PACKAGE, json_object, json_rows

FUTURE_PREFIX = "future-"


class UnknownEvent(LookupError):
    """No such event is published."""


@dataclass(frozen=True, slots=True)
class EventEntry:
    """What an event's `event.json` says, and whose it is.

    `producer`, in whose folder it lies, is the only service that may publish the event; `aggregate_id` names the
    member of `data` that equals the envelope's subject. Consumers are not listed here: each declares itself in its own
    service.
    """

    event: str
    producer: str
    aggregate_type: str
    aggregate_id: str
    description: str


def events() -> list[str]:
    """Every event that has a producer, sorted."""
    return sorted(_folders())


def entry(event: str) -> EventEntry:
    """What is said of `event` as a whole. Raises UnknownEvent, BrokenContract."""
    folder = _folder(event)
    row = json_object(folder / "event.json")
    try:
        return EventEntry(event=event, producer=folder.parents[2].name, **row)
    except TypeError as error:
        members = "aggregate_type, aggregate_id and description"
        raise folders.BrokenContract(f"{folder / 'event.json'}: says {members}, and nothing else") from error


def producer(event: str) -> str:
    """The service that publishes `event`: the one in whose folder it lies. Raises UnknownEvent."""
    return _folder(event).parents[2].name


def schema(event: str) -> dict[str, Any]:
    """JSON Schema (2020-12, self-contained) of the event's `data`; a fresh copy.

    Raises UnknownEvent, BrokenContract.
    """
    return json_object(_folder(event) / "schema.json")


def examples(event: str) -> list[dict[str, Any]]:
    """Complete envelopes as the producer makes them today, in the order of their file names. Raises UnknownEvent."""
    return [json_object(file) for file in _example_files(event) if not file.name.startswith(FUTURE_PREFIX)]


def future_examples(event: str) -> list[dict[str, Any]]:
    """Complete envelopes with the additions of an imagined later minor version.

    Every consumer must be able to read them. Raises UnknownEvent.
    """
    return [json_object(file) for file in _example_files(event) if file.name.startswith(FUTURE_PREFIX)]


def released_examples(event: str) -> dict[str, dict[str, Any]]:
    """Every example of the event that was ever released, future ones too, by its path in the repository.

    An event that is no longer published keeps its examples; for one that never was published there are none.
    """
    root = folders.repository()
    files = sorted(root.glob(f"services/*/contracts/released/events/{event}/examples/*.json"))
    return {file.relative_to(root).as_posix(): json_object(file) for file in files}


def every_example(event: str) -> dict[str, dict[str, Any]]:
    """Every complete envelope that a consumer of the event must be able to read, by name: all that were ever released
    and those of today, future ones too. Raises UnknownEvent.
    """
    return released_examples(event) | {file.name: json_object(file) for file in _example_files(event)}


def envelope_schema() -> dict[str, Any]:
    """JSON Schema of the envelope around every event; a fresh copy."""
    return json_object(PACKAGE / folders.ENVELOPE)


def clients(without: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """Who calls the APIs: by client its `description`, its `scopes`, and the `operations` without a scope.

    Put together from all services: each names, in its own folder, the clients of its own API, and a client that is
    itself a service names what it calls. Those that the services in `without` name are left out.
    """
    merged: dict[str, dict[str, Any]] = {}
    for rows in _of_each_service("clients.json", without).values():
        for client, row in rows.items():
            known = merged.setdefault(client, {"description": "", "scopes": [], "operations": []})
            known["description"] = known["description"] or row.get("description", "")
            for member in ("scopes", "operations"):
                known[member] = sorted({*known[member], *row.get(member, [])})
    return dict(sorted(merged.items()))


def accepted(without: Collection[str] = ()) -> dict[str, list[dict[str, str]]]:
    """By service the breaking changes since the last release that are meant: `contract`, `place`, `was` and `is` as the
    gate reports them, and the `reason`. The envelope's, which is no service's, are under "shared"."""
    root = folders.repository()
    ours = {service: folder for service, folder in folders.contracts_of(root).items() if service not in without}
    lists = {"shared": folders.shared(root), **ours}
    return {owner: json_rows(folder / "accepted.json") for owner, folder in lists.items()}


def sunsets(without: Collection[str] = ()) -> dict[str, dict[str, str]]:
    """By service, event or method and path (`GET /v1/wallet`) → the ISO date from which it may be gone."""
    return _of_each_service("sunsets.json", without)


def glossary() -> str:
    """The terms of the field and of e-Mitra in English and Hindi, as Markdown."""
    return (PACKAGE / "glossary.md").read_text(encoding="utf-8")


@cache
def _folders() -> dict[str, Path]:
    return folders.owners(folders.repository())


def _folder(event: str) -> Path:
    try:
        return _folders()[event]
    except KeyError:
        claimants = folders.claims(folders.repository()).get(event, [])
        why = f"{' and '.join(claimants)} both claim it, and neither has released it" if claimants else "nobody has it"
        raise UnknownEvent(f"no event {event!r}: {why}; published are: {', '.join(events())}") from None


def _example_files(event: str) -> list[Path]:
    return sorted((_folder(event) / "examples").glob("*.json"))


def _of_each_service(name: str, without: Collection[str]) -> dict[str, dict[str, Any]]:
    contracts = folders.contracts_of(folders.repository())
    files = {service: folder / name for service, folder in contracts.items() if service not in without}
    return {service: json_object(file) for service, file in files.items() if file.exists()}
