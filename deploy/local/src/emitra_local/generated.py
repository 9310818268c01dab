"""The files in the repository that a program writes: made anew, and those that are out of date.

Of each service, in its own folders: its `openapi.yaml`, the copy the cluster's gateway reads, and its `events.json`.
They are committed with the change that they follow from; a service that cannot say what belongs into its files keeps no
other from having its own. Of all services together, at a release (`make documents`): the picture in `docs/`,
`CODEOWNERS`, and the AsyncAPI document, which is not committed. So a service's change touches its own folders only.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from emitra_local import picture
from emitra_local.environments import Environments
from emitra_local.problems import CannotStart
from emitra_local.workspace import Package

CONTRACTS_ENVIRONMENT = "contracts-test"  # the one that has what the gate needs
ASYNCAPI = ".local/documents/asyncapi.yaml"  # built, not committed
_COPY = "base/openapi.yaml"  # what the gateway in the cluster routes by, where a service's contract.yaml names it
# A service's commands that print need neither settings nor servers. One process prints all: starting takes longest.
_PRINTED = ("openapi", "events")
_PRINT = """
import contextlib, io, json, sys
from {module} import {function} as program
printed = {{}}
for command in {commands}:
    sys.argv[1:] = [command]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        try:
            program()
        except SystemExit as error:
            if error.code:
                raise
    printed[command] = output.getvalue()
print(json.dumps(printed))
"""
_TIMEOUT_SECONDS = 120
# Of a stack trace: where it was raised, and what.
LAST_LINES = 6


@dataclass(frozen=True)
class Generated:
    """What belongs into the generated files today, and why some services do not say it."""

    files: dict[Path, str]
    faults: list[str]

    @property
    def stale(self) -> dict[Path, str]:
        """The files that are not what they should be."""
        return {
            path: text
            for path, text in self.files.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        }


def generated(environments: Environments, only: str = "") -> Generated:
    """Every generated file (`only` one service's), as the programs in the services' own environments print it, which
    are made when needed."""
    root = environments.root
    faults = list(environments.workspace.broken.values())
    files: dict[Path, str] = {}
    printed, silent = _printed_by_all(environments, _PRINTED, only)
    for name, texts in printed.items():
        files[root / "services" / name / "openapi.yaml"] = texts["openapi"]
        files[root / "services" / name / "events.json"] = texts["events"]
        manifests = root / "deploy" / "k8s" / "services" / name
        contract = manifests / "contract.yaml"
        if contract.exists() and f"\nroutes: {_COPY}\n" in contract.read_text():
            files[manifests / _COPY] = published_document(texts["openapi"], root / "services" / name)
    return Generated(files, [*faults, *silent])


def published_document(openapi: str, service: Path) -> str:
    """What a service shows to the gateway: its OpenAPI document and, as `x-events`, the schemas of its events."""
    files = sorted(service.glob("contracts/events/*/schema.json"))
    schemas = {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}
    # JSON is YAML.
    return openapi + (f"x-events: {json.dumps(schemas, ensure_ascii=False)}\n" if schemas else "")


def platform_documents(environments: Environments) -> Generated:
    """The files that are made of all services together; none, when one of them cannot say what it is."""
    root = environments.root
    printed, faults = _printed_by_all(environments, ("events", "asyncapi"))
    faults = [*environments.workspace.broken.values(), *faults]
    if faults:
        return Generated({}, faults)
    environments.ensure(CONTRACTS_ENVIRONMENT)
    documents = "\n---\n".join(texts["asyncapi"] for texts in printed.values())
    teams = {service.folder.name: service.team for service in environments.workspace.services}
    gate = ("-m", "emitra_contracts.cli", "asyncapi")
    files = {
        root / ASYNCAPI: _run("emitra-contracts asyncapi", environments, CONTRACTS_ENVIRONMENT, *gate, stdin=documents),
        root / "docs" / "platform.svg": picture.drawn({name: texts["events"] for name, texts in printed.items()}),
        root / "CODEOWNERS": code_owners(teams),
    }
    return Generated(files, [])


def code_owners(teams: Mapping[str, str]) -> str:
    """`CODEOWNERS` from each service's line `team` in its pyproject.toml; without one it is the platform's."""
    lines = [
        "# A folder's team decides alone about what is in it. Later lines win. `make documents` writes this file from",
        "# the line `team` in each service's pyproject.toml; a service that is not here yet is the platform's.",
        "* @emitra/platform",
    ]
    for service, team in teams.items():
        lines += [f"/{folder}/{service}/ {team}" for folder in ("services", "deploy/k8s/services") if team]
    return "\n".join(lines) + "\n"


def contract_gate(environments: Environments) -> list[str]:
    """The command `emitra-contracts`, run at the root; needs the environment CONTRACTS_ENVIRONMENT."""
    return [str(environments.program(CONTRACTS_ENVIRONMENT, "python")), "-m", "emitra_contracts.cli"]


def _printed_by_all(
    environments: Environments, commands: Sequence[str], only: str = ""
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """What each service prints, by its name and the command; and why some do not, a text each."""
    printed: dict[str, dict[str, str]] = {}
    faults = []
    services = [service for service in environments.workspace.services if only in {"", service.folder.name}]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for answer in pool.map(lambda one: _printed(environments, one, commands), services):
            if isinstance(answer, str):
                faults.append(answer)
            else:
                printed |= answer
    return printed, faults


def _printed(environments: Environments, service: Package, commands: Sequence[str]) -> dict[str, dict[str, str]] | str:
    name = service.folder.name
    try:
        environments.ensure(name)
        module, _, function = service.program.partition(":")
        script = _PRINT.format(module=module, function=function, commands=commands)
        return {name: dict(json.loads(_run(f"{name} {'|'.join(commands)}", environments, name, "-c", script)))}
    except CannotStart as error:
        told = f"services/{name} cannot say what belongs into its generated files"
        return f"{name}: {told}; mend this first, then `make generate`: {error}"


def _run(shown: str, environments: Environments, environment: str, *arguments: str, stdin: str = "") -> str:
    """What Python prints in an environment. Raises CannotStart with its last lines when it fails; `shown` is how
    people would give the command."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [str(environments.program(environment, "python")), *arguments]
    try:
        finished = subprocess.run(
            command, input=stdin, env=env, capture_output=True, encoding="utf-8", check=False, timeout=_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise CannotStart(f"`{shown}` did not finish in {error.timeout:.0f} s") from error
    if finished.returncode:
        last = "\n".join(finished.stderr.splitlines()[-LAST_LINES:])
        raise CannotStart(f"`{shown}` failed with {finished.returncode}:\n{last}")
    return finished.stdout
