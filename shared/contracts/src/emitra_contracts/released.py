"""The contracts as they were last released, and every example that was ever released.

Only `emitra-contracts release` writes a `released/`: one in each service's folder of contracts, and the envelope's. The
schemas and the API there are those of the last release; an example never changes and is never removed. `SHA256SUMS`, in
the form that the program `sha256sum` writes, lists every file with its digest: the gate sees from it whether somebody
edited a file after the release.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from emitra_contracts.folders import (
    ENVELOPE,
    BrokenContract,
    contracts_of,
    event_folders,
    json_object,
    json_rows,
    owners,
    services,
    shared,
)

SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Contracts:
    """All contracts at one time.

    `catalogue` has each event's row, `schemas` its schema, `publishers` the service that publishes it (none, as long as
    only the contract is there). `envelope` is the envelope's schema, `apis` has each service's OpenAPI document.
    """

    catalogue: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    publishers: Mapping[str, str] = field(default_factory=dict)
    envelope: Mapping[str, Any] = field(default_factory=dict)
    apis: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def contracts_of_today(root: Path, without: Collection[str] = ()) -> Contracts:
    """The contracts in the working tree of the repository at `root`. Those of the services in `without` are left out.

    Raises BrokenContract.
    """
    ours = {event: folder for event, folder in owners(root).items() if folder.parents[2].name not in without}
    folders = {service: folder for service, folder in services(root).items() if service not in without}
    tables = event_tables(root, without)
    return Contracts(
        catalogue={event: _row(folder) for event, folder in ours.items()},
        schemas={event: json_object(folder / "schema.json") for event, folder in ours.items()},
        publishers={event: service for service, table in tables.items() for event in table["publishes"]},
        envelope=json_object(shared(root) / ENVELOPE),
        apis=_apis(folders),
    )


def released_contracts(root: Path, without: Collection[str] = ()) -> Contracts:
    """The contracts of the last release, without those of the services in `without`; empty before the first release."""
    folders = {service: folder / "released" for service, folder in contracts_of(root).items() if service not in without}
    events = {event: folder for contracts in folders.values() for event, folder in event_folders(contracts).items()}
    published = {service: folder / "published.json" for service, folder in folders.items()}
    envelope = shared(root) / "released" / ENVELOPE
    return Contracts(
        catalogue={event: _row(folder) for event, folder in events.items()},
        schemas={event: json_object(folder / "schema.json") for event, folder in events.items()},
        publishers={
            event: service
            for service, file in published.items()
            if file.exists()
            for event in json_object(file)["events"]
        },
        envelope=json_object(envelope) if envelope.exists() else {},
        apis=_apis(folders),
    )


def event_tables(root: Path, without: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """Each service's committed table of events: what it publishes, what it consumes, and which fields it reads."""
    tables = {service: folder / "events.json" for service, folder in services(root).items() if service not in without}
    return {service: json_object(file) for service, file in tables.items() if file.exists()}


def release(contracts: Contracts, root: Path, names: Collection[str] = ()) -> list[str]:
    """Writes `contracts`, which are those of the repository, as the released ones: of the services in `names`, or of
    all and the envelope.

    Adds today's examples that are not there yet, and returns their paths. A repeat changes nothing.
    """
    added = []
    for service, folder in contracts_of(root).items():
        if not names or service in names:
            added += _release(service, contracts, folder, root)
    if not names:
        _write(shared(root) / "released" / ENVELOPE, contracts.envelope)
        _sum_up(shared(root) / "released")
    return added


def damaged_files(root: Path) -> Iterator[tuple[str, str]]:
    """The files that are not as they were released: the path in the repository, and what is wrong with the file."""
    for folder in [shared(root) / "released", *(contracts / "released" for contracts in contracts_of(root).values())]:
        sums = dict(_sums(folder))
        present = _files(folder)
        shown = folder.relative_to(root) if folder.is_relative_to(root) else folder
        for path in sorted(sums.keys() | present.keys()):
            if path not in present:
                yield f"{shown}/{path}", "is gone"
            elif path not in sums:
                yield f"{shown}/{path}", f"was put there by hand: {SUMS} does not know it"
            elif _digest(present[path]) != sums[path]:
                yield f"{shown}/{path}", "was changed"


def broken_files(root: Path) -> Iterator[tuple[str, str]]:
    """Service and message for every file of a service's contracts that cannot be read."""
    for service, folder in services(root).items():
        contracts = folder / "contracts"
        readers: list[tuple[Callable[[Path], object], Path]] = [
            (json_rows if file.name == "accepted.json" else json_object, file)
            for file in sorted(contracts.rglob("*.json"))
        ]
        readers += [(json_object, file) for file in [folder / "events.json"] if file.exists()]
        readers += [(_yaml_object, file) for file in [folder / "openapi.yaml"] if file.exists()]
        for read, file in readers:
            try:
                read(file)
            except BrokenContract as error:
                yield service, str(error).replace(f"{root}/", "")


def _yaml_object(file: Path) -> dict[str, Any]:
    """The YAML mapping in a file. Raises BrokenContract."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise BrokenContract(f"{file}:{line}: is no YAML; mend it, or run `make generate`") from error
    if not isinstance(content, dict) or not isinstance(content.get("paths"), dict):
        raise BrokenContract(f"{file}: is no OpenAPI document, for it has no paths; run `make generate`")
    return content


def _release(service: str, contracts: Contracts, folder: Path, root: Path) -> list[str]:
    released = folder / "released"
    ours = {event: row for event, row in contracts.catalogue.items() if row["producer"] == service}
    for event, row in ours.items():
        said = {member: text for member, text in row.items() if member != "producer"}
        _write(released / "events" / event / "event.json", said)
        _write(released / "events" / event / "schema.json", contracts.schemas[event])
    for event in event_folders(released).keys() - ours:
        for file in ("event.json", "schema.json"):
            (released / "events" / event / file).unlink()
    published = sorted(event for event, publisher in contracts.publishers.items() if publisher == service)
    _write(released / "published.json", {"events": published})
    if service in contracts.apis:
        content = (folder.parent / "openapi.yaml").read_bytes()
        (released / "openapi.yaml").write_bytes(content)
    added = [_add(example, released) for event in ours
             for example in sorted(folder.glob(f"events/{event}/examples/*.json"))
             if not _is_released(example, released)]  # fmt: skip
    _sum_up(released)
    return [path.relative_to(root).as_posix() for path in added]


def _row(folder: Path) -> dict[str, str]:
    """An event's row of the catalogue; the folder is `<service>/contracts[/released]/events/<event>`."""
    service = next(parent.parent.name for parent in folder.parents if parent.name == "contracts")
    return {"producer": service} | json_object(folder / "event.json")


def _apis(folders: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    files = {service: folder / "openapi.yaml" for service, folder in folders.items()}
    return {service: _yaml_object(file) for service, file in files.items() if file.exists()}


def _is_released(example: Path, folder: Path) -> bool:
    content = example.read_bytes()
    return any(file.read_bytes() == content for file in _versions(example, folder))


def _add(example: Path, folder: Path) -> Path:
    number = len(_versions(example, folder)) + 1
    added = folder / "events" / example.parent.parent.name / "examples" / f"{example.stem}.{number}.json"
    added.parent.mkdir(parents=True, exist_ok=True)
    added.write_bytes(example.read_bytes())
    return added


def _versions(example: Path, folder: Path) -> list[Path]:
    """Every released version of an example. The glob is exact because names of examples have no dots."""
    return sorted((folder / "events" / example.parent.parent.name / "examples").glob(f"{example.stem}.*.json"))


def _sum_up(folder: Path) -> None:
    sums = (f"{_digest(file)}  {path}\n" for path, file in sorted(_files(folder).items()))
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")


def _files(folder: Path) -> dict[str, Path]:
    """Every released file by its path, without the list of sums."""
    files = (file for file in folder.rglob("*") if file.is_file() and file != folder / SUMS)
    return {file.relative_to(folder).as_posix(): file for file in files}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _sums(folder: Path) -> Iterator[tuple[str, str]]:
    file = folder / SUMS
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        digest, path = line.split("  ", 1)
        yield path, digest


def _write(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
