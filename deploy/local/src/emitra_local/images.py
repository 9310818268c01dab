"""A service's image, of the one Dockerfile."""

from __future__ import annotations

import shlex
import shutil
import subprocess

from emitra_local.problems import CannotStart
from emitra_local.workspace import Package, Workspace

# Whichever is there first.
ENGINES = ("docker", "podman")
CHASSIS = "emitra-servicekit"


def build_image(workspace: Workspace, service: str) -> int:
    """Builds `emitra/<service>`; what the engine ended with. Raises CannotStart for what is no service, and where there
    is no engine."""
    package = workspace.package_named(service)
    if package not in workspace.services:
        raise CannotStart(f"SERVICE={service}: only services have images.")
    engine = next(filter(shutil.which, ENGINES), None)
    if engine is None:
        command = shlex.join([ENGINES[0], *arguments(workspace, package)])
        raise CannotStart(f"There is no {' and no '.join(ENGINES)} here. Where there is one, at the root: {command}")
    return subprocess.run([engine, *arguments(workspace, package)], cwd=workspace.root, check=False).returncode


def arguments(workspace: Workspace, service: Package) -> list[str]:
    """What an engine is to be told, at the root: with the chassis that the service stands on."""
    chassis = {package.name: package for package in workspace.closure(service)[0]}[CHASSIS]
    place = chassis.folder.relative_to(workspace.root)
    arguments = {"SERVICE": service.folder.name, "SERVICEKIT": str(place)}
    given = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
    return ["build", "--file", "deploy/Dockerfile", *given, "--tag", f"emitra/{service.folder.name}", "."]
