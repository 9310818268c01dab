"""The contracts as they were last released, and every example that was ever released.

Only `emitra-contracts release` writes `released/`. The schemas and APIs there are those of the last release; an example
never changes and is never removed. `SHA256SUMS`, in the form that the program `sha256sum` writes, lists every file with
its digest: the gate sees from it whether somebody edited a file after the release.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PACKAGE = Path(__file__).parent
RELEASED = PACKAGE / "released"
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Contracts:
    """All contracts at one time.

    `catalogue` has each event's row, `schemas` its schema, `publishers` the service that publishes it (none, as long as
    only the contract is there). `envelope` is the envelope's schema, `apis` has each service's OpenAPI document.
    """

    catalogue: Mapping[str, Mapping[str, str]]
    schemas: Mapping[str, Mapping[str, Any]]
    publishers: Mapping[str, str]
    envelope: Mapping[str, Any]
    apis: Mapping[str, Mapping[str, Any]]


def contracts_of_today(root: Path) -> Contracts:
    """The contracts in the working tree of the repository at `root`."""
    return Contracts(
        catalogue=_json(PACKAGE / "events.json"),
        schemas={file.parent.name: _json(file) for file in PACKAGE.glob("events/*/schema.json")},
        publishers={event: service for service, table in event_tables(root).items() for event in table["publishes"]},
        envelope=_json(PACKAGE / "events" / "envelope.schema.json"),
        apis={file.parent.name: _yaml(file) for file in sorted(root.glob("services/*/openapi.yaml"))},
    )


def released_contracts(folder: Path = RELEASED) -> Contracts:
    """The contracts of the last release; all empty before the first one."""
    if not folder.exists():
        return Contracts({}, {}, {}, {}, {})
    return Contracts(
        catalogue=_json(folder / "events.json"),
        schemas={file.parent.name: _json(file) for file in folder.glob("events/*/schema.json")},
        publishers=_json(folder / "publishers.json"),
        envelope=_json(folder / "envelope.schema.json"),
        apis={file.stem: _yaml(file) for file in sorted(folder.glob("apis/*.yaml"))},
    )


def event_tables(root: Path) -> dict[str, dict[str, Any]]:
    """Each service's committed table of events: what it publishes, what it consumes, and which fields it reads."""
    return {file.parent.name: _json(file) for file in sorted(root.glob("services/*/events.json"))}


def release(contracts: Contracts, root: Path, folder: Path = RELEASED) -> list[str]:
    """Writes `contracts` as the released ones and adds today's examples that are not there yet.

    Returns the paths of the added examples. A repeat changes nothing.
    """
    _write(folder / "events.json", contracts.catalogue)
    _write(folder / "publishers.json", dict(sorted(contracts.publishers.items())))
    _write(folder / "envelope.schema.json", contracts.envelope)
    for event, schema in contracts.schemas.items():
        _write(folder / "events" / event / "schema.json", schema)
    for service in contracts.apis:
        content = (root / "services" / service / "openapi.yaml").read_bytes()
        (folder / "apis").mkdir(exist_ok=True)
        (folder / "apis" / f"{service}.yaml").write_bytes(content)
    for file in folder.glob("events/*/schema.json"):
        if file.parent.name not in contracts.schemas:
            file.unlink()
    for file in folder.glob("apis/*.yaml"):
        if file.stem not in contracts.apis:
            file.unlink()
    added = [_add(example, folder) for example in sorted(PACKAGE.glob("events/*/examples/*.json"))
             if not _is_released(example, folder)]  # fmt: skip
    sums = (f"{_digest(file)}  {path}\n" for path, file in sorted(_files(folder).items()))
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")
    return added


def damaged_files(folder: Path = RELEASED) -> Iterator[tuple[str, str]]:
    """The files that are not as they were released: the path in `released/`, and what is wrong with the file."""
    sums = dict(_sums(folder))
    present = _files(folder)
    for path in sorted(sums.keys() | present.keys()):
        if path not in present:
            yield path, "is gone"
        elif path not in sums:
            yield path, f"was put there by hand: {SUMS} does not know it"
        elif _digest(present[path]) != sums[path]:
            yield path, "was changed"


def _is_released(example: Path, folder: Path) -> bool:
    content = example.read_bytes()
    return any(file.read_bytes() == content for file in _versions(example, folder))


def _add(example: Path, folder: Path) -> str:
    event = example.parent.parent.name
    number = len(_versions(example, folder)) + 1
    path = f"events/{event}/examples/{example.stem}.{number}.json"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(example.read_bytes())
    return path


def _versions(example: Path, folder: Path) -> list[Path]:
    """Every released version of an example. The glob is exact because names of examples have no dots."""
    return sorted((folder / "events" / example.parent.parent.name / "examples").glob(f"{example.stem}.*.json"))


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


def _json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def _yaml(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return content


def _write(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
