"""Hashed locks: which exact files each environment is made of. Standard library only.

A lock names versions and hashes and no registry. Its first line carries a digest of the requirements it answers, so
that a lock that no longer fits its pyproject.toml is seen without asking a registry.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emitra_local.environments import DEVELOPMENT, Environments
from emitra_local.problems import CannotStart
from emitra_local.workspace import Package, Workspace

# The oldest Python the platform supports; --universal makes one lock right for it and every newer one.
OLDEST_PYTHON = "3.11"
# The groups of the launcher's pyproject.toml that have a lock of their own.
TOOLS = ("bootstrap", "build", "generators", "lint", "mongod", "mutants", "stubs")


@dataclass(frozen=True)
class Lock:
    """One lock file, the requirements it answers (by who asks for them) and a lock whose versions it must keep to."""

    path: Path
    requirements: dict[str, list[str]]
    keeps_to: Path | None = None

    @property
    def digest(self) -> str:
        lines = [
            f"{who}: {requirement}"
            for who, all_wanted in sorted(self.requirements.items())
            for requirement in all_wanted
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    @property
    def header(self) -> str:
        return f"# requirements {self.digest} of {', '.join(self.requirements)}; `make lock` writes this file\n"

    @property
    def fresh(self) -> bool:
        return self.path.exists() and self.path.read_text().startswith(self.header)


def all_locks(workspace: Workspace) -> list[Lock]:
    """Every lock of the repository, those that others keep to first. No lock is of two services, for they may need
    different versions of a library: tools have locks of their own, with nothing of ours in them."""
    development = workspace.package_in(DEVELOPMENT)
    locks = [
        Lock(development.folder / f"requirements-{group}.lock", {development.name: development.group(group)})
        for group in TOOLS
    ]
    for package in workspace.packages:
        runs = package in workspace.services or package == development or not package.installable
        runtime = Lock(package.folder / "requirements.lock", workspace.closure(package)[1])
        if runs:
            locks.append(runtime)
        if package.has_tests:
            for_tests = workspace.closure(package, "test")[1]
            path = package.folder / "requirements-test.lock"
            locks.append(Lock(path, for_tests, keeps_to=runtime.path if runs else None))
    return locks


def stale_locks(workspace: Workspace) -> list[Path]:
    """The locks that do not answer today's requirements."""
    return [lock.path for lock in all_locks(workspace) if not lock.fresh]


def write_locks(environments: Environments, *, upgrade: bool, say: Callable[[str], None]) -> list[str]:
    """Write every lock, and return what could not be written and why. Without `upgrade` a version that still fits stays
    as it is, so a repeat changes nothing."""
    faults = [f"no lock for {name}: {fault}" for name, fault in environments.workspace.broken.items()]
    for lock in all_locks(environments.workspace):
        path = lock.path.relative_to(environments.root)
        say(f"locking {path}")
        try:
            _write(lock, environments, upgrade=upgrade)
        except CannotStart as error:
            faults.append(f"{path} stays as it was: {error}")
    return faults


def write_locks_of(environments: Environments, package: Package, say: Callable[[str], None]) -> None:
    """Write the locks of one package alone. Raises CannotStart where its requirements cannot be met."""
    for lock in all_locks(environments.workspace):
        if lock.path.parent == package.folder:
            say(f"locking {lock.path.relative_to(environments.root)}")
            _write(lock, environments, upgrade=False)


def _write(lock: Lock, environments: Environments, *, upgrade: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # Files are named after who asks, because uv's "via" comments repeat the names: no path gets into a lock.
        for who, requirements in lock.requirements.items():
            (folder / who).write_text("\n".join(requirements) + "\n")
        output = folder / "lock"
        if lock.path.exists() and not upgrade:
            output.write_text(lock.path.read_text())
        limits: list[str] = []
        if lock.keeps_to:
            (folder / lock.keeps_to.name).write_text(lock.keeps_to.read_text())
            limits = ["--constraint", lock.keeps_to.name]
        environments.uv(
            *("pip", "compile", *lock.requirements, *limits, "--output-file", output.name),
            *("--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"),
            *("--no-header", "--no-emit-index-url", "--no-emit-find-links"),
            locking=True,
            cwd=folder,
        )
        lock.path.write_text(lock.header + output.read_text())
