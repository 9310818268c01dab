"""Where contracts lie: each service's own in `services/<name>/contracts`, the envelope's beside this module.

A service's folder says whose a contract is. Nothing outside of it lists a service or an event: whoever adds one adds
files to their own folder, and removes them with it.

    services/billing/contracts/
    ├── events/payment.completed.v1/event.json      aggregate_type, aggregate_id, description
    │                               schema.json     JSON Schema 2020-12 of the envelope's data, self-contained
    │                               examples/*.json
    ├── clients.json     who calls which API: client → description, scopes, operations
    ├── accepted.json    breaking changes since the last release that are meant, each with its reason
    ├── sunsets.json     event, or method and path → the day from which it may be gone
    └── released/        all of it as it was last released; only `emitra-contracts release` writes there
"""

import json
import os
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
ENVELOPE = "envelope.schema.json"


class BrokenContract(ValueError):
    """A contract's file cannot be read; the message names the file, what is wrong, and no value in it."""


def repository() -> Path:
    """The repository whose contracts are meant: EMITRA_ROOT, else the one in which this package lies."""
    named = os.environ.get("EMITRA_ROOT")
    return Path(named) if named else PACKAGE.parents[3]


def shared(root: Path) -> Path:
    """The folder of what is no service's: the envelope, the glossary."""
    return root / "shared" / "contracts" / "src" / "emitra_contracts"


def services(root: Path) -> dict[str, Path]:
    """The folder of every service by its name, sorted."""
    return {file.parent.name: file.parent for file in sorted(root.glob("services/*/pyproject.toml"))}


def contracts_of(root: Path) -> dict[str, Path]:
    """Service → its folder of contracts, which need not exist."""
    return {name: folder / "contracts" for name, folder in services(root).items()}


def event_folders(contracts: Path) -> dict[str, Path]:
    """Event → its folder in `contracts`, which is a service's folder of contracts or its `released/`.

    An event that is no longer there has kept its released examples and no schema: it is left out.
    """
    return {file.parent.name: file.parent for file in sorted(contracts.glob("events/*/schema.json"))}


def claims(root: Path) -> dict[str, list[str]]:
    """Event → the services in whose folders it lies; more than one is a quarrel, which the gate reports."""
    owners: dict[str, list[str]] = {}
    for service, contracts in contracts_of(root).items():
        for event in event_folders(contracts):
            owners.setdefault(event, []).append(service)
    return dict(sorted(owners.items()))


def owners(root: Path) -> dict[str, Path]:
    """Event → its folder. Of several that claim it, it is the one's who had it at the last release, else nobody's."""
    contracts = contracts_of(root)
    settled = {}
    for event, claimants in claims(root).items():
        earlier = [name for name in claimants if event in event_folders(contracts[name] / "released")]
        owner = claimants if len(claimants) == 1 else earlier
        if len(owner) == 1:
            settled[event] = event_folders(contracts[owner[0]])[event]
    return settled


def json_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises BrokenContract."""
    content = _json(file)
    if not isinstance(content, dict):
        raise BrokenContract(f"{file}: holds no JSON object; write one: {{…}}")
    return content


def json_rows(file: Path) -> list[dict[str, str]]:
    """The JSON objects in a file that may be missing. Raises BrokenContract."""
    content = _json(file) if file.exists() else []
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise BrokenContract(f"{file}: holds no list of JSON objects; write one: [{{…}}]")
    return content


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise BrokenContract(f"{file}:{error.lineno}: is no JSON; mend it") from error
    except OSError as error:
        raise BrokenContract(f"{file}: is not there; every event has an event.json and a schema.json") from error
