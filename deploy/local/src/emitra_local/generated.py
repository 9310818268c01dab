"""The files in the repository that a program writes: made anew, and those that are out of date.

Of each service its `openapi.yaml`, the copy the cluster's gateway reads, and its `events.json`; of all together
`shared/contracts/asyncapi.yaml`, the gateway's copy of the events' schemas and the picture in `docs/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emitra_local import import_rules, picture
from emitra_local.environments import Environments
from emitra_local.workspace import Package

_SCHEMAS = "services/gateway/src/gateway/entrypoints/pages/event-schemas.json"  # what it serves under their names
_COPY = "base/openapi.yaml"  # what the gateway in the cluster routes by, where a service's contract.yaml names it
# A service's commands that print need neither settings nor servers.
_PRINTED = ("openapi", "events", "asyncapi")


def generated(environments: Environments) -> dict[Path, str]:
    """Every generated file with what belongs into it today; needs the environment `lint`.

    Raises subprocess.CalledProcessError, with what the program said, when a service cannot even print its documents.
    """
    root, services = environments.root, environments.workspace.services
    asked = [(service, command) for service in services for command in _PRINTED]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = pool.map(lambda question: _printed(environments, *question), asked)
        printed = {
            (service.folder.name, command): text for (service, command), text in zip(asked, answers, strict=True)
        }
    files = {}
    for service in services:
        name = service.folder.name
        files[service.folder / "openapi.yaml"] = printed[name, "openapi"]
        files[service.folder / "events.json"] = printed[name, "events"]
        manifests = root / "deploy" / "k8s" / "services" / name
        contract = manifests / "contract.yaml"
        if contract.exists() and f"\nroutes: {_COPY}\n" in contract.read_text():
            files[manifests / _COPY] = printed[name, "openapi"]
    documents = "\n---\n".join(printed[service.folder.name, "asyncapi"] for service in services)
    files[root / "shared" / "contracts" / "asyncapi.yaml"] = _run(
        environments, "-m", "emitra_contracts.cli", "asyncapi", stdin=documents
    )
    files[root / _SCHEMAS] = _run(environments, "-m", "emitra_contracts.cli", "schemas")
    files[root / "docs" / "platform.svg"] = picture.drawn(
        {service.folder.name: printed[service.folder.name, "events"] for service in services}
    )
    return files


def out_of_date(environments: Environments) -> Iterator[tuple[Path, str]]:
    """The generated files that are not what they should be, each with what it should be."""
    for path, text in generated(environments).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield path, text


def _printed(environments: Environments, service: Package, command: str) -> str:
    module, _, function = service.program.partition(":")
    start = f"import sys; sys.argv[1:] = [{command!r}]; from {module} import {function}; {function}()"
    return _run(environments, "-c", start)


def _run(environments: Environments, *arguments: str, stdin: str = "") -> str:
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    finished = subprocess.run(
        [str(environments.program("lint", "python")), *arguments],
        input=stdin,
        env=env | import_rules.path(environments.workspace),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if finished.returncode:
        sys.stderr.write(finished.stderr)
        finished.check_returncode()
    return finished.stdout
