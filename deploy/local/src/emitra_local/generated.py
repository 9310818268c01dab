"""The files in the repository that a program writes: made anew, and those that are out of date.

Of each service its `openapi.yaml`, the copy the cluster's gateway reads, and its `events.json`; of all together
`shared/contracts/asyncapi.yaml`, the gateway's copy of the events' schemas and the picture in `docs/`. A service that
cannot say what belongs into its files keeps no other from having its own.
"""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from emitra_local import picture
from emitra_local.environments import Environments
from emitra_local.problems import CannotStart
from emitra_local.workspace import Package

CONTRACTS_ENVIRONMENT = "contracts-test"  # the one that has what the gate needs
_SCHEMAS = "services/gateway/src/gateway/entrypoints/pages/event-schemas.json"  # what it serves under their names
_COPY = "base/openapi.yaml"  # what the gateway in the cluster routes by, where a service's contract.yaml names it
# A service's commands that print need neither settings nor servers. One process prints all: starting takes longest.
_PRINTED = ("openapi", "events", "asyncapi")
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


def generated(environments: Environments) -> Generated:
    """Every generated file, as the programs in the services' own environments print it, which are made when needed.

    What all services make together is left out when one of them does not print.
    """
    root, services = environments.root, environments.workspace.services
    faults = list(environments.workspace.broken.values())
    files: dict[Path, str] = {}
    everybody: dict[str, dict[str, str]] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for service, printed in zip(services, pool.map(lambda one: _printed(environments, one), services), strict=True):
            if isinstance(printed, str):
                faults.append(printed)
                continue
            name = service.folder.name
            everybody[name] = printed
            files[service.folder / "openapi.yaml"] = printed["openapi"]
            files[service.folder / "events.json"] = printed["events"]
            manifests = root / "deploy" / "k8s" / "services" / name
            contract = manifests / "contract.yaml"
            if contract.exists() and f"\nroutes: {_COPY}\n" in contract.read_text():
                files[manifests / _COPY] = printed["openapi"]
    if faults:
        return Generated(files, faults)
    environments.ensure(CONTRACTS_ENVIRONMENT)
    documents = "\n---\n".join(printed["asyncapi"] for printed in everybody.values())

    def of_contracts(command: str, stdin: str = "") -> str:
        arguments = ("-m", "emitra_contracts.cli", command)
        return _run(f"emitra-contracts {command}", environments, CONTRACTS_ENVIRONMENT, *arguments, stdin=stdin)

    files[root / "shared" / "contracts" / "asyncapi.yaml"] = of_contracts("asyncapi", documents)
    files[root / _SCHEMAS] = of_contracts("schemas")
    files[root / "docs" / "platform.svg"] = picture.drawn(
        {name: printed["events"] for name, printed in everybody.items()}
    )
    return Generated(files, [])


def contract_gate(environments: Environments) -> list[str]:
    """The command `emitra-contracts`, run at the root; needs the environment CONTRACTS_ENVIRONMENT."""
    return [str(environments.program(CONTRACTS_ENVIRONMENT, "python")), "-m", "emitra_contracts.cli"]


def _printed(environments: Environments, service: Package) -> dict[str, str] | str:
    """What each printing command of a service prints; or why it does not, in one text."""
    name = service.folder.name
    try:
        environments.ensure(name)
        module, _, function = service.program.partition(":")
        script = _PRINT.format(module=module, function=function, commands=_PRINTED)
        return dict(json.loads(_run(f"{name} {'|'.join(_PRINTED)}", environments, name, "-c", script)))
    except CannotStart as error:
        return f"services/{name} cannot say what belongs into its generated files: {error}"


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
