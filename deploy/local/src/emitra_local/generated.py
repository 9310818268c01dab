"""The files that a program writes: made anew, and those that are out of date.

Of each service, in its own folders: its `openapi.yaml`, the copy the cluster's gateway reads, and its `events.json`.
They are committed with the change that they follow from. Of all services together, at a release (`make documents`):
the picture in `docs/`, `CODEOWNERS`, and the AsyncAPI document, which is not committed. So a service's change touches
its own folders only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emitra_local import import_rules, picture
from emitra_local.environments import Environments
from emitra_local.workspace import Package

_SCHEMAS = "services/gateway/src/gateway/entrypoints/pages/event-schemas.json"  # what it serves under their names
ASYNCAPI = ".local/documents/asyncapi.yaml"  # built, not committed
_COPY = "base/openapi.yaml"  # what the gateway in the cluster routes by, where a service's contract.yaml names it
# A service's commands that print need neither settings nor servers.
_PRINTED = ("openapi", "events")


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
    files: dict[Path, str] = {}
    for service in services:
        name = service.folder.name
        files[service.folder / "openapi.yaml"] = printed[name, "openapi"]
        files[service.folder / "events.json"] = printed[name, "events"]
        manifests = root / "deploy" / "k8s" / "services" / name
        contract = manifests / "contract.yaml"
        if contract.exists() and f"\nroutes: {_COPY}\n" in contract.read_text():
            files[manifests / _COPY] = printed[name, "openapi"]
    files[root / _SCHEMAS] = _run(environments, "-m", "emitra_contracts.cli", "schemas")
    return files


def platform_documents(environments: Environments) -> dict[Path, str]:
    """The files that are made of all services together, with what belongs into them today; as `generated`."""
    root, services = environments.root, environments.workspace.services
    documents = "\n---\n".join(_printed(environments, service, "asyncapi") for service in services)
    tables = {service.folder.name: _printed(environments, service, "events") for service in services}
    return {
        root / ASYNCAPI: _run(environments, "-m", "emitra_contracts.cli", "asyncapi", stdin=documents),
        root / "docs" / "platform.svg": picture.drawn(tables),
        root / "CODEOWNERS": code_owners({service.folder.name: service.team for service in services}),
    }


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
